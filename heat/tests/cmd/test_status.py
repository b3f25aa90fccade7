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

"""heat-status, run as an operator runs it."""

import json
import os
import re
import signal
import socket
import subprocess
import sys

import fixtures
import sqlalchemy as sa
import testtools

from heat.db import api
from heat.db.sqlalchemy.migration import claim
from heat.tests import base
from heat.tests import databases
from heat.tests.db.sqlalchemy.migration import test_alembic_version
from heat.tests import schema

HEAT_STATUS = os.path.join(os.path.dirname(sys.executable), 'heat-status')
PASSWORD = 'sekret-f00'
KEY = 'a key of the operator, 32 bytes.'
PUBLISHED_KEY = 'notgood but just long enough i t'
SUCCESS, WARNING, FAILURE, NOT_CHECKED = 0, 1, 2, 255


class StatusTestCase(testtools.TestCase):

    # None: none is configured.
    key = KEY

    def setUp(self):
        super().setUp()
        self.directory = self.useFixture(fixtures.TempDir()).path

    def run_command(self, *args, connection=None, stdout=subprocess.PIPE):
        env = {name: value for name, value in os.environ.items()
               if not name.startswith('OS_')}
        if connection is not None:
            env['OS_DATABASE__CONNECTION'] = connection
        if self.key is not None:
            env['OS_DEFAULT__AUTH_ENCRYPTION_KEY'] = self.key
        return subprocess.run(
            (HEAT_STATUS,) + args, env=env, cwd=self.directory, text=True,
            stdout=stdout, stderr=subprocess.PIPE)

    def assert_not_checked(self, connection=None, args=()):
        """Assert status 255 and one clear line; return the line."""
        result = self.run_command(*args, 'upgrade', 'check',
                                  connection=connection)
        self.assertEqual((NOT_CHECKED, ''),
                         (result.returncode, result.stdout), result.stderr)
        self.assertRegex(result.stderr, r'\Aheat-status: [^\n]{20,300}\n\Z')
        self.assertNotIn(PASSWORD, result.stderr)
        return result.stderr


