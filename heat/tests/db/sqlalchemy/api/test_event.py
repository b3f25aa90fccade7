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

"""Events through heat.db.api: stored and found."""

from oslo_db import exception as db_exception

from heat.db import api
from heat.db import exception
from heat.tests import at
from heat.tests import base

UUID = '11111111-1111-4111-8111-111111111111'


class EventTestCase(base.APITestCase):

    def setUp(self):
        super().setUp()
        self.stack_id = self.create_stack().id

    def create(self, name=None, stack_id=None, **values):
        return api.event_create(at.request(), {
            'stack_id': stack_id or self.stack_id, 'resource_name': name,
            **values})

    def names(self, stack_id=None):
        return [event.resource_name for event in api.event_get_all_by_stack(
            at.request(), stack_id or self.stack_id,
            sort_keys=['event_time'])]


class EventCreateTest(EventTestCase):

    def test_create_and_get(self):
        data_id = self.create_properties(a=1)
        values = {'stack_id': self.stack_id, 'uuid': UUID,
                  'resource_action': 'CREATE', 'resource_status': 'COMPLETE',
                  'resource_name': 'name', 'physical_resource_id': 'nova',
                  'resource_status_reason': 'state changed',
                  'resource_type': 'OS::Nova::Server',
                  'rsrc_prop_data_id': data_id}
        given = dict(values)
        created = api.event_create(self.context, values)
        self.assertEqual(given, values)
        found, = api.event_get_all_by_stack(self.context, self.stack_id)
        self.assertEqual(dict(created), dict(found))
        self.assertEqual('state changed', found['_resource_status_reason'])
        del given['resource_status_reason']
        self.assertEqual(given, {key: found[key] for key in given})

    def test_reasons(self):
        for given, stored in (('x' * 70000, 'x' * 255), ('', ''), (None, ''),
                              ('\u0159' * 256, '\u0159' * 255)):
            event = self.create(resource_status_reason=given)
            self.assertEqual(stored, event.resource_status_reason)
            self.assertEqual([(stored,)], self.select(
                'SELECT resource_status_reason FROM event WHERE id = %d' %
                event.id))

    def test_refused(self):
        for key, value in (
                ('resource_status_reason', 5),
                ('resource_status_reason', False),
                ('resource_status_reason', 'a\0b'),
                ('resource_status_reason', '\ud800'),
                ('resource_properties', b'pickle'), ('id', 5),
                ('stack_id', 'absent'), ('stack_id', None),
                ('rsrc_prop_data_id', 12345), ('resource_name', 'x' * 256),
                ('rsrc_prop_data', None)):
            error = self.assertRaises(
                exception.InvalidValues, api.event_create, self.context,
                {'stack_id': self.stack_id, key: value})
            self.assertEqual([key], error.keys)
        self.assertEqual([], self.names())

    def test_uuid_that_is_there(self):
        self.create('first', uuid=UUID)
        self.assertRaises(db_exception.DBDuplicateEntry, self.create,
                          'second', uuid=UUID)
        self.assertEqual(['first'], self.names())

    def test_no_uuid(self):
        self.assertIsNone(self.create('a', uuid=None).uuid)
        self.assertEqual(['a'], self.names())
