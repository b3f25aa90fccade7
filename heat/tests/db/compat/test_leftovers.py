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

"""Tests of what the face for Heat's engines leaves behind."""

from heat.db import api
from heat.db import compat
from heat.tests import base

FIRST = '11111111-1111-4111-8111-111111111111'
SECOND = '22222222-2222-4222-8222-222222222222'
THIRD = '33333333-3333-4333-8333-333333333333'


class TemplateTest(base.APITestCase):

    def setUp(self):
        super().setUp()
        self.before = self.create_template().id
        self.stack_id = self.create_stack(
            raw_template_id=self.before, current_traversal=SECOND).id

    def templates(self):
        return {id for id, in self.select('SELECT id FROM raw_template')}

    def lose(self, **values):
        """Write, as one that has read another traversal, a new template."""
        template_id = self.create_template().id
        self.assertIs(False, compat.stack_update(
            self.context, self.stack_id,
            {'raw_template_id': template_id, 'action': 'UPDATE',
             'current_traversal': THIRD, **values}, FIRST))
        return template_id

    def test_it_goes_with_a_lost_start(self):
        self.lose()
        self.assertEqual({self.before}, self.templates())

    def test_it_stays_with_a_lost_write_of_a_traversal_that_has_begun(self):
        # A resource that is worked on may be about to get it.
        template_id = self.lose(current_traversal=FIRST)
        self.assertEqual({self.before, template_id}, self.templates())

    def test_it_stays_with_a_lost_end(self):
        template_id = self.lose(current_traversal='')
        self.assertEqual({self.before, template_id}, self.templates())

    def test_it_stays_with_a_lost_rollback(self):
        template_id = self.lose(action='ROLLBACK')
        self.assertEqual({self.before, template_id}, self.templates())

    def test_one_in_use_stays_with_a_lost_start(self):
        self.lose(raw_template_id=self.before)
        self.assertIn(self.before, self.templates())

    def test_to_delete_one_in_use_is_no_error(self):
        self.assertIsNone(
            compat.raw_template_delete(self.context, self.before))
        self.assertEqual({self.before}, self.templates())


class SyncPointTest(base.APITestCase):

    def test_those_of_all_traversals_go_with_their_stack(self):
        stack_ids = [self.create_stack(
            name=name, current_traversal=SECOND).id for name in ('a', 'b')]
        for stack_id in stack_ids:
            for traversal in (FIRST, SECOND):
                api.sync_point_create(self.context, {
                    'entity_id': stack_id, 'traversal_id': traversal,
                    'is_update': True, 'atomic_key': 0, 'input_data': {},
                    'stack_id': stack_id})
        compat.stack_delete(self.context, stack_ids[0])
        self.assertEqual([(stack_ids[1],)] * 2, self.select(
            'SELECT stack_id FROM sync_point'))
