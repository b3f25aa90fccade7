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

"""Several db_sync at once: one works, the others wait for it."""

import json
import os
import signal
import subprocess
import sys

import fixtures
from oslo_db import exception as db_exception
import sqlalchemy as sa
import testtools

from heat.db import api
from heat.db import exception
from heat.db.sqlalchemy.migration import claim
from heat.db.sqlalchemy.migration import process
from heat.tests import base
from heat.tests import databases
from heat.tests import runners
from heat.tests import schema

ADD_COLUMN = 'ALTER TABLE stack ADD COLUMN prev_raw_template_id'


class _Waits(api.MigrationListener):

    def __init__(self):
        self.reasons = []

    def waiting(self, reason):
        self.reasons.append(reason)


class ClaimTestCase(base.DBTestCase):

    def prepare(self, start):
        databases.empty(self.engine)
        if start:
            databases.load(self.engine, start)

    def describe(self):
        return schema.describe(self.engine), schema.rows(self.engine)

    def claim(self, counter=0, **owner):
        """Make a claim for someone on another machine."""
        owner = {'host': 'elsewhere', 'pid': '4711', 'machine': 'other',
                 'start': '1', 'since': '2015-01-01 00:00:00', **owner}
        self.insert('migrate_version', repository_id=claim.ID,
                    repository_path=json.dumps(owner), version=counter)


class AtOnceTest(ClaimTestCase):

    def test_eight_at_once(self):
        for start in None, '046', '054':
            self.prepare(start)
            api.db_sync(self.engine)
            expected = self.describe()
            self.prepare(start)
            started = [runners.Runner(self.engine) for _ in range(8)]
            self.assertEqual([0] * 8, [runner.wait() for runner in started])
            for before, after in zip(expected, self.describe()):
                self.assertEqual({}, schema.difference(before, after), start)


class WaitTest(ClaimTestCase):

    def setUp(self):
        super().setUp()
        self.prepare('054')

    def test_gives_up_and_says_who_is_at_work(self):
        self.claim()
        before = self.describe()
        waits = _Waits()
        error = self.assertRaises(
            exception.Busy, api.db_sync, self.engine, lock_timeout=0,
            listener=waits)
        self.assertIn('process 4711 on elsewhere since 2015', str(error))
        self.assertEqual([], waits.reasons)
        self.assertEqual(before, self.describe())

    def test_one_that_lives_is_waited_for(self):
        self.useFixture(fixtures.MockPatchObject(claim, 'LEASE', 1))
        self.claim()
        waits = _Waits()
        # It beats as long as this looks, which is longer than LEASE.
        looks = []

        def beat(conn, cursor, statement, *args):
            if 'repository_path' in statement and 'SELECT' in statement:
                looks.append(statement)
                self.execute('UPDATE migrate_version SET '
                             'version = version + 1 WHERE repository_id = '
                             "'%s'" % claim.ID)

        self.listen('before_cursor_execute', beat)
        self.assertRaises(exception.Busy, api.db_sync, self.engine,
                          lock_timeout=3, listener=waits)
        self.assertGreater(len(looks), 3)
        self.assertEqual(1, len(waits.reasons))
        self.assertIn('process 4711 on elsewhere since 2015-01-01',
                      waits.reasons[0])
        self.assertEqual(54, api.db_version(self.engine))

    def test_one_that_is_dead_elsewhere_is_not_waited_for_for_ever(self):
        self.useFixture(fixtures.MockPatchObject(claim, 'LEASE', 1))
        self.claim(counter=7)
        waits = _Waits()
        api.db_sync(self.engine, listener=waits)
        self.assertIn('elsewhere', waits.reasons[0])
        self.assertEqual(86, api.db_version(self.engine))
        self.assertIsNone(api.db_status(self.engine).claim)

    def test_one_that_is_dead_here_is_not_waited_for(self):
        self.claim(**dict(process.identity(), pid='0'))
        waits = _Waits()
        api.db_sync(self.engine, lock_timeout=0, listener=waits)
        self.assertEqual([], waits.reasons)
        self.assertEqual(86, api.db_version(self.engine))

    def test_left_over_at_the_newest_version(self):
        api.db_sync(self.engine)
        self.claim(**dict(process.identity(), pid='0'))
        self.assertIsNone(api.db_status(self.engine).claim)
        self.assertEqual([], api.db_sync(self.engine))
        self.assertEqual([(1,)], self.select(
            'SELECT COUNT(*) FROM migrate_version'))

    def test_claim_that_nobody_can_read(self):
        self.useFixture(fixtures.MockPatchObject(claim, 'LEASE', 1))
        self.insert('migrate_version', repository_id=claim.ID,
                    repository_path='{', version=0)
        self.assertIn('process ?', api.db_status(self.engine).claim)
        api.db_sync(self.engine)
        self.assertEqual(86, api.db_version(self.engine))

    def test_status_names_who_is_at_work(self):
        self.claim()
        self.assertIn('process 4711 on elsewhere',
                      api.db_status(self.engine).claim)

    def test_a_claim_is_given_up_after_an_error(self):
        self.execute('CREATE INDEX ix_stack_raw_template_id ON stack (name)')
        if self.driver != 'mysql':
            self.assertRaises(exception.MigrationError, api.db_sync,
                              self.engine)
            self.assertIsNone(claim.at_work(self.engine))


