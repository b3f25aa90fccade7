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

"""A purge is killed, or loses its connection, at any statement.

At all of them if HEAT_TEST_KILL_EVERYWHERE is set; otherwise at some.
"""

import os
import signal
from unittest import mock

from heat.db.sqlalchemy.engine import autocommit
from heat.db.sqlalchemy.maintenance import purge_rows
from heat.tests import base
from heat.tests import databases
from heat.tests.db.sqlalchemy.maintenance import aged
from heat.tests.db.sqlalchemy.maintenance import test_purge
from heat.tests import places
from heat.tests import proxied
from heat.tests import runners

EVERYWHERE = os.environ.get('HEAT_TEST_KILL_EVERYWHERE')


class HaltedTestCase(test_purge.PurgeTestCase):

    def setUp(self):
        super().setUp()
        # So that there is a transaction that does not reach the end.
        patch = mock.patch.object(purge_rows, 'MOST', 7)
        patch.start()
        self.addCleanup(patch.stop)
        database = aged.Database()
        parent = aged.one_of_all(database, aged.OLD)
        database.add('service', deleted_at=aged.OLD)
        child = aged.one_of_all(database, aged.LIVE, owner_id=parent)
        # What both name stays.
        stacks = database.rows['stack']
        for name in 'prev_raw_template_id', 'user_creds_id':
            stacks[(child,)][name] = stacks[(parent,)][name]
        self.database = database

    def fill(self):
        databases.delete_rows(self.engine)
        self.database.store(self.engine)

    def assert_purged(self, place):
        self.assertEqual(self.database.left(test_purge.LIMIT), self.keys(),
                         place)


class KilledTest(HaltedTestCase):
    """Killed is a process, with SIGKILL; then another purge is run."""

    def test_at_every_change_and_commit(self):
        self.fill()
        found = places.Places(autocommit.get_engine())
        self.purge()
        found.stop()
        moments = [moment for moment, _ in found.seen]
        self.assertEqual(3, moments.count('commit'))
        for number, moment in enumerate(moments):
            if EVERYWHERE or moment == 'commit' or number % 8 == 0:
                self.fill()
                self.assertEqual(-signal.SIGKILL, self.killed_at(number))
                self.purge()
                self.assert_purged(found.seen[number])

    def killed_at(self, place):
        """Run a purge in a process; return its exit status."""
        return runners.Process(
            self.engine, self.purge, lambda: places.kill_at(
                autocommit.get_engine(), place)).wait()


class LostConnectionTest(HaltedTestCase, proxied.ProxiedTestCase):

    def test_at_every_statement(self):
        self.fill()
        with base.recorded_statements(self.proxied_engine) as statements:
            self.purge()
        starts = dict.fromkeys(
            statement[:40].strip().split('\n')[0].split('(')[0]
            for statement in statements)
        self.assertGreater(len(starts), 20)
        found = [(start, when) for start in [*starts, 'COMMIT']
                 for when in ('before', 'after')]
        for start, when in found if EVERYWHERE else [*found[::5], found[-1]]:
            self.fill()
            cut = self.proxy.cut(when, start.encode())
            self.purge()
            self.assertEqual(1, cut.done, start)
            self.assert_purged(start)
