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
On the servers, the old scripts are killed at every fifth place only, unless
HEAT_TEST_KILL_EVERYWHERE is set: all places take minutes.
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

CHANGE = re.compile(r'\s*(CREATE|ALTER|DROP|INSERT|UPDATE|DELETE|SET)', re.I)


class KillTestCase(base.DBTestCase):

    # At least, so that it is noticed when there are none.
    PLACES = 15

    def _load(self, version):
        def prepare():
            databases.empty(self.engine)
            databases.load(self.engine, version)
        return prepare

    def _test_places(self, prepare, version=None, step=1):
        prepare()
        api.db_sync(self.engine, version)
        expected = schema.describe(self.engine), schema.rows(self.engine)
        place = 0
        while self._is_killed_at(prepare, place, version):
            api.db_sync(self.engine, version)
            found = schema.describe(self.engine), schema.rows(self.engine)
            for before, after in zip(expected, found):
                self.assertEqual({}, schema.difference(before, after), place)
            place += step
        self.assertGreater(place, self.PLACES)

    def _is_killed_at(self, prepare, place, version):
        """Run db_sync in a process; tell whether it got to some place."""
        prepare()
        status = runners.Runner(
            self.engine, version,
            before=lambda: kill_at(self.engine, place)).wait()
        self.assertIn(status, (0, -signal.SIGKILL), place)
        return status != 0


def kill_at(engine, place):
    """Let this process die at the nth place.

    Places are before and after each statement that changes something, and
    before each commit.
    """
    places = iter(range(place))

    def pass_by(*args):
        if next(places, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)

    def pass_statement(conn, cursor, statement, *args):
        if CHANGE.match(statement):
            pass_by()

    sa.event.listen(engine, 'before_cursor_execute', pass_statement)
    sa.event.listen(engine, 'after_cursor_execute', pass_statement)
    sa.event.listen(engine, 'commit', pass_by)


class KillTest(KillTestCase):

    def _test_some_places(self, prepare, version, servers_step):
        step = 1 if EVERYWHERE or self.driver == 'sqlite' else servers_step
        self._test_places(prepare, version, step)

    def test_from_nothing(self):
        self._test_some_places(
            lambda: databases.empty(self.engine), 46, servers_step=5)

    def test_from_046(self):
        self._test_some_places(self._load('046'), 55, servers_step=5)

    def test_from_055(self):
        self._test_some_places(self._load('055'), 62, servers_step=11)

    def test_from_062(self):
        self._test_some_places(self._load('062'), 86, servers_step=11)
