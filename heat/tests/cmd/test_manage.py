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

"""heat-manage, run as an operator runs it."""

import contextlib
import os
import re
import sqlite3
import subprocess
import sys

import fixtures
import testtools

from heat.db import api
from heat.tests import base
from heat.tests import databases
from heat.tests import schema

HEAT_MANAGE = os.path.join(os.path.dirname(sys.executable), 'heat-manage')
PASSWORD = 'sekret-f00'


class ManageTestCase(testtools.TestCase):

    def setUp(self):
        super().setUp()
        self.directory = self.useFixture(fixtures.TempDir()).path

    def run_command(self, *args, connection=None, **options):
        env = {name: value for name, value in os.environ.items()
               if not name.startswith('OS_')}
        if connection is not None:
            env['OS_DATABASE__CONNECTION'] = connection
        return subprocess.run(
            (HEAT_MANAGE,) + args, env=env, cwd=self.directory, text=True,
            capture_output=True, **options)

    def assert_refused(self, *args, connection=None):
        """Assert status 1 and one clear line; return the line."""
        result = self.run_command(*args, connection=connection)
        self.assertEqual(1, result.returncode, result.stderr)
        self.assertEqual('', result.stdout)
        self.assertRegex(result.stderr, r'\Aheat-manage: [^\n]{20,300}\n\Z')
        self.assertNotIn(PASSWORD, result.stderr)
        return result.stderr

    def write(self, name, text):
        path = os.path.join(self.directory, name)
        with open(path, 'w') as created:
            created.write(text)
        return path


class EveryEngineTest(base.DBTestCase, ManageTestCase):

    def setUp(self):
        super().setUp()
        self.connection = self.engine.url.render_as_string(
            hide_password=False)

    def assert_refused(self, *args):
        before = schema.describe(self.engine), schema.rows(self.engine)
        line = super().assert_refused(*args, connection=self.connection)
        self.assertEqual(
            before, (schema.describe(self.engine), schema.rows(self.engine)))
        return line

    def test_db_sync_and_db_version(self):
        databases.load(self.engine, '046')
        result = self.run_command('db_sync', connection=self.connection)
        self.assertEqual(0, result.returncode, result.stderr)
        # What is lost is told.
        self.assertRegex(result.stderr, r'\A(heat-manage: '
                         r'(056|086)_[a-z_]+: [^\n]+: \d+\n){3}\Z')
        *applied, last = result.stdout.splitlines()
        self.assertEqual('The database is at version 86.', last)
        self.assertEqual(41, len(applied))
        for number, line in enumerate(applied, 47):
            name = 'indexes' if number > 86 else r'0%d_[a-z0-9_]+' % number
            self.assertRegex(line, r'^%s +\d+ statements '
                             r'+\d+\.\d\d s$' % name)
        self.assertEqual(86, api.db_version(self.engine))

        result = self.run_command('db_version', connection=self.connection)
        self.assertEqual((0, '86\n', ''), (
            result.returncode, result.stdout, result.stderr))
        result = self.run_command('db_sync', connection=self.connection)
        self.assertEqual((0, last + '\n'),
                         (result.returncode, result.stdout))

    def test_given_version(self):
        result = self.run_command('db_sync', '50',
                                  connection=self.connection)
        self.assertEqual(0, result.returncode)
        self.assertEqual(50, api.db_version(self.engine))

    def test_config_file(self):
        path = self.write('heat.conf', '[database]\nconnection = %s\n' %
                          self.connection.replace('$', '$$'))
        result = self.run_command('--config-file', path, 'db_sync')
        self.assertEqual((0, ''), (result.returncode, result.stderr))
        self.assertEqual(86, api.db_version(self.engine))

    def test_bad_versions(self):
        databases.load(self.engine, '054')
        for version, reason in (('abc', '"abc"'), ('54.5', 'number'),
                                ('', 'number'), ('²', 'number'),
                                ('99', 'the newest is 86'),
                                ('53', 'no way down'), ('0', 'no way down')):
            self.assertIn(reason, self.assert_refused('db_sync', version))

    def test_newer_database(self):
        databases.load(self.engine, '055')
        self.execute('UPDATE migrate_version SET version = 87')
        self.assertIn('version 87', self.assert_refused('db_sync'))
        result = self.run_command('db_version', connection=self.connection)
        self.assertEqual('87\n', result.stdout)

    def test_tables_without_version(self):
        self.execute('CREATE TABLE stack (id INTEGER)')
        for command in 'db_sync', 'db_version':
            self.assertIn('migrate_version', self.assert_refused(command))

    @base.only_on('mysql', 'postgresql')
    def test_database_that_does_not_exist(self):
        self.connection = re.sub(r'/\w+$', '/no_such_db', self.connection)
        self.assertIn('no_such_db', self.assert_refused('db_sync'))

    @base.only_on('mysql', 'postgresql')
    def test_unknown_user(self):
        self.connection = re.sub(r'//\w+:\w+@', '//nobody:%s@' % PASSWORD,
                                 self.connection)
        line = self.assert_refused('db_version')
        self.assertIn('nobody', line)
        self.assertIn('check [database] connection', line)


