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

"""Tests of a real Heat, with this database layer in place of its own."""

import os
import subprocess

import testscenarios
import testtools

import heat
from heat.tests import base

SCRIPT = os.path.join(os.path.dirname(os.path.dirname(heat.__file__)),
                      'tools', 'heat-on-this.sh')


class HeatOnThisTest(base.DBTestCase):

    scenarios = testscenarios.multiply_scenarios(
        base.DBTestCase.scenarios,
        [(what, {'what': what}) for what in ('database', 'convergence')])
    # These are to go on with any layer; one server is enough.
    scenarios += testscenarios.multiply_scenarios(
        base.DBTestCase.scenarios[:1], [('engine', {'what': 'engine'})])

    def test_only_those_fail_that_are_listed(self):
        # In memory, SQLite is there for one process.
        options = [] if self.driver == 'sqlite' else [
            '--connection',
            self.engine.url.render_as_string(hide_password=False)]
        result = subprocess.run([SCRIPT, *options, self.what],
                                capture_output=True, text=True)
        self.assertEqual(0, result.returncode, result.stdout + result.stderr)


class RefusalTest(testtools.TestCase):
    """What it says at once, before anything is installed."""

    scenarios = [(name, {'words': words, 'expected': expected})
                 for name, words, expected in (
        ('too old', ['--heat', '22.0.1', 'database'],
         '--heat 22.0.1: say a version from 23.0.0 on, such as 24.1.2'),
        ('incomplete', ['--heat=24', 'database'],
         '--heat 24: say a version from 23.0.0 on, such as 24.1.2'),
        ('no live engines', ['--heat', '24.1.2', 'live'],
         'live needs Heat 25 or later: engines of Heat 24.1.2 use eventlet'))]

    def test_one_line_says_why(self):
        result = subprocess.run([SCRIPT, *self.words], capture_output=True,
                                text=True)
        self.assertEqual((1, 'heat-on-this.sh: %s\n' % self.expected),
                         (result.returncode, result.stderr))
