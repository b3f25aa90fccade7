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


"""db_sync creates the indexes that Heat's own schema lacks."""

import json
import re
import signal

from oslo_db import exception as db_exception

from heat.db import api
from heat.db import exception
from heat.db.sqlalchemy.migration import indexes
from heat.tests import base
from heat.tests import clients
from heat.tests.cmd import test_manage
from heat.tests import databases
from heat.tests.db.sqlalchemy.migration import test_kill
from heat.tests import runners
from heat.tests import schema

NAMES = {indexes.name(index) for index in indexes.INDEXES}
# InnoDB makes those of foreign keys.
MADE_ON_MYSQL = {'ix_event_stack_id_created_at_id',
                 'ix_event_stack_id_id', 'ix_resource_nova_instance',
                 'ix_software_config_tenant_created_at_id',
                 'ix_software_deployment_stack_user_project_id',
                 'ix_stack_created_at_id', 'ix_stack_deleted_at',
                 'ix_stack_tenant_created_at_id',
                 'ix_stack_tenant_owner_id_created_at_id',
                 'ix_stack_owner_id_created_at_id'}

# MySQL refuses such a statement if it has to block writers.
WITHOUT_LOCKS = {'sqlite': '^CREATE INDEX ', 'mysql': ' LOCK=NONE$',
                 'postgresql': '^CREATE INDEX CONCURRENTLY '}


