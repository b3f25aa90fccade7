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

"""Several calls in one transaction of the caller."""

from heat.db import api
from heat.db.sqlalchemy.engine import facade
from heat.tests import base


class TransactionTest(base.APITestCase):

    def test_callers_transaction_is_one(self):
        def create_and_fail():
            with facade.context_manager.writer.using(self.context):
                self.create_stack()
                raise KeyError
        self.assertRaises(KeyError, create_and_fail)
        self.assertEqual([], self.select('SELECT id FROM stack'))
        self.assertEqual([], self.select('SELECT id FROM raw_template'))

    def test_read_sees_what_was_written_meanwhile(self):
        stack_id = self.create_stack(name='old').id
        with facade.context_manager.writer.using(self.context) as session:
            # While it is held, the session knows it.
            stack = api.stack_get(self.context, stack_id)
            self.assertEqual('old', stack.name)
            session.connection().exec_driver_sql(
                "UPDATE stack SET name = 'new'")
            self.assertEqual('new',
                             api.stack_get(self.context, stack_id).name)

    def test_key_of_a_deleted_row_is_given_again(self):
        resource_id = self.create_resource(name='this').id
        values = {'entity_id': '1', 'traversal_id': '2', 'is_update': True,
                  'stack_id': self.create_stack().id, 'atomic_key': 0}
        with facade.context_manager.writer.using(self.context):
            # While they are held, the session knows them.
            point = api.sync_point_create(self.context, values)
            data = api.resource_data_set(self.context, resource_id, 'a', '1')
            other = self.create_resource(name='other')
            api.sync_point_delete_all_by_stack_and_traversal(
                self.context, values['stack_id'], '2')
            api.resource_data_delete(self.context, resource_id, 'a')
            api.resource_delete(self.context, other.id)

            self.assertIsNot(
                point, api.sync_point_create(self.context, values))
            self.assertIsNot(data, api.resource_data_set(
                self.context, resource_id, 'a', '2'))
            self.create_resource(name='new')
        self.assertEqual([('1',)], self.select(
            'SELECT entity_id FROM sync_point'))
        self.assertEqual([('2',)], self.select(
            'SELECT value FROM resource_data'))
        self.assertEqual([('new',), ('this',)], self.select(
            'SELECT name FROM resource ORDER BY name'))