class ConnectionTest(ManageTestCase):

    def test_nothing_configured(self):
        path = os.path.join(self.directory, 'heat.sqlite')
        result = self.run_command('db_sync')
        self.assertEqual(0, result.returncode, result.stderr)
        self.assertIn(path, result.stderr)
        self.assertTrue(os.path.exists(path))
        result = self.run_command('db_version')
        self.assertEqual('86\n', result.stdout)
        result = self.run_command('db_version',
                                  connection='sqlite:///heat.sqlite')
        self.assertEqual('', result.stderr)

    def test_empty_database_has_the_initial_version(self):
        for database in '', '/file::memory:?uri=true', '/file:x?uri=true':
            self.write('x', '')
            result = self.run_command('db_version',
                                      connection='sqlite://' + database)
            self.assertEqual((0, '45\n', ''), (
                result.returncode, result.stdout, result.stderr))

    def test_nothing_configured_and_no_file(self):
        path = os.path.join(self.directory, 'heat.sqlite')
        result = self.run_command('db_version')
        self.assertEqual((1, ''), (result.returncode, result.stdout))
        self.assertIn('is configured: using %s\n' % path, result.stderr)
        self.assertIn('there is no such file', result.stderr)
        self.assertFalse(os.path.exists(path))

    def test_what_is_no_usable_url(self):
        for connection, reason in (
                (PASSWORD, 'not a URL'),
                ('', 'not a URL'),
                ('mysql+pymysql://heat:%s@host:port/heat' % PASSWORD,
                 'not a URL'),
                ('nosuch://heat:%s@host/heat' % PASSWORD, 'unknown kind'),
                ('mysql+nosuch://heat:%s@host/heat' % PASSWORD,
                 'unknown kind'),
                ('mysql+cymysql://heat:%s@host/heat' % PASSWORD, 'cymysql'),
                ('mysql://heat:%s@host/heat' % PASSWORD, 'MySQLdb'),
                ('mariadb+pymysql://heat:%s@host/heat' % PASSWORD, 'mariadb'),
                ('mysql+pymysql://heat:a@%s@host/heat' % PASSWORD, '%40'),
                ('mysql+pymysql://heat:a@%s/b@host/heat' % PASSWORD, '%40'),
                ('mysql+pymysql://heat:a@%s?b@host/heat' % PASSWORD,
                 'no database'),
                ('mysql+pymysql://heat:a$%s@host/heat' % PASSWORD, '$$'),
                ('mysql+pymysql://heat:%s@host' % PASSWORD, 'no database'),
                ('postgresql+psycopg2://heat:%s@host/' % PASSWORD,
                 'no database'),
                ('mysql+pymysql://heat:%s@host/heat?foo=1' % PASSWORD,
                 'TypeError'),
                ('postgresql+psycopg2://heat:%s@host/heat?foo=1' % PASSWORD,
                 'foo')):
            self.assertIn(reason, self.assert_refused(
                'db_sync', connection=connection))

    def test_unreachable_server(self):
        for driver in 'mysql+pymysql', 'postgresql+psycopg2':
            line = self.assert_refused(
                'db_sync',
                connection='%s://heat:%s@127.0.0.1:1/heat?connect_timeout=9'
                % (driver, PASSWORD))
            self.assertIn('%s://heat:***@127.0.0.1:1/heat' % driver, line)
            self.assertIn('refused', line)

    def test_sqlite_file_that_can_not_be(self):
        for path in (self.directory,
                     os.path.join(self.directory, 'absent', 'heat.sqlite')):
            line = self.assert_refused('db_sync',
                                       connection='sqlite:///' + path)
            self.assertIn(path, line)
            self.assertIn('unable to open', line)

    def test_file_that_is_no_database(self):
        path = self.write('heat.sqlite', 'something else\n' * 100)
        line = self.assert_refused('db_sync', connection='sqlite:///' + path)
        self.assertIn('not a database', line)

    def test_debug_shows_the_traceback(self):
        result = self.run_command('--debug', 'db_sync', 'abc')
        self.assertEqual(1, result.returncode)
        self.assertIn('Traceback', result.stderr)

    def test_output_that_can_not_be_written(self):
        with open('/dev/full', 'w') as full:
            result = subprocess.run(
                (HEAT_MANAGE, 'db_version'), cwd=self.directory, text=True,
                stdout=full, stderr=subprocess.PIPE,
                env={**os.environ, 'OS_DATABASE__CONNECTION': 'sqlite://'})
        self.assertEqual(1, result.returncode)
        self.assertEqual(1, result.stderr.count('No space left'))

    def test_output_that_nobody_reads(self):
        """As with head, which has seen enough."""
        environment = {
            **os.environ,
            'OS_DATABASE__CONNECTION': 'sqlite:///heat.sqlite'}
        self.run_command('db_sync')
        for args, status in (['db_version'], 141), (['--help'], 0):
            reader, writer = os.pipe()
            os.close(reader)
            with open(writer, 'w') as closed:
                result = subprocess.run(
                    (HEAT_MANAGE, *args), cwd=self.directory, text=True,
                    stdout=closed, stderr=subprocess.PIPE, env=environment)
            self.assertEqual((status, ''), (result.returncode,
                                            result.stderr))

    def test_without_stderr(self):
        """What is for it is not on stdout, where results are."""
        for args, status in (['db_version'], 0), (['db_sync', 'x'], 1):
            result = self.run_command(
                *args, connection='sqlite://',
                preexec_fn=lambda: os.close(2))
            self.assertEqual((status, '45\n' if not status else ''),
                             (result.returncode, result.stdout))

    def test_without_stdout(self):
        result = self.run_command('db_version', connection='sqlite://',
                                  preexec_fn=lambda: os.close(1))
        self.assertEqual((0, ''), (result.returncode, result.stderr))

    def test_what_stdout_can_not_show(self):
        self.run_command('db_sync')
        database = sqlite3.connect(os.path.join(self.directory, 'heat.sqlite'))
        with contextlib.closing(database), database:
            database.execute(
                "INSERT INTO service VALUES ('id', 'engine', 'host', '名', "
                "'binary', 'topic', 60, '2020-01-01 00:00:00', NULL, NULL)")
        self.useFixture(fixtures.EnvironmentVariable('PYTHONIOENCODING',
                                                     'ascii'))
        result = self.run_command('service', 'list',
                                  connection='sqlite:///heat.sqlite')
        self.assertEqual((0, ''), (result.returncode, result.stderr))
        self.assertIn(r'\u540d ', result.stdout)

    def test_log_file_that_can_not_be_written(self):
        self.assertEqual(
            'heat-manage: /absent/log: No such file or directory\n',
            self.assert_refused('--log-file', '/absent/log', 'db_version'))

    def test_config_file_that_can_not_be_read(self):
        self.assertIn('absent.conf', self.assert_refused(
            '--config-file', 'absent.conf', 'db_sync'))
        self.write('broken.conf', 'no section = 1\n')
        self.assertIn('broken.conf', self.assert_refused(
            '--config-file', 'broken.conf', 'db_sync'))