class IndexesTest(base.DBTestCase, test_manage.ManageTestCase):

    def setUp(self):
        super().setUp()
        self.connection = self.engine.url.render_as_string(
            hide_password=False)
        self.names = MADE_ON_MYSQL if self.driver == 'mysql' else NAMES

    def load(self):
        databases.load(self.engine, '086')
        self.before = schema.describe(self.engine), schema.rows(self.engine)

    def made(self):
        """Return the indexes that were not there before."""
        found = schema.describe(self.engine)
        self.assertEqual({}, schema.difference(
            self.before[0], {key: found.get(key) for key in self.before[0]}))
        self.assertEqual({'index'} if found.keys() - self.before[0].keys()
                         else set(), {kind for _table, kind, _name in
                                      found.keys() - self.before[0].keys()})
        return {name for _table, _kind, name in
                found.keys() - self.before[0].keys()}

    def test_a_database_that_heat_made(self):
        self.load()
        step, = api.db_sync(self.engine)
        self.assertEqual((None, 'indexes'), (step.version, step.name))
        for statement in step.statements:
            self.assertRegex(statement, WITHOUT_LOCKS[self.driver])
        self.assertEqual(self.names, self.made())
        self.assertEqual(self.before[1], schema.rows(self.engine))
        self.assertEqual([], api.db_sync(self.engine))
        self.assertEqual(86, api.db_version(self.engine))

    def test_from_nothing(self):
        self.assertEqual('indexes', api.db_sync(self.engine)[-1].name)
        self.assertEqual([], api.db_status(self.engine).missing_indexes)
        self.assertEqual([], api.db_sync(self.engine))

    def test_not_before_the_newest_version(self):
        self.assertNotIn('indexes', [
            step.name for step in api.db_sync(self.engine, 85)])
        self.assertEqual([], api.db_status(self.engine).missing_indexes)

    def test_left_out(self):
        self.load()
        self.assertEqual([], api.db_sync(self.engine, with_indexes=False))
        self.run_command('db_sync', '--no-indexes',
                         connection=self.connection)
        self.assertEqual(set(), self.made())

    def test_one_that_is_there_under_another_name(self):
        self.load()
        self.execute('CREATE INDEX foo ON stack (deleted_at, name)')
        api.db_sync(self.engine)
        self.assertEqual(self.names - {'ix_stack_deleted_at'} | {'foo'},
                         self.made())

    def test_another_one_that_has_the_name(self):
        self.load()
        self.execute('CREATE INDEX ix_stack_deleted_at ON stack (username)')
        error = self.assertRaises(exception.MigrationError, api.db_sync,
                                  self.engine)
        self.assertIn('ix_stack_deleted_at', str(error))

    @base.only_on('postgresql')
    def test_one_that_died(self):
        self.load()
        with self.engine.connect() as conn:
            self.assertRaises(
                db_exception.DBError, conn.execution_options(
                    isolation_level='AUTOCOMMIT').exec_driver_sql,
                'CREATE UNIQUE INDEX CONCURRENTLY ix_resource_stack_id '
                'ON resource (stack_id)')
        self.assertIn('ix_resource_stack_id',
                      api.db_status(self.engine).missing_indexes)
        api.db_sync(self.engine)
        self.assertEqual([], api.db_drift(self.engine))

    def test_each_that_is_dropped_is_made_again(self):
        self.load()
        api.db_sync(self.engine)
        for index in indexes.INDEXES:
            if indexes.name(index) in self.names:
                self.execute('DROP INDEX %s%s' % (
                    indexes.name(index),
                    ' ON ' + index.table if self.driver == 'mysql' else ''))
                step, = api.db_sync(self.engine)
                self.assertEqual(1, len(step.statements), step.statements)
        self.assertEqual(self.names, self.made())

    def test_what_is_shown(self):
        self.load()
        shown = ', '.join(
            indexes.name(index) for index in indexes.INDEXES
            if indexes.name(index) in self.names)
        for args, status, text in (
                (('--check',), 0, 'Indexes that db_sync would create: '
                 + shown),
                (('--dry-run',), 0, 'indexes, which needs' if
                 self.driver == 'sqlite' else 'indexes\n'),
                (('--dry-run', '--no-indexes'), 0, 'Nothing is pending.'),
                (('--sql', '--no-indexes'), 0, '-- For a client')):
            result = self.run_command('db_sync', *args,
                                      connection=self.connection)
            self.assertEqual(status, result.returncode, result.stderr)
            self.assertIn(text, result.stdout)
            self.assertNotIn('CREATE', result.stdout)
        result = self.run_command('db_check', connection=self.connection)
        self.assertEqual(2, result.returncode, result.stderr)
        self.assertIn('missing index ix_stack_deleted_at of stack: db_sync '
                      'creates it\n', result.stdout)
        result = self.run_command('db_sync', '--check', '--format', 'json',
                                  connection=self.connection)
        self.assertEqual(self.names,
                         set(json.loads(result.stdout)['missing_indexes']))
        self.assertEqual(set(), self.made())

    def test_drift(self):
        self.load()
        lines = [line for line in api.db_drift(self.engine)
                 if not line.startswith('resource: uuid')]
        self.assertEqual(
            sorted('missing index %s of %s: db_sync creates it' % (
                indexes.name(index), index.table)
                for index in indexes.INDEXES
                if indexes.name(index) in self.names), lines)

    def test_sql(self):
        self.load()
        script = self.run_command('db_sync', '--sql',
                                  connection=self.connection).stdout
        clients.feed(self.engine, script)
        self.assertEqual(self.names, self.made())
        self.assertEqual([], api.db_sync(self.engine))

    def test_sql_without_a_connection(self):
        """What a version has made is not made again."""
        by_055 = {'ix_stack_prev_raw_template_id', 'ix_stack_raw_template_id'}
        for start in '45', '80', '86':
            script = self.run_command(
                'db_sync', '--sql', '--dialect', self.driver, '--from',
                start).stdout
            found = re.findall(r'CREATE INDEX (?:CONCURRENTLY )?(\w+)',
                               script.partition('-- indexes\n')[2])
            self.assertEqual(sorted(self.names - by_055), sorted(found))


class KillTest(test_kill.KillTestCase):

    def test_killed_while_they_are_made(self):
        """On PostgreSQL, what is left is no index yet; it is made again."""
        self.PLACES = 5 if self.driver == 'mysql' else 30
        self.check_places('086', step=5)

    @base.only_on('postgresql')
    def test_killed_while_the_server_goes_on(self):
        """PostgreSQL does not notice: the index is there later, or invalid."""
        databases.load(self.engine, '086')
        with self.engine.begin() as conn:
            conn.exec_driver_sql('LOCK TABLE event IN ROW EXCLUSIVE MODE')
            runner = runners.Runner(self.engine)
            self.wait_until_it_waits()
            runner.signal(signal.SIGKILL)
            self.assertEqual(-signal.SIGKILL, runner.wait())
        api.db_sync(self.engine)
        self.assertEqual([], [line for line in api.db_drift(self.engine)
                              if 'uuid' not in line])

    def wait_until_it_waits(self):
        for _look in range(10000):
            if self.select(
                    'SELECT pid FROM pg_stat_activity WHERE datname = '
                    "current_database() AND wait_event_type = 'Lock' "
                    "AND query LIKE 'CREATE INDEX CONCURRENTLY%%'"):
                return
        self.fail('it does not wait')