class EveryEngineTest(base.DBTestCase, StatusTestCase):

    def setUp(self):
        super().setUp()
        self.connection = self.engine.url.render_as_string(
            hide_password=False)

    def check(self, status):
        """Assert the exit status; return {check: (code, details)}."""
        before = schema.describe(self.engine), schema.rows(self.engine)
        result = self.run_command('upgrade', 'check', '--json',
                                  connection=self.connection)
        self.assertEqual((status, ''), (result.returncode, result.stderr))
        self.assertEqual(
            before, (schema.describe(self.engine), schema.rows(self.engine)))
        return {check['check']: (check['result'], check['details'])
                for check in json.loads(result.stdout)['checks']}

    def test_newest_version(self):
        api.db_sync(self.engine)
        collation = ('All texts are UTF-8; collation of the keys: '
                     'utf8mb3_general_ci.' if self.driver == 'mysql' else
                     'Matters on MariaDB and MySQL only.')
        checks = self.check(SUCCESS)
        largest = {'sqlite': 'SQLite keeps', 'mysql': 'stack: about',
                   'postgresql': 'stack: (about|an unknown number)'}
        for name, found in (('Largest tables', largest[self.driver]),
                            ('Connections', 'no limit|0 engines are alive')):
            code, details = checks.pop(name)
            self.assertEqual(SUCCESS, code)
            self.assertRegex(details, found)
        self.assertEqual({
            'Schema version': (
                SUCCESS, 'The database is at version 86, the newest.'),
            'Hand-over to Alembic': (
                SUCCESS, 'It is empty or at 086: Heat 21 to 25 can take '
                'over.'),
            'Charset and collation': (SUCCESS, collation),
            'Schema drift': (SUCCESS, 'The schema is as expected.'),
            'Soft-deleted rows': (
                SUCCESS, 'Rows marked as deleted: service 0, stack 0.'),
            'Orphaned rows': (
                SUCCESS, 'Rows that belong to nothing: none, among the '
                '100000 of each table that were looked at.'),
            'Encryption key': (
                SUCCESS,
                'auth_encryption_key is not the published default.'),
            'Durability': (SUCCESS, 'A COMMIT waits for the disk.'),
            'Reads of a cluster': (
                SUCCESS, 'Matters on a Galera cluster only.'),
        }, checks)

    def test_table(self):
        api.db_sync(self.engine)
        result = self.run_command('upgrade', 'check',
                                  connection=self.connection)
        self.assertEqual((0, ''), (result.returncode, result.stderr))
        self.assertEqual(11, result.stdout.count('| Result: Success '))

    def test_pending(self):
        databases.load(self.engine, '046')
        checks = self.check(FAILURE)
        code, details = checks['Schema version']
        self.assertEqual(FAILURE, code)
        self.assertIn('version 46. Pending: 047_stack_nested_depth, ',
                      details)
        self.assertIn('086_drop_watch_rules. Run heat-manage db_sync',
                      details)
        self.assertEqual(
            (WARNING, 'Not compared: that needs the newest version.'),
            checks['Schema drift'])
        self.assertEqual(
            (WARNING, 'Not counted: that needs the newest version.'),
            checks['Orphaned rows'])

    def test_empty_database(self):
        checks = self.check(FAILURE)
        self.assertIn('Pending: 046_juno_baseline, ',
                      checks['Schema version'][1])
        self.assertEqual((SUCCESS, 'Rows marked as deleted: no tables yet.'),
                         checks['Soft-deleted rows'])

    def test_half_applied(self):
        databases.load(self.engine, '054')
        self.execute('ALTER TABLE stack ADD COLUMN '
                     'current_traversal VARCHAR(36)')
        code, details = self.check(FAILURE)['Schema version']
        self.assertEqual(FAILURE, code)
        self.assertIn('version 54, and a part of the next one', details)
        self.assertIn('Pending: 055_stack_convergence_data, ', details)

    def test_newer_database(self):
        databases.load(self.engine, '086')
        self.execute('UPDATE migrate_version SET version = 87')
        checks = self.check(FAILURE)
        self.assertEqual(FAILURE, checks['Schema version'][0])
        self.assertIn('version 87, newer', checks['Schema version'][1])
        self.assertIn('Not compared', checks['Schema drift'][1])

    def test_hand_over_below_086(self):
        """Heat 21 and later would take it for up to date."""
        for version in '046', '055', '080':
            databases.load(self.engine, version)
            code, details = self.check(FAILURE)['Hand-over to Alembic']
            self.assertEqual(WARNING, code)
            self.assertIn('Heat 21 and later would stamp it as it is',
                          details)
            databases.empty(self.engine)

    def test_handed_over(self):
        databases.load(self.engine, '086')
        test_alembic_version.stamp(self)
        self.assertEqual(
            (SUCCESS, 'Heat 21 to 25 have taken over: it is stamped '
             'c6214ca60943.'), self.check(WARNING)['Hand-over to Alembic'])

    def test_stamped_below_086(self):
        databases.load(self.engine, '080')
        test_alembic_version.stamp(self)
        checks = self.check(FAILURE)
        self.assertIn('Pending: 081_placeholder, ',
                      checks['Schema version'][1])
        self.assertIn('086_drop_watch_rules. Run heat-manage db_sync '
                      '--repair-stamp before', checks['Schema version'][1])
        self.assertEqual(
            (FAILURE, 'Heat 21 or later has stamped it as c6214ca60943, the '
             'schema of 086, which it is not: stop its services, and let '
             'db_sync --repair-stamp bring it there.'),
            checks['Hand-over to Alembic'])

    def test_heat_26(self):
        databases.load(self.engine, '086')
        test_alembic_version.stamp(self, 'd2db381e3324')
        checks = self.check(FAILURE)
        self.assertIn('d2db381e3324: Heat 26 or later, with '
                      'sync_point.extra_data', checks['Schema version'][1])
        self.assertEqual(
            (WARNING, 'Not checked: that needs a version that is known.'),
            checks['Hand-over to Alembic'])

    def test_tables_without_version(self):
        self.execute('CREATE TABLE foo (id INTEGER)')
        code, details = self.check(FAILURE)['Schema version']
        self.assertEqual(FAILURE, code)
        self.assertIn('no version in migrate_version', details)

    def test_db_sync_at_work(self):
        api.db_sync(self.engine)
        with claim.held(self.engine, 0, self.fail):
            result = self.run_command('upgrade', 'check', '--json',
                                      connection=self.connection)
        self.assertIn('the newest. At work on it now: ', result.stdout)
        self.assertIn(str(os.getpid()), result.stdout)

    def test_drift(self):
        api.db_sync(self.engine)
        self.execute('DROP INDEX ix_stack_name' + (
            ' ON stack' if self.driver == 'mysql' else ''))
        self.assertEqual(
            (WARNING, 'The schema is not as Heat expects: stack: index '
             'ix_stack_name is missing. heat-manage db_check lists all.'),
            self.check(WARNING)['Schema drift'])

    def test_missing_table(self):
        """It is named, and the other checks are made all the same."""
        for name in 'event', 'stack':
            databases.empty(self.engine)
            api.db_sync(self.engine)
            databases.lose_table(self.engine, name)
            result = self.run_command('upgrade', 'check', '--json',
                                      connection=self.connection)
            self.assertEqual((FAILURE, ''),
                             (result.returncode, result.stderr))
            checks = {check['check']: (check['result'], check['details'])
                      for check in json.loads(result.stdout)['checks']}
            self.assertEqual(11, len(checks))
            self.assertIn('table %s is missing' % name,
                          checks['Schema drift'][1])
            code, details = checks['Orphaned rows']
            self.assertEqual(FAILURE, code)
            self.assertRegex(
                details, r'\ANot checked: .*\b%s\b.*\. heat-manage db_check '
                'lists how the schema differs.' % name)

    def test_much_drift(self):
        api.db_sync(self.engine)
        for number in range(12):
            self.execute('CREATE TABLE foo_%02d (id INTEGER)' % number)
        details = self.check(WARNING)['Schema drift'][1]
        self.assertIn('foo_09 that Heat does not know; and 2 more. ',
                      details)
        self.assertNotIn('foo_10', details)

    def test_deleted_rows(self):
        api.db_sync(self.engine)
        self.insert('raw_template', id=1)
        for key, deleted_at in (('1', None), ('2', '2015-01-01 00:00:00'),
                                ('3', '2015-01-01 00:00:00')):
            self.insert('stack', id=key, raw_template_id=1,
                        disable_rollback=True, deleted_at=deleted_at)
        self.assertEqual(
            (SUCCESS, 'Rows marked as deleted: service 0, stack 2.'),
            self.check(SUCCESS)['Soft-deleted rows'])

    def test_connection_that_may_only_read(self):
        api.db_sync(self.engine)
        self.connection = {
            'sqlite': re.sub('///(.*)', r'///file:\1?mode=ro&uri=true',
                             self.connection),
            'mysql': self.connection +
            '?init_command=SET+SESSION+TRANSACTION+READ+ONLY',
            'postgresql': self.connection +
            '?options=-c+default_transaction_read_only%3Don',
        }[self.driver]
        engine = sa.create_engine(self.connection)
        self.addCleanup(engine.dispose)
        with engine.connect() as conn:
            self.assertRaises(sa.exc.DBAPIError, conn.exec_driver_sql,
                              'UPDATE stack SET status = NULL')
        self.check(SUCCESS)

    @base.only_on('mysql', 'postgresql')
    def test_database_that_does_not_exist(self):
        self.assertIn('no_such_db', self.assert_not_checked(
            re.sub(r'/\w+$', '/no_such_db', self.connection)))

    @base.only_on('mysql', 'postgresql')
    def test_unknown_user(self):
        line = self.assert_not_checked(re.sub(
            r'//\w+:\w+@', '//nobody:%s@' % PASSWORD, self.connection))
        self.assertIn('check [database] connection', line)

    def assert_charset(self, code, *parts):
        found, details = self.check(code)['Charset and collation']
        self.assertEqual(code, found)
        for part in parts:
            self.assertIn(part, details)

    @base.only_on('mysql')
    def test_tables_that_are_not_utf8(self):
        databases.load(self.engine, '054', charset='latin1')
        self.assert_charset(
            FAILURE, 'Not UTF-8: event, raw_template, resource, ',
            'and 4 more. Dump')

    @base.only_on('mysql')
    def test_column_that_is_not_utf8(self):
        api.db_sync(self.engine)
        self.execute('ALTER TABLE stack MODIFY '
                     'name VARCHAR(255) CHARACTER SET latin1')
        self.assert_charset(FAILURE, 'Not UTF-8: stack.name. ')

    @base.only_on('mysql')
    def test_keys_of_several_collations(self):
        api.db_sync(self.engine)
        self.execute('ALTER TABLE service CONVERT TO CHARACTER SET utf8mb4 '
                     'COLLATE utf8mb4_bin')
        self.assert_charset(
            WARNING, 'Most have utf8mb3_general_ci, but '
            'utf8mb4_bin: service.id.')

    @base.only_on('mysql')
    def test_other_columns_of_several_collations(self):
        api.db_sync(self.engine)
        self.execute('ALTER TABLE user_creds '
                     'CONVERT TO CHARACTER SET utf8mb4')
        self.execute('ALTER TABLE migrate_version '
                     'CONVERT TO CHARACTER SET latin1')
        self.assert_charset(SUCCESS, 'keys: utf8mb3_general_ci.')


