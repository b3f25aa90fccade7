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

"""What db_orphans counts."""

from heat.db import api
from heat.db import exception
from heat.tests import base

TRAVERSAL = '11111111-1111-4111-8111-111111111111'
OTHER = '22222222-2222-4222-8222-222222222222'


class OrphansTest(base.APITestCase):

    def orphans(self, most=10, examined=100):
        return {table: number for table, number in api.db_orphans(
            self.engine, most, examined).items() if number}

    def test_what_others_name(self):
        files = api.raw_template_files_create(self.context, {'files': {}})
        named = [self.create_template(files_id=files.id).id
                 for _number in range(3)]
        creds = api.user_creds_create(self.context)
        stack = self.create_stack(
            raw_template_id=named[0], prev_raw_template_id=named[1],
            user_creds_id=creds['id'], current_traversal=TRAVERSAL)
        self.create_resource(
            stack_id=stack.id, current_template_id=named[2],
            rsrc_prop_data_id=self.create_properties(a=1),
            attr_data_id=self.create_properties(b=1))
        api.event_create(self.context, {
            'stack_id': stack.id,
            'rsrc_prop_data_id': self.create_properties(c=1)})
        self.create_sync_point(stack, TRAVERSAL)
        self.assertEqual({}, self.orphans())

    def create_sync_point(self, stack, traversal):
        api.sync_point_create(self.context, {
            'entity_id': stack.id, 'traversal_id': traversal,
            'is_update': True, 'atomic_key': 0, 'stack_id': stack.id})

    def test_what_nothing_names(self):
        self.create_template()
        api.raw_template_files_create(self.context, {'files': {}})
        self.create_properties(a=1)
        api.user_creds_create(self.context)
        stack = self.create_stack(current_traversal=TRAVERSAL)
        self.create_sync_point(stack, OTHER)
        self.assertEqual({
            'raw_template': 1, 'raw_template_files': 1, 'user_creds': 1,
            'resource_properties_data': 1, 'sync_point': 1}, self.orphans())

    def test_limits(self):
        for _number in range(5):
            self.create_template()
        self.assertEqual({'raw_template': 5}, self.orphans())
        self.assertEqual({'raw_template': 2}, self.orphans(most=2))
        self.assertEqual({'raw_template': 3}, self.orphans(examined=3))

    def test_cost(self):
        with base.recorded_statements(self.engine) as statements:
            tables = api.db_orphans(self.engine, 10, 100)
        self.assertEqual(len(tables), sum(
            'NOT (EXISTS' in statement for statement in statements))

    def test_what_is_no_engine(self):
        self.assertRaisesRegex(exception.MigrationError, 'is no Engine',
                               api.db_orphans, 'sqlite://', 1, 1)


class LostParentsTest(base.APITestCase):
    """Foreign keys are not always there, nor always checked."""

    OFF = {'sqlite': 'PRAGMA foreign_keys = OFF',
           'mysql': 'SET foreign_key_checks = 0'}
    ON = {'sqlite': 'PRAGMA foreign_keys = ON',
          'mysql': 'SET foreign_key_checks = 1'}

    @base.only_on('sqlite', 'mysql')
    def test_rows_of_what_is_gone(self):
        resource = self.create_resource()
        api.resource_data_set(self.context, resource.id, 'key', 'value')
        api.event_create(self.context, {'stack_id': resource.stack_id})
        self.assertEqual(0, api.db_orphans(self.engine, 9, 9)['event'])
        with self.engine.connect() as conn:
            # SQLite does not listen within a transaction.
            cursor = conn.connection.cursor()
            for statement in (self.OFF[self.driver], 'DELETE FROM resource',
                              'DELETE FROM stack'):
                cursor.execute(statement)
            conn.connection.commit()
            cursor.execute(self.ON[self.driver])
        counts = api.db_orphans(self.engine, 9, 9)
        self.assertEqual(
            {'resource_data': 1, 'event': 1, 'raw_template': 1},
            {table: number for table, number in counts.items() if number})
