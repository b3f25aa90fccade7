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

"""tools/galera-race.py checks a saved history."""

import json
import os
import subprocess
import sys

import fixtures
import testtools

import heat
from heat.tests import history

TOOL = os.path.join(os.path.dirname(os.path.dirname(heat.__file__)),
                    'tools', 'galera-race.py')
X = history.Operation(writer='1', start=0, end=10, expected=None, new='X',
                      value='x', outcome='ok')
FORK = history.Operation(writer='2', start=5, end=15, expected=None, new='Y',
                         value='y', outcome='ok')


class CheckTest(testtools.TestCase):

    def check(self, *rounds):
        """Return the exit status and what is printed."""
        path = os.path.join(self.useFixture(fixtures.TempDir()).path, 'file')
        with open(path, 'w') as file:
            for operations, ends in rounds:
                file.write(json.dumps({'round': 'none', 'ends': ends}) + '\n' +
                           history.dump(operations))
        tool = subprocess.run([sys.executable, TOOL, '--check', path],
                              capture_output=True, text=True)
        return tool.returncode, tool.stdout

    def test_possible(self):
        self.assertEqual(
            (0, '2 rounds, 2 operations, 0 of unknown outcome, '
             '0 violations\n'),
            self.check(*2 * [([X], 3 * [['X', 'x']])]))

    def test_fork(self):
        status, printed = self.check(([X], 3 * [['X', 'x']]),
                                     ([X, FORK], 3 * [['X', 'x']]))
        self.assertEqual(1, status)
        self.assertIn('VIOLATION: fork: ', printed)

    def test_nodes_that_do_not_agree(self):
        status, printed = self.check(([X], [['X', 'x'], [None, None]]))
        self.assertEqual(1, status)
        self.assertIn('VIOLATION: nodes: ', printed)
