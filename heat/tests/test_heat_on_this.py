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

import heat
from heat.tests import base

SCRIPT = os.path.join(os.path.dirname(os.path.dirname(heat.__file__)),
                      'tools', 'heat-on-this.sh')


class HeatOnThisTest(base.DBTestCase):

    scenarios = testscenarios.multiply_scenarios(
        base.DBTestCase.scenarios,
        [(what, {'what': what}) for what in ('database', 'convergence')])

    def test_only_those_fail_that_are_listed(self):
        # In memory, SQLite is there for one process.
        options = [] if self.driver == 'sqlite' else [
            '--connection',
            self.engine.url.render_as_string(hide_password=False)]
        result = subprocess.run([SCRIPT, *options, self.what],
                                capture_output=True, text=True)
        self.assertEqual(0, result.returncode, result.stdout + result.stderr)
