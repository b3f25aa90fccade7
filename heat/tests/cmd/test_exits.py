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

"""What every command does with what is wrong: its status, and one line."""

import os
import signal
import socket

import testtools

from heat.cmd import exits
from heat.cmd import manage
from heat.tests import base
from heat.tests.cmd import command
from heat.tests import databases

STACK = '11111111-1111-4111-8111-111111111111'

# What each command needs besides its name.
ARGUMENTS = {
    'migrate_convergence_1': (STACK,),
    'update_params': ('rotate',),
    'service': ('list',),
    'resource_data_list': ('1',),
    'stack_status': (STACK,),
    'reset_stack_status': (STACK, '--yes'),
}
COMMANDS = {name: (name, *ARGUMENTS.get(name, ())) for name in (
    module.__name__.rpartition('.')[2] for module in manage.COMMANDS)}

# They work at every version; the others need the newest.
OF_SCHEMA = ('db_sync', 'db_version', 'db_check')


class ExitsTestCase(command.CommandTestCase):

    scenarios = [(name, {**values, 'argv': argv})
                 for _driver, values in base.DBTestCase.scenarios[:1]
                 for name, argv in COMMANDS.items()]


class WrongTest(ExitsTestCase):

    def test_unknown_option(self):
        result = self.run_command(*self.argv, '--no-such-option')
        self.assertEqual((2, ''), (result.status, result.stdout))
        self.assertRegex(result.stderr, r'\Ausage: heat-manage ')
        self.assertRegex(
            result.stderr, r'\nheat-manage[a-z_ ]*: error: [^\n]*'
            r'--no-such-option\n\Z')

    def test_no_database(self):
        line = self.assert_refused(
            *self.argv, before=command.forget_engine,
            OS_DATABASE__CONNECTION=(
                'mysql+pymysql://heat:secret@127.0.0.1:1/heat'))
        self.assertIn('can not connect to mysql+pymysql://heat:***@', line)

    def test_interrupted(self):
        """While it waits for a server that says nothing."""
        def before():
            command.forget_engine()
            signal.signal(signal.SIGINT, signal.default_int_handler)

        with socket.create_server(('127.0.0.1', 0)) as server:
            server.settimeout(60)
            process = self.start(
                *self.argv, before=before, OS_DATABASE__CONNECTION=(
                    'mysql+pymysql://heat@%s:%d/heat' % server.getsockname()))
            with server.accept()[0]:
                process.signal(signal.SIGINT)
                result = self.result(process)
        self.assertEqual((exits.INTERRUPTED, ''),
                         (result.status, result.stdout))
        self.assertRegex(result.stderr,
                         r'\Aheat-manage: interrupted; [^\n]+\n\Z')


class MissingFileTest(ExitsTestCase):
    """Only db_sync that changes something makes a file of SQLite."""

    scenarios = [(name, values) for name, values in ExitsTestCase.scenarios
                 if name != 'db_sync'] + [
        (option, {**ExitsTestCase.scenarios[0][1],
                  'argv': ('db_sync', option)})
        for option in ('--check', '--dry-run', '--sql')]

    def test_no_file_is_made(self):
        path = os.path.join(self.directory, 'heta.sqlite')
        for database in path, 'file:%s?uri=true' % path:
            line = self.assert_refused(
                *self.argv, before=command.forget_engine,
                OS_DATABASE__CONNECTION='sqlite:///' + database)
            self.assertRegex(line, 'heta.sqlite: there is no such file .*'
                             'let heat-manage db_sync make it$')
            self.assertFalse(os.path.exists(path))


class OldDatabaseTest(ExitsTestCase):

    FIXTURE = base.EmptyDatabase
    scenarios = [(name, values) for name, values in ExitsTestCase.scenarios
                 if name not in OF_SCHEMA]

    def test_database_below_the_newest_version(self):
        databases.load(self.engine, '080')
        line = self.assert_refused(*self.argv)
        self.assertIn('at version 80', line)
        self.assertIn('run heat-manage db_sync first', line)


class TableTest(testtools.TestCase):

    def test_every_status_has_a_meaning(self):
        statuses = {value for name, value in vars(exits).items()
                    if name.isupper() and isinstance(value, int)}
        self.assertEqual(statuses, set(exits.MEANINGS))