class KeyTest(StatusTestCase):
    """What it says of the configured keys; of the database, it is empty."""

    def check(self, key):
        """Return the code of the check and what it says."""
        self.key = key
        result = self.run_command('upgrade', 'check', '--json',
                                  connection='sqlite://')
        self.assertEqual('', result.stderr)
        return [(check['result'], check['details'])
                for check in json.loads(result.stdout)['checks']
                if check['check'] == 'Encryption key'][0]

    def test_published_key(self):
        for key in None, PUBLISHED_KEY:
            code, details = self.check(key)
            self.assertEqual(WARNING, code)
            self.assertIn('the default that Heat publishes', details)
            self.assertNotIn('notgood', details)

    def test_key_of_the_engine(self):
        """What stands in its own file is known, and heat-status.conf wins."""
        self.useFixture(fixtures.EnvironmentVariable('HOME', self.directory))
        for name, key, code in (('heat', PUBLISHED_KEY, WARNING),
                                ('heat-engine', KEY, SUCCESS),
                                ('heat-status', 'short', FAILURE)):
            with open(os.path.join(self.directory, name + '.conf'),
                      'w') as created:
                created.write('[DEFAULT]\nauth_encryption_key = %s\n' % key)
            self.assertEqual(code, self.check(None)[0], name)

    def test_short_key(self):
        for size in 16, 24:
            self.assertEqual(
                (WARNING, 'auth_encryption_key has %d characters; Heat asks '
                 'for 32.' % size), self.check(KEY[:size]))

    def test_unusable_keys(self):
        for key in KEY[:31], KEY + 'x', 'ä' * 32, '$nothing':
            code, details = self.check(key)
            self.assertEqual(FAILURE, code)
            self.assertIn('auth_encryption_key has', details)
            self.assertNotIn('nothing', details)
            self.assertNotIn(KEY[:10], details)


