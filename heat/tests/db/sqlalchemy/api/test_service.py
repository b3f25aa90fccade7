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

"""Services through heat.db.api."""

import datetime

from heat.db import api
from heat.db import exception
from heat.tests import base

THEN = datetime.datetime(2015, 1, 1)


class ServiceTest(base.APITestCase):

    def create(self, **values):
        return api.service_create(self.context, {
            'engine_id': 'engine', 'host': 'Host', 'hostname': 'Hostname',
            'binary': 'heat-engine', 'topic': 'topic', 'report_interval': 60,
            **values})

    def ids(self, services):
        return [service.id for service in services]

    def test_create_and_get(self):
        created = self.create()
        found = api.service_get(self.context, created.id)
        self.assertEqual(dict(created), dict(found))
        self.assertEqual('Host', found['host'])
        self.assertIsNone(found.deleted_at)

    def test_absent(self):
        for function, args in ((api.service_get, ()),
                               (api.service_update, ({},)),
                               (api.service_update, ({'host': 'new'},)),
                               (api.service_delete, ()),
                               (api.service_delete, (False,))):
            error = self.assertRaises(exception.NotFound, function,
                                      self.context, 'absent', *args)
            self.assertIn('service absent', str(error))

    def test_update_says_when(self):
        service_id = self.create(updated_at=THEN).id
        values = {'report_interval': 5, 'updated_at': THEN}
        updated = api.service_update(self.context, service_id, values)
        self.assertEqual({'report_interval': 5, 'updated_at': THEN}, values)
        self.assertEqual(5, updated.report_interval)
        self.assertGreater(updated.updated_at, THEN)
        self.assertEqual(dict(updated),
                         dict(api.service_get(self.context, service_id)))

    def test_soft_deleted(self):
        service_id = self.create().id
        self.assertIsNone(api.service_delete(self.context, service_id))
        self.assertEqual([], api.service_get_all(self.context))
        found = api.service_get(self.context, service_id)
        self.assertIsInstance(found.deleted_at, datetime.datetime)

    def test_a_report_revives(self):
        service_id = self.create(deleted_at=THEN).id
        self.assertEqual([], api.service_get_all(self.context))
        self.assertIsNone(api.service_update(
            self.context, service_id, {'deleted_at': None}).deleted_at)
        self.assertEqual([service_id],
                         self.ids(api.service_get_all(self.context)))

    def test_deleted(self):
        service_id = self.create(deleted_at=THEN).id
        self.assertIsNone(api.service_delete(self.context, service_id, False))
        self.assertEqual([], self.select('SELECT id FROM service'))

    def test_all_by_args(self):
        first = self.create(created_at=THEN, deleted_at=THEN).id
        second = self.create().id
        for values in ({'host': 'host'}, {'binary': 'heat-engine '},
                       {'hostname': 'other'}):
            self.create(**values)
        self.assertEqual([first, second], self.ids(
            api.service_get_all_by_args(self.context, 'Host', 'heat-engine',
                                        'Hostname')))

    def test_fixed(self):
        service_id = self.create().id
        for key, value in (('id', 'other'), ('created_at', THEN)):
            error = self.assertRaises(
                exception.InvalidValues, api.service_update, self.context,
                service_id, {key: value, 'host': 'new'})
            self.assertEqual([key], error.keys)
        self.assertEqual(
            'Host', api.service_get(self.context, service_id).host)
