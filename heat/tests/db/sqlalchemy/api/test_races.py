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

"""Many writers of one stack at once: threads, and processes."""

import os

from testtools import content

from heat.db import api
from heat.tests import base
from heat.tests import crew
from heat.tests import history
from heat.tests import remote

WRITERS = 16
CALLS = 20
# Some of them start a traversal, most write for the one there is.
TRANSITIONS = 0.25
# For how long each race goes on, if that is not over sooner.
SECONDS = float(os.environ.get('HEAT_TEST_RACE_SECONDS', '0'))


class RaceTest(base.APITestCase):

    def test_threads(self):
        self.race([WRITERS])

    def test_processes(self):
        self.race(WRITERS * [1])

    def race(self, crews):
        """Let writers race.

        :param crews: how many threads each process has
        """
        self.stack_id = self.create_stack().id
        crews = [remote.Remote(crew.Writers, self.engine.url, threads,
                               str(number))
                 for number, threads in enumerate(crews)]
        for one in crews:
            self.addCleanup(one.close)
        crew.start(crews, 'stack_update', self.stack_id, None, None,
                   TRANSITIONS, seconds=SECONDS, calls=CALLS)
        self.assert_possible(crew.finish(crews))

    def assert_possible(self, operations):
        """Check a history against what is stored."""
        self.addDetail('race', content.text_content(
            history.summary(operations)))
        stack = api.stack_get(self.context, self.stack_id)
        violations = history.check(
            operations, None, stack.current_traversal, stack.status_reason)
        if violations:
            self.fail('\n'.join(violations))
        self.assert_eventful(operations)

    def assert_eventful(self, operations):
        self.assertGreaterEqual(len(operations), WRITERS * CALLS)
        self.assertEqual(WRITERS, len({o.writer for o in operations}))
        events = {(o.outcome, bool(o.new)) for o in operations}
        for outcome in ('ok', 'conflict'):
            for is_transition in (True, False):
                self.assertIn((outcome, is_transition), events)
