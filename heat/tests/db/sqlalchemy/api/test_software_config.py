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

"""Software configurations through heat.db.api."""

import datetime

from heat.common import context
from heat.db import api
from heat.db import exception
from heat.tests import base

DAYS = [datetime.datetime(2015, 1, day) for day in (1, 2, 3)]


class SoftwareConfigTest(base.APITestCase):

    def setUp(self):
        super().setUp()
        self.other = context.RequestContext(tenant_id='other')
        self.admin = context.RequestContext(tenant_id='other', is_admin=True)

    def create(self, **values):
        return api.software_config_create(self.context, {
            'tenant': 'tenant', **values})

    def ids(self, context=None, **kwargs):
        return [config.id for config in api.software_config_get_all(
            context or self.context, **kwargs)]

    def test_create_and_get(self):
        created = self.create(name='name', group='script', config={'a': [1]})
        found = api.software_config_get(self.context, created.id)
        self.assertEqual(dict(created), dict(found))
        self.assertEqual({'a': [1]}, found['config'])

    def test_of_other_tenants(self):
        config_id = self.create().id
        for function in (api.software_config_get, api.software_config_delete):
            error = self.assertRaises(exception.NotFound, function,
                                      self.other, config_id)
            self.assertIn('software config ' + config_id, str(error))
        self.assertEqual([], self.ids(self.other))
        self.assertEqual(0, api.software_config_count_all(self.other))
        self.assertRaises(exception.InvalidValues,
                          api.software_config_create, self.other,
                          {'tenant': 'tenant'})

    def test_administrators_see_all(self):
        config_id = self.create().id
        self.assertEqual(config_id, api.software_config_get(
            self.admin, config_id).id)
        self.assertEqual([config_id], self.ids(self.admin))
        self.assertEqual(1, api.software_config_count_all(self.admin))
        api.software_config_delete(self.admin, config_id)
        self.assertEqual(0, api.software_config_count_all(self.admin))

    def test_pages(self):
        for number, day in enumerate(DAYS + DAYS):
            self.create(id='config-%d' % number, created_at=day)
        expected = ['config-%d' % number for number in (5, 2, 4, 1, 3, 0)]
        self.assertEqual(expected, self.ids())
        self.assertEqual(6, api.software_config_count_all(self.context))
        for limit in (1, 2, 4, 6):
            found = []
            while page := self.ids(limit=limit,
                                   marker=found[-1] if found else None):
                self.assertLessEqual(len(page), limit)
                found += page
            self.assertEqual(expected, found)
        self.assertEqual([], self.ids(limit=0))
        # What is no marker, for this tenant, is the first page.
        self.assertEqual(expected, self.ids(marker='absent'))
        api.software_config_create(self.other, {'tenant': 'other', 'id': 'b'})
        self.assertEqual(expected, self.ids(marker='b'))

    def test_delete(self):
        config_id = self.create().id
        self.assertIsNone(api.software_config_delete(self.context, config_id))
        self.assertRaises(exception.NotFound, api.software_config_get,
                          self.context, config_id)

    def test_delete_of_what_is_deployed(self):
        config_id = self.create().id
        api.software_deployment_create(self.context, {
            'config_id': config_id, 'tenant': 'tenant', 'server_id': 'a'})
        # The database decides, not what was read before.
        with base.recorded_statements(self.engine) as statements:
            error = self.assertRaises(
                exception.InUse, api.software_config_delete, self.context,
                config_id)
        self.assertIn(config_id, str(error))
        self.assertEqual(1, len(statements))
        self.assertEqual([config_id], self.ids())
