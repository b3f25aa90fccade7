# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""db_sync is killed at every statement, and the next one goes on from there.

Killed is the process itself, with SIGKILL, so that nothing of it can tidy up.
All places take minutes: it is killed there if HEAT_TEST_KILL_EVERYWHERE is
set. Otherwise it is killed after the first statement of each kind, and at
every so many places.
"""

import os
import re
import signal

import sqlalchemy as sa

from heat.db import api
from heat.tests import base
from heat.tests import databases
from heat.tests import runners
from heat.tests import schema

EVERYWHERE = os.environ.get('HEAT_TEST_KILL_EVERYWHERE')

CHANGE = re.compile(r'\s*(CREATE|ALTER|DROP|INSERT|UPDATE|DELETE|'
                    r'SET SESSION foreign_key_checks)', re.I)

# What tells one kind of statement from another: of ALTER TABLE what it does,
# of the others with which table.
KIND = re.compile(r'\s*(?:(ALTER TABLE) \w+ (\w+ \w+)|(\w+ \w+( \w+)?))')


class KillTestCase(base.DBTestCase):

    # At least, so that it is noticed when there are none.
    PLACES = 15

    def check_places(self, start, version=None, step=1):
        """Kill db_sync on its way to a version; go on, and compare.

        :param start: the version of one of Heat's databases, or None
        :param step: of how many places it is killed at one
        """
        self._load(start)
        places = _Places(self.engine)
        api.db_sync(self.engine, version)
        places.stop()
        expected = self._describe()
        self.assertGreater(len(places.seen), self.PLACES)
        killed = 0
        for place in self._selected(places.seen, step):
            killed += self._is_killed_at(start, version, place)
            api.db_sync(self.engine, version)
            for before, after in zip(expected, self._describe()):
                self.assertEqual({}, schema.difference(before, after),
                                 (place, places.seen[place]))
        self.assertGreater(killed, 3)

    def _selected(self, places, step):
        if EVERYWHERE:
            return range(len(places))
        first = {}
        for number, (moment, statement) in enumerate(places):
            if moment == 'after':
                kind = KIND.match(statement)
                first.setdefault(kind.groups() if kind else None, number)
        return sorted({*first.values(), *range(0, len(places), step)})

    def _load(self, start):
        databases.empty(self.engine)
        if start:
            databases.load(self.engine, start)

    def _describe(self):
        return schema.describe(self.engine), schema.rows(self.engine)

    def _is_killed_at(self, start, version, place):
        """Run db_sync in a process; tell whether it was killed.

        One that takes longer has more places: it says once in a while that
        it is alive.
        """
        self._load(start)
        status = runners.Runner(
            self.engine, version,
            before=lambda: kill_at(self.engine, place)).wait()
        self.assertIn(status, (0, -signal.SIGKILL), place)
        return status != 0


class KillTest(KillTestCase):

    def test_from_nothing(self):
        self.check_places(None, 46, step=11)

    def test_from_046(self):
        self.check_places('046', step=23)

    def test_from_055(self):
        self.check_places('055', step=23)


def kill_at(engine, place):
    """Let this process die at the nth place.

    Places are before and after each statement that changes something, and
    before the commit that follows.
    """
    _Places(engine, place)


class _Places:
    """What an engine sends, place by place.

    :ivar seen: the moments and the statements
    :param last: the number of the place where this process dies
    """

    def __init__(self, engine, last=None):
        self.seen = []
        self._engine = engine
        self._last = last
        self._is_changed = False
        self._hooks = (('before_cursor_execute', self._before),
                       ('after_cursor_execute', self._after),
                       ('commit', self._commit))
        for name, hook in self._hooks:
            sa.event.listen(engine, name, hook)

    def stop(self):
        for name, hook in self._hooks:
            sa.event.remove(self._engine, name, hook)

    def _before(self, conn, cursor, statement, *args):
        if CHANGE.match(statement):
            self._is_changed = True
            self._pass('before', statement)

    def _after(self, conn, cursor, statement, *args):
        if CHANGE.match(statement):
            self._pass('after', statement)

    def _commit(self, conn):
        if self._is_changed:
            self._is_changed = False
            self._pass('commit', self.seen[-1][1])

    def _pass(self, *place):
        if len(self.seen) == self._last:
            os.kill(os.getpid(), signal.SIGKILL)
        self.seen.append(place)
