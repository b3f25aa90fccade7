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

"""What the audit of real engines takes for a violation."""

import json
import pathlib
import sys

import testtools

import heat

TOOLS = pathlib.Path(heat.__file__).parent.parent / 'tools'
DEPS = json.dumps({'edges': [[[1, True], [2, True]], [[2, True], None]]})
ALL = json.dumps({'input_data': {'tuple:(1, True)': 'x'}})


class AuditTest(testtools.TestCase):

    WRITE = {'stack_id': 's', 'old_traversal': 'a', 'traversal': 'a',
             'old_state': 'CREATE IN_PROGRESS', 'state': 'CREATE IN_PROGRESS',
             'old_template': 1, 'template': 1, 'deps_changed': False,
             'deps': None, 'inputs': None}
    BEGIN_B = {'traversal': 'b', 'template': 2}
    IN_B = {'old_traversal': 'b', 'traversal': 'b', 'old_template': 2,
            'template': 2}
    COMPLETE = {'state': 'CREATE COMPLETE', 'deps': DEPS}

    scenarios = [(name, {'writes': writes, 'expected': expected})
                 for name, expected, writes in (
        ('a traversal', None, [{'deps_changed': True},
                               {**COMPLETE, 'inputs': ALL}]),
        ('two of them', None, [BEGIN_B, {**IN_B, 'deps_changed': True},
                               {**IN_B, **COMPLETE, 'inputs': ALL}]),
        ('one comes back', 'is there again', [
            BEGIN_B, {'old_traversal': 'b', 'traversal': 'a'}]),
        ('another template', 'has template', [{'template': 2}]),
        ('other edges', 'other edges', [
            {'deps_changed': True}, {'deps_changed': True}]),
        ('it goes on', 'CREATE FAILED after', [
            {**COMPLETE, 'inputs': ALL},
            {'old_state': 'CREATE COMPLETE', 'state': 'CREATE FAILED'}]),
        ('too early', 'before all was done', [COMPLETE]),
        ('unseen', 'not in the audit', [{}, IN_B]))]

    def test_violations(self):
        sys.path.insert(0, str(TOOLS))
        self.addCleanup(sys.path.remove, str(TOOLS))
        from live import audit
        found = audit.find_violations(
            [audit.Write(**{**self.WRITE, **write}) for write in self.writes])
        self.assertEqual(self.expected is not None, bool(found), found)
        for line in found:
            self.assertIn(self.expected, line)