class ConnectionTest(StatusTestCase):

    def test_unreachable_server(self):
        for driver in 'mysql+pymysql', 'postgresql+psycopg2':
            line = self.assert_not_checked(
                '%s://heat:%s@127.0.0.1:1/heat' % (driver, PASSWORD))
            self.assertIn('%s://heat:***@127.0.0.1:1/heat' % driver, line)
            self.assertIn('refused', line)

    def test_interrupted(self):
        """While it waits for a server that says nothing."""
        with socket.create_server(('127.0.0.1', 0)) as server:
            server.settimeout(60)
            process = subprocess.Popen(
                (HEAT_STATUS, 'upgrade', 'check'), cwd=self.directory,
                env={**os.environ, 'OS_DATABASE__CONNECTION': (
                    'mysql+pymysql://heat@%s:%d/heat' %
                    server.getsockname())},
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                # A shell lets what it starts in the background ignore it.
                preexec_fn=lambda: signal.signal(signal.SIGINT,
                                                 signal.SIG_DFL))
            with server.accept()[0]:
                process.send_signal(signal.SIGINT)
                told, _nothing = process.communicate()
        self.assertEqual(
            (130, 'heat-status: interrupted; it has changed nothing\n'),
            (process.returncode, told))

    def test_what_is_no_usable_url(self):
        for connection, reason in (
                (PASSWORD, 'not a URL'),
                ('nosuch://heat:%s@host/heat' % PASSWORD, 'unknown kind'),
                ('mysql+pymysql://heat:a@%s@host/heat' % PASSWORD, '%40'),
                ('mysql+pymysql://heat:a$%s@host/heat' % PASSWORD, '$$')):
            self.assertIn(reason, self.assert_not_checked(connection))

    def test_file_that_is_no_database(self):
        path = os.path.join(self.directory, 'heat.sqlite')
        with open(path, 'w') as created:
            created.write('something else\n' * 100)
        self.assertIn('not a database',
                      self.assert_not_checked('sqlite:///' + path))

    def test_file_that_is_not_there(self):
        for connection in 'sqlite:///heta.sqlite', None:
            self.assertIn('there is no such file', self.run_command(
                'upgrade', 'check', connection=connection).stderr)
            self.assertEqual([], os.listdir(self.directory))

    def test_config_file_that_is_not_there(self):
        self.assertIn('absent.conf', self.assert_not_checked(
            args=('--config-file', 'absent.conf')))

    def test_debug_shows_the_traceback(self):
        result = self.run_command('--debug', 'upgrade', 'check',
                                  connection='nosuch://host/heat')
        self.assertEqual(NOT_CHECKED, result.returncode)
        self.assertIn('Traceback', result.stderr)

    def test_output_that_can_not_be_written(self):
        with open('/dev/full', 'w') as full:
            result = self.run_command('upgrade', 'check', stdout=full,
                                      connection='sqlite://')
        self.assertNotIn(result.returncode, (SUCCESS, WARNING))
        self.assertNotIn('Traceback', result.stderr)
