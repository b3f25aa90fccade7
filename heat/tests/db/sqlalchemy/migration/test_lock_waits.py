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

"""db_sync does not let others queue behind a lock that it does not get."""

import contextlib
import os
import sqlite3

from oslo_config import fixture as config_fixture
from oslo_db.sqlalchemy import engines
import sqlalchemy as sa

from heat.common import config
from heat.db import api
from heat.db import exception
from heat.db.sqlalchemy.engine import errors
from heat.tests import base
from heat.tests import databases
from heat.tests.galera import server
from heat.tests import runners

# Long enough for the slowest machine, short enough to wait for.
PATIENCE = {
    'mysql': 'SET SESSION lock_wait_timeout = 20, '
             'innodb_lock_wait_timeout = 20',
    'postgresql': "SET lock_timeout = '20s'",
}
# So that not even its rows can be counted.
LOCK = {'mysql': 'LOCK TABLES stack WRITE',
        'postgresql': 'LOCK TABLE stack'}
UNLOCK = {'mysql': 'UNLOCK TABLES', 'postgresql': 'COMMIT'}
ATTEMPTS = 3


# SQLite has one writer at a time.
@base.only_on('mysql', 'postgresql')
class LockWaitTest(base.DBTestCase):

    def prepare(self, version):
        databases.empty(self.engine)
        databases.load(self.engine, version)
        self.held, self.other = [
            stack_id for (stack_id,) in self.select(
                'SELECT id FROM stack ORDER BY id LIMIT 2')]
        # Its own engine: the other one is shared with a new process.
        self.users = sa.create_engine(self.engine.url)
        self.addCleanup(self.users.dispose)

    def _connect(self):
        conn = self.users.connect()
        self.addCleanup(conn.close)
        conn.exec_driver_sql(PATIENCE[self.driver])
        return conn

    def _test_nobody_queues(self, version, change, hold):
        """Let db_sync meet a transaction of someone else.

        :param change: how the statement starts that must wait for it
        :param hold: what that transaction has done
        """
        self.prepare(version)
        if version == '046':
            # The statement before needs the table for itself.
            self.execute('ALTER TABLE stack ADD nested_depth INTEGER')
        holder, user = self._connect(), self._connect()
        transaction = holder.begin()
        holder.exec_driver_sql(hold % {'held': self.held})
        reader, writer = os.pipe()
        runner = runners.Runner(self.engine, before=lambda: _tell(
            self.engine, change, writer))
        os.close(writer)
        for attempt in range(ATTEMPTS):
            self.assertEqual(b'.', os.read(reader, 1))
            for statement in ("UPDATE stack SET name = 'x' WHERE id = '%s'",
                              "SELECT name FROM stack WHERE id = '%s'"):
                with user.begin():
                    user.exec_driver_sql(statement % self.other)
        transaction.commit()
        self.assertEqual(0, runner.wait())
        self.assertEqual(86, api.db_version(self.engine))

    def test_columns(self):
        self._test_nobody_queues(
            '054', 'ALTER TABLE stack ADD COLUMN prev',
            "UPDATE stack SET name = 'held' WHERE id = '%(held)s'")

    def test_transaction_that_only_reads(self):
        self._test_nobody_queues(
            '054', 'ALTER TABLE stack ADD COLUMN prev',
            "SELECT * FROM stack WHERE id = '%(held)s'")

    def test_foreign_key(self):
        # MariaDB locks the other table for any change of this one.
        self._test_nobody_queues(
            '054', {'postgresql': 'ALTER TABLE stack ADD CONSTRAINT'}.get(
                self.driver, 'ALTER TABLE stack ADD COLUMN prev'),
            'UPDATE raw_template SET updated_at = NULL WHERE id = 1')

    def test_rows(self):
        # On MySQL a batch locks its rows first.
        self._test_nobody_queues(
            '046', {'mysql': 'SELECT count(*)'}.get(
                self.driver, 'UPDATE stack SET nested_depth'),
            "UPDATE stack SET name = 'held' WHERE id = '%(held)s'")

    def test_gives_up(self):
        self.prepare('054')
        holder = self._connect()
        with holder.begin():
            holder.exec_driver_sql('SELECT * FROM stack')
            self.assertIn('locked', str(self.assertRaises(
                exception.MigrationError, api.db_sync, self.engine,
                lock_timeout=1)))
        self.assertEqual(54, api.db_version(self.engine))
        api.db_sync(self.engine)
        self.assertEqual(86, api.db_version(self.engine))

    def test_counting_gives_up(self):
        self.prepare('055')
        before = self._plan()
        holder = self._connect()
        holder.exec_driver_sql('BEGIN')
        holder.exec_driver_sql(LOCK[self.driver])
        self.assertIn('locked', str(self.assertRaises(
            exception.MigrationError, api.db_plan, self.engine,
            lock_timeout=0)))
        holder.exec_driver_sql(UNLOCK[self.driver])
        self.assertEqual(before, self._plan())

    def _plan(self):
        return [step.told for step in api.db_plan(self.engine)]

    def test_settings_stay_out_of_the_pool(self):
        """Not even those of the operator's own sessions are others then."""
        own, query = {
            'mysql': ({'init_command': 'SET lock_wait_timeout = 7, '
                       'innodb_lock_wait_timeout = 8, foreign_key_checks = 0'},
                      'SELECT @@lock_wait_timeout, '
                      '@@innodb_lock_wait_timeout, @@foreign_key_checks'),
            'postgresql': ({'options': '-c lock_timeout=7s'},
                           'SHOW lock_timeout')}[self.driver]
        engine = engines.create_engine(self.engine.url.update_query_dict(own))
        self.addCleanup(engine.dispose)
        with engine.connect() as conn:
            before = conn.exec_driver_sql(query).all()
        self.assertNotEqual(before, self.select(query))
        api.db_sync(engine)
        for conn in [engine.connect() for _ in range(
                engine.pool.checkedin())]:
            self.assertEqual(before, conn.exec_driver_sql(query).all())
            conn.close()


