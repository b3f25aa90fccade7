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

from heat.db import api
from heat.tests import base
from heat.tests import databases
from heat.tests import places
from heat.tests import runners
from heat.tests import schema

EVERYWHERE = os.environ.get('HEAT_TEST_KILL_EVERYWHERE')

# What tells one kind of statement from another: of ALTER TABLE what it does,
# of the others with which table.
KIND = re.compile(r'\s*(?:(ALTER TABLE) \w+ (\w+ \w+)|(\w+ \w+( \w+)?))')


class KillTestCase(base.DBTestCase):

    # At least, so that it is noticed when there are none.
    PLACES = 15

    def check_places(self, start, version=None, *, step):
        """Kill db_sync on its way to a version; go on, and compare.

        :param start: the version of one of Heat's databases, or None
        :param step: of how many places it is killed at one
        """
        self._load(start)
        seen = places.Places(self.engine)
        api.db_sync(self.engine, version)
        seen.stop()
        expected = self._describe()
        self.assertGreater(len(seen.seen), self.PLACES)
        killed = 0
        for place in self._selected(seen.seen, step):
            killed += self._is_killed_at(start, version, place)
            api.db_sync(self.engine, version)
            for before, after in zip(expected, self._describe()):
                self.assertEqual({}, schema.difference(before, after),
                                 (place, seen.seen[place]))
        self.assertGreater(killed, 3)

    def _selected(self, seen, step):
        if EVERYWHERE:
            return range(len(seen))
        first = {}
        for number, (moment, statement) in enumerate(seen):
            if moment == 'after':
                kind = KIND.match(statement)
                first.setdefault(kind.groups() if kind else None, number)
        return sorted({*first.values(), *range(0, len(seen), step)})

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
            before=lambda: places.kill_at(self.engine, place)).wait()
        self.assertIn(status, (0, -signal.SIGKILL), place)
        return status != 0


class KillTest(KillTestCase):

    def test_from_nothing(self):
        self.check_places(None, 46, step=11)

    def test_from_046(self):
        """To where the next one starts."""
        self.check_places('046', 55, step=23)

    def test_from_055(self):
        self.check_places('055', step=23)
