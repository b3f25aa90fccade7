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

"""Properties and attributes of resources through heat.db.api."""

from heat.db import api
from heat.db import exception
from heat.tests import base

DATA = {'name': '\U0001f600', 'list': [1, None, {'a': 1.5}], 'x': 'y' * 70000}
ENCRYPTED = {'a': ['cryptography_decrypt_v1', 'gAAAAABx']}


class ResourcePropertiesDataTest(base.APITestCase):

    def create(self, **values):
        return api.resource_prop_data_create(self.context, values)

    def change(self, rpd_id, **values):
        return api.resource_prop_data_create_or_update(
            self.context, values, rpd_id)

    def get(self, rpd_id):
        return api.resource_prop_data_get(self.context, rpd_id)

    def stored(self):
        return self.select('SELECT id FROM resource_properties_data '
                           'ORDER BY id')

    def test_create_and_get(self):
        created = self.create(data=DATA, encrypted=False)
        for row in (created, self.get(created.id)):
            self.assertEqual((DATA, False), (row.data, row['encrypted']))
            self.assertIsNone(row.updated_at)

    def test_stay_as_they_are(self):
        row = self.get(self.create(data=ENCRYPTED, encrypted=True).id)
        self.assertEqual((ENCRYPTED, True), (row.data, row.encrypted))

    def test_nothing(self):
        row = self.get(self.create(data=None).id)
        self.assertEqual((None, None), (row.data, row.encrypted))

    def test_always_a_new_row(self):
        ids = [self.create(data=DATA).id, self.create(data=DATA).id,
               self.change(None, data=DATA).id]
        self.assertEqual(sorted(set(ids)), sorted(ids))
        self.assertEqual([(rpd_id,) for rpd_id in ids], self.stored())

    def test_change(self):
        created = self.create(data=DATA, encrypted=False)
        other = self.create(data=DATA)
        changed = self.change(created.id, data=ENCRYPTED, encrypted=True)
        for row in (changed, self.get(created.id)):
            self.assertEqual(created.id, row.id)
            self.assertEqual((ENCRYPTED, True), (row.data, row.encrypted))
            self.assertEqual(created.created_at, row.created_at)
            self.assertIsNotNone(row.updated_at)
        self.assertEqual(DATA, self.get(other.id).data)

    def test_nothing_to_change(self):
        created = self.create(data=DATA, encrypted=False)
        with base.recorded_statements(self.engine) as statements:
            row = self.change(created.id, data=DATA, encrypted=False)
        self.assertEqual(['SELECT'], [statement.split()[0]
                                      for statement in statements])
        self.assertIsNone(row.updated_at)

    def test_new_if_there_is_none(self):
        created = self.create(data=None)
        for rpd_id in (123456, '%d' % created.id, float(created.id)):
            row = self.change(rpd_id, data=DATA, encrypted=False)
            self.assertNotIn(row.id, (created.id, rpd_id))
            self.assertEqual(DATA, self.get(row.id).data)
        self.assertIsNone(self.get(created.id).data)

    def test_absent(self):
        for rpd_id in (123, None, '1'):
            self.assertRaises(exception.NotFound, self.get, rpd_id)

    def test_refused(self):
        created = self.create(data=DATA)
        before = self.stored()
        for values, keys in (
                ({'data': {1: 2}}, ['data']),
                ({'data': float('nan')}, ['data']),
                ({'encrypted': 1}, ['encrypted']),
                ({'dat': {}, 'secret': 1}, ['dat', 'secret'])):
            for function, args in (
                    (api.resource_prop_data_create, ()),
                    (api.resource_prop_data_create_or_update, ()),
                    (api.resource_prop_data_create_or_update,
                     (created.id,))):
                error = self.assertRaises(exception.InvalidValues, function,
                                          self.context, values, *args)
                self.assertEqual(keys, error.keys)
        self.assertEqual(before, self.stored())
        self.assertEqual(DATA, self.get(created.id).data)
