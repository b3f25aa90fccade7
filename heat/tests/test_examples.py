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

"""The examples run, as users run them, and print what they promise."""

import os
import re
import subprocess
import sys

import testtools
from testtools import matchers

import heat
from heat.tests import base

EXAMPLES = os.path.join(os.path.dirname(os.path.dirname(heat.__file__)),
                        'examples')
UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'
MATCHES = matchers.MatchesRegex('''\
worker 1 works for traversal (UUID)
worker 2 works for traversal \\1
traversal (?!\\1)(UUID) starts
worker 1 is stopped by traversal \\2
worker 2 is stopped by traversal \\2
the stack is in traversal \\2: update starts
'''.replace('UUID', UUID) + r'\Z')


CONVERGENCE = """\
traversal UUID starts: CREATE
[0-9]+ resources are complete: not yet those of the template
the stack is CREATE IN_PROGRESS
traversal UUID starts: UPDATE
30 resources are complete: exactly those of the template
the stack is UPDATE COMPLETE
traversal UUID starts: DELETE
0 resources are complete: exactly those of the template
the stack is gone
""".replace('UUID', UUID)
# What the engines of a graph of 30 can not do without.
OUTCOMES = {'created', 'deleted', 'kept', 'handed out again, as engines died'}


def run(name, *arguments, **environment):
    """Run an example and return what it prints."""
    inherited = {name: value for name, value in os.environ.items()
                 if not name.startswith('OS_DATABASE__')}
    return subprocess.run(
        [sys.executable, os.path.join(EXAMPLES, name), *arguments],
        env={**inherited, **environment}, text=True, timeout=300,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout


class DefaultDatabaseTest(testtools.TestCase):

    def test_needs_nothing(self):
        self.assertThat(run('old_and_new_traversal.py'), MATCHES)


class NamedDatabaseTest(base.APITestCase):

    def run_example(self, *args):
        return run(*args, OS_DATABASE__CONNECTION=self.engine.url
                   .render_as_string(hide_password=False))

    def test_works_on_every_engine(self):
        output = self.run_example('old_and_new_traversal.py')
        self.assertThat(output, MATCHES)
        traversal = re.search(UUID + '(?= starts)', output).group()
        self.assertEqual([(traversal,)], self.select(
            'SELECT current_traversal FROM stack'))

    def test_convergence(self):
        output = self.run_example('convergence.py', '30')
        lines = output.splitlines(keepends=True)
        self.assertThat(''.join(lines[:9]), matchers.MatchesRegex(
            CONVERGENCE + r'\Z'), output)
        self.assertLessEqual(OUTCOMES, {
            line.strip().split(' nodes were ')[1] for line in lines[9:]})
        # Nothing is left, of no traversal.
        for table in ('sync_point', 'resource'):
            self.assertEqual([(0,)], self.select(
                'SELECT count(*) FROM %s' % table))
        self.assertEqual([(1,)], self.select(
            'SELECT count(*) FROM stack WHERE deleted_at IS NOT NULL'))