class StoppedTest(ClaimTestCase):
    """A process that does not run is taken for dead, and then goes on."""

    def test_stopped_before_a_change(self):
        self._test_stopped('before_cursor_execute')

    def test_stopped_after_a_change(self):
        self._test_stopped('after_cursor_execute')

    def _test_stopped(self, moment):
        self.useFixture(fixtures.MockPatchObject(claim, 'LEASE', 1))
        self.prepare('054')
        api.db_sync(self.engine)
        expected = self.describe()
        self.prepare('054')
        stopped = runners.Runner(
            self.engine, before=lambda: _stop_at(self.engine, moment))
        stopped.wait_until_stopped()
        if self.driver == 'sqlite' or (self.driver == 'postgresql' and
                                       moment == 'after_cursor_execute'):
            # It holds the lock on the table, or on the whole database.
            self.assertRaises(
                (exception.MigrationError, db_exception.DBDeadlock),
                api.db_sync, self.engine, lock_timeout=2)
        else:
            api.db_sync(self.engine)
        stopped.signal(signal.SIGCONT)
        self.assertEqual(0, stopped.wait())
        for before, after in zip(expected, self.describe()):
            self.assertEqual({}, schema.difference(before, after))


def _stop_at(engine, moment):
    """Let this process stop itself, once, when it adds the columns."""
    seen = []

    def stop(*args):
        if seen == ['here']:
            seen.append('stopped')
            os.kill(os.getpid(), signal.SIGSTOP)

    def look(conn, cursor, statement, *args):
        if statement.startswith(ADD_COLUMN) and not seen:
            seen.append('here')

    sa.event.listen(engine, 'before_cursor_execute', look)
    sa.event.listen(engine, moment, stop)


class ProcessTest(testtools.TestCase):

    def _run(self, code):
        child = subprocess.Popen(
            [sys.executable, '-c', 'import json, sys\n'
             'from heat.db.sqlalchemy.migration import process\n'
             'print(json.dumps(process.identity()), flush=True)\n' + code],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(child.communicate)
        return child, json.loads(child.stdout.readline())

    def test_this_one_runs(self):
        self.assertFalse(process.is_gone(process.identity()))

    def test_another_one_runs_until_it_ends(self):
        child, identity = self._run('sys.stdin.read()')
        self.assertFalse(process.is_gone(identity))
        child.communicate()
        self.assertTrue(process.is_gone(identity))

    def test_one_that_has_ended_but_is_still_listed(self):
        child, identity = self._run('')
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        self.assertTrue(process.is_gone(identity))

    def test_number_used_again(self):
        self.assertTrue(process.is_gone(
            dict(process.identity(), start='1')))

    def test_what_can_not_be_known(self):
        identity = process.identity()
        self.assertFalse(process.is_gone({}))
        self.assertFalse(process.is_gone({'pid': '0'}))
        self.assertFalse(process.is_gone(
            dict(identity, pid='0', machine='other')))
