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

"""The examples run, as users run them, and print what the README shows."""

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


def run(**environment):
    """Run the example and return what it prints."""
    inherited = {name: value for name, value in os.environ.items()
                 if not name.startswith('OS_DATABASE__')}
    return subprocess.run(
        [sys.executable, os.path.join(EXAMPLES, 'old_and_new_traversal.py')],
        env={**inherited, **environment}, text=True, timeout=60,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout


class DefaultDatabaseTest(testtools.TestCase):

    def test_needs_nothing(self):
        self.assertThat(run(), MATCHES)


class NamedDatabaseTest(base.APITestCase):

    def test_works_on_every_engine(self):
        output = run(OS_DATABASE__CONNECTION=self.engine.url
                     .render_as_string(hide_password=False))
        self.assertThat(output, MATCHES)
        traversal = re.search(UUID + '(?= starts)', output).group()
        self.assertEqual([(traversal,)], self.select(
            'SELECT current_traversal FROM stack'))
