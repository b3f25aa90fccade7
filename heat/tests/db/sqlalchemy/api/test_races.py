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

import json
import os
import subprocess
import sys

from testtools import content

from heat.db import api
from heat.tests import base
from heat.tests import history
from heat.tests import writer

WRITERS = 16
CALLS = 20
# For how long each race goes on, if that is not over sooner.
SECONDS = float(os.environ.get('HEAT_TEST_RACE_SECONDS', '0'))


class RaceTest(base.APITestCase):

    def setUp(self):
        super().setUp()
        self.stack_id = self.create_stack().id
        self.parameters = {
            'writers': WRITERS, 'stack_id': self.stack_id, 'tenant': 'tenant',
            'traversal': None, 'calls': CALLS, 'seconds': SECONDS}

    def test_threads(self):
        self.assert_possible(writer.race_in_threads(**self.parameters))

    def test_processes(self):
        url = self.engine.url.render_as_string(hide_password=False)
        race = subprocess.run(
            [sys.executable, '-m', 'heat.tests.writer'],
            input=json.dumps(self.parameters), text=True, capture_output=True,
            env={**os.environ, 'OS_DATABASE__CONNECTION': url})
        self.assertEqual(0, race.returncode, race.stderr)
        self.assert_possible(history.load(race.stdout))

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
