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

"""Where the log of a command goes, and what is told besides."""

import os

from heat.tests.cmd import test_manage

STATUS = os.path.join(os.path.dirname(test_manage.HEAT_MANAGE), 'heat-status')


class LogsTestCase(test_manage.ManageTestCase):

    def configure(self, *lines):
        return '--config-file', self.write('heat.conf', '\n'.join(lines))

    def run_configured(self, *argv, **options):
        return self.run_command(*self.configure(*self.LINES), *argv, **options)


class NoLogTest(LogsTestCase):
    """The log of the configuration is another user's, or is not there."""

    LINES = '[DEFAULT]', 'log_dir = /absent'
    TOLD = r'no log is written: [^\n]+/absent[^\n]+\n'

    def test_heat_manage(self):
        result = self.run_configured('db_version', connection='sqlite://')
        self.assertEqual((0, '45\n'), (result.returncode, result.stdout))
        self.assertRegex(result.stderr, r'\Aheat-manage: %s\Z' % self.TOLD)

    def test_heat_status(self):
        result = self.run_configured('upgrade', 'check', executable=STATUS,
                                     connection='sqlite://')
        self.assertEqual(2, result.returncode)
        self.assertIn('The database is at version 45.', result.stdout)
        self.assertRegex(result.stderr, r'\Aheat-status: %s\Z' % self.TOLD)

    def test_what_it_tells(self):
        """It is on stderr, as without a log."""
        connection = 'sqlite:///heat.sqlite'
        self.run_command('db_sync', connection=connection)
        result = self.run_configured('--debug', 'update_params', 'rotate',
                                     connection=connection)
        self.assertEqual(0, result.returncode)
        self.assertRegex(result.stderr, r'\Aheat-manage: %s' % self.TOLD)


class NoLogConfigurationTest(NoLogTest):

    LINES = '[DEFAULT]', 'log_config_append = /absent/logging.conf'


class WaitingTest(LogsTestCase):
    """The log is in a file, and the database does not answer."""

    LINES = ('[DEFAULT]', 'log_file = log', '[database]', 'max_retries = 3',
             'retry_interval = 0',
             'connection = mysql+pymysql://heat:%s@127.0.0.1:1/heat' %
             test_manage.PASSWORD)

    def test_it_is_told_once(self):
        result = self.run_configured('db_version')
        self.assertEqual((1, ''), (result.returncode, result.stdout))
        first, last = result.stderr.splitlines()
        self.assertRegex(
            first, r'\Aheat-manage: mysql\+pymysql://heat:\*\*\*@127.0.0.1:1/'
            r"heat does not answer: Can't connect [^;]+; it is asked again, ")
        self.assertIn('can not connect to ', last)
        with open(os.path.join(self.directory, 'log')) as log:
            text = log.read()
        self.assertEqual(2, text.count('does not answer'))
        self.assertNotIn(test_manage.PASSWORD, text + result.stderr)
