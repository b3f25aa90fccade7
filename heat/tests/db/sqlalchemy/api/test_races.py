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

"""Many writers of one row at once: threads, and processes."""

import os

import testscenarios
from testtools import content

from heat.tests import base
from heat.tests import crew
from heat.tests import history
from heat.tests import remote
from heat.tests import swaps

WRITERS = 16
CALLS = 20
# For how long each race goes on, if that is not over sooner.
SECONDS = float(os.environ.get('HEAT_TEST_RACE_SECONDS', '0'))


class RaceTest(base.APITestCase):

    scenarios = testscenarios.multiply_scenarios(
        base.APITestCase.scenarios,
        [(name, {'name': name, 'swap': swap})
         for name, swap in swaps.SWAPS.items()])

    def test_threads(self):
        self.race([WRITERS])

    def test_processes(self):
        self.race(WRITERS * [1])

    def race(self, crews):
        """Let writers race.

        :param crews: how many threads each process has
        """
        self.row_id = self.swap.create(self.engine.url)
        crews = [remote.Remote(crew.Writers, self.engine.url, threads,
                               str(number))
                 for number, threads in enumerate(crews)]
        for one in crews:
            self.addCleanup(one.close)
        crew.start(crews, self.name, self.row_id, None, None,
                   self.swap.TRANSITIONS, seconds=SECONDS, calls=CALLS)
        self.assert_possible(crew.finish(crews))

    def assert_possible(self, operations):
        """Check a history against what is stored."""
        self.addDetail('race', content.text_content(
            history.summary(operations)))
        stored, = self.select(self.swap.STORED % self.row_id)
        violations = history.check(operations, None, *stored)
        if violations:
            self.fail('\n'.join(violations))
        self.assert_eventful(operations)

    def assert_eventful(self, operations):
        self.assertGreaterEqual(len(operations), WRITERS * CALLS)
        self.assertEqual(WRITERS, len({o.writer for o in operations}))
        events = {(o.outcome, bool(o.new)) for o in operations}
        for outcome in ('ok', 'conflict'):
            for is_transition in {True, self.swap.TRANSITIONS == 1}:
                self.assertIn((outcome, is_transition), events)