def _tell(engine, change, descriptor):
    """Write to a pipe before each attempt to send a change."""
    def tell(conn, cursor, statement, *args):
        if statement.startswith(change):
            os.write(descriptor, b'.')

    sa.event.listen(engine, 'before_cursor_execute', tell)


@base.only_on('postgresql')
class AutovacuumTest(base.DBTestCase):
    """PostgreSQL's autovacuum goes away for one who waits for a second."""

    LOCK = 'LOCK TABLE %s IN SHARE UPDATE EXCLUSIVE MODE'
    WAITS = ("SELECT 1 FROM pg_locks WHERE relation = '%s'::regclass "
             "AND mode = 'ShareUpdateExclusiveLock' AND NOT granted")

    def setUp(self):
        super().setUp()
        databases.load(self.engine, '054')
        users = sa.create_engine(self.engine.url)
        self.addCleanup(users.dispose)
        self.holder, self.user = users.connect(), users.connect()
        self.addCleanup(self.holder.close)
        self.addCleanup(self.user.close)

    def wait_until_it_waits(self, table):
        server.wait_for(
            lambda: self.user.exec_driver_sql(self.WAITS % table).all(),
            'db_sync waits for it')

    def test_nobody_queues(self):
        with self.holder.begin():
            self.holder.exec_driver_sql(self.LOCK % 'stack')
            runner = runners.Runner(self.engine)
            self.wait_until_it_waits('stack')
            self.user.exec_driver_sql("SET lock_timeout = '50ms'")
            self.user.exec_driver_sql("UPDATE stack SET name = 'x'")
        self.assertEqual(0, runner.wait())
        self.assertEqual(86, api.db_version(self.engine))

    def test_who_does_not_leave_another_table(self):
        with self.holder.begin():
            self.holder.exec_driver_sql(self.LOCK % 'event')
            with self.user.begin():
                self.user.exec_driver_sql('LOCK TABLE stack')
                runner = runners.Runner(self.engine, 55, lock_timeout=20)
                self.wait_until_it_waits('event')
            self.assertEqual(0, runner.wait())
        self.assertEqual(55, api.db_version(self.engine))

    def test_no_patience_for_an_index(self):
        databases.empty(self.engine)
        databases.load(self.engine, '086')
        with self.holder.begin():
            self.holder.exec_driver_sql(self.LOCK % 'event')
            self.assertRaises(exception.MigrationError, api.db_sync,
                              self.engine, lock_timeout=0)


@base.only_on('sqlite')
class SQLiteLockTest(base.DBTestCase):
    """On SQLite, a transaction of someone else locks all there is."""

    # More than a single call repeats itself.
    REFUSALS = 6

    def setUp(self):
        super().setUp()
        options = self.useFixture(config_fixture.Config(config.CONF))
        options.config(db_max_retries=2, group='database')
        # It is refused at once, and not after Python's five seconds.
        self.impatient = engines.create_engine(
            self.engine.url.update_query_dict({'timeout': '0.01'}))
        errors.translate_for(self.impatient)
        self.addCleanup(self.impatient.dispose)

    @contextlib.contextmanager
    def held(self, begin, refusals=REFUSALS):
        """Hold a lock until it has refused so many statements."""
        holder = sqlite3.connect(self.engine.url.database,
                                 isolation_level=None)
        holder.execute(begin)
        refused = []

        def refuse(context):
            refused.append(context.statement)
            if len(refused) == refusals:
                holder.execute('ROLLBACK')

        sa.event.listen(self.impatient, 'handle_error', refuse)
        try:
            yield refused
        finally:
            sa.event.remove(self.impatient, 'handle_error', refuse)
            holder.close()

    def test_before_the_first_change(self):
        for version in None, '054':
            for begin in 'BEGIN EXCLUSIVE', 'BEGIN IMMEDIATE':
                databases.empty(self.engine)
                if version:
                    databases.load(self.engine, version)
                with self.held(begin) as refused:
                    api.db_sync(self.impatient)
                self.assertGreaterEqual(len(refused), self.REFUSALS)
                self.assertEqual(86, api.db_version(self.engine))

    def test_not_longer_than_lock_timeout(self):
        databases.load(self.engine, '054')
        with self.held('BEGIN IMMEDIATE', None):
            self.assertIn('locked what is to be changed, for 1 seconds', str(
                self.assertRaises(exception.MigrationError, api.db_sync,
                                  self.impatient, lock_timeout=1)))
        self.assertEqual(54, api.db_version(self.engine))
