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

"""What the tests run in place of a command does the same."""

import subprocess

import fixtures
import testtools

from heat.tests import commands


class CommandsTest(testtools.TestCase):

    def assert_alike(self, name, *args, connection=None):
        results = []
        for run in self.run_script, commands.run:
            directory = self.useFixture(fixtures.TempDir()).path
            done = run(name, args, connection, directory)
            results.append([text if isinstance(text, int) else
                            text.replace(directory, 'DIRECTORY') for text in (
                                done.returncode, done.stdout, done.stderr)])
        self.assertEqual(*results)
        return results[0]

    def run_script(self, name, args, connection, directory):
        return subprocess.run(
            (commands.script(name), *args), cwd=directory, text=True,
            env=commands.clean_environment(connection), capture_output=True)

    def test_done(self):
        self.assertEqual(
            [0, '45\n', 'No [database] connection is configured: using '
             'DIRECTORY/heat.sqlite\n'],
            self.assert_alike('heat-manage', 'db_version'))

    def test_refused(self):
        self.assertEqual(1, self.assert_alike(
            'heat-manage', 'db_sync', '54', connection='nonsense')[0])

    def test_makes_no_sense(self):
        for name in ('heat-manage', 'heat-status'):
            self.assertEqual(2, self.assert_alike(name, 'nonsense')[0])

    def test_help(self):
        self.assertEqual(0, self.assert_alike('heat-manage', '--help')[0])

    def test_status(self):
        self.assertEqual(2, self.assert_alike(
            'heat-status', 'upgrade', 'check')[0])

    def test_traceback(self):
        status, stdout, stderr = self.assert_alike(
            'heat-status', '--debug', 'upgrade', 'check',
            connection='nonsense')
        self.assertEqual(255, status)
