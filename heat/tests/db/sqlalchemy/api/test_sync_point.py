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

import logging

import fixtures
from oslo_db import exception as db_exception

from heat.db import api
from heat.db import exception
from heat.db.sqlalchemy.engine import facade
from heat.tests import base
from heat.tests import proxied

TRAVERSAL = '11111111-1111-4111-8111-111111111111'
OTHER = '22222222-2222-4222-8222-222222222222'
# As Heat's engines store what the nodes (1, True) and (2, True) have sent.
DATA = {'input_data': {'tuple:(1, True)': {'attrs': {'tuple:(\'a\', 0)': 1}},
                       'tuple:(2, True)': None}}


class SyncPointTestCase(base.APITestCase):

    def setUp(self):
        super().setUp()
        self.stack_id = self.create_stack().id

    def create(self, entity_id=7, traversal_id=TRAVERSAL, is_update=True,
               **values):
        return api.sync_point_create(self.context, {
            'entity_id': entity_id, 'traversal_id': traversal_id,
            'is_update': is_update, 'atomic_key': 0, 'input_data': {},
            'stack_id': self.stack_id, **values})

    def get(self, entity_id=7, traversal_id=TRAVERSAL, is_update=True):
        return api.sync_point_get(
            self.context, entity_id, traversal_id, is_update)

    def update(self, atomic_key, input_data, *key):
        return api.sync_point_update_input_data(
            self.context, *(key or (7, TRAVERSAL, True)), atomic_key,
            input_data)

    def stored(self):
        """Return the only one, as it is stored."""
        row, = self.select('SELECT atomic_key, input_data FROM sync_point')
        return row


class CreateTest(SyncPointTestCase):

    def test_create_and_get(self):
        values = {'entity_id': 7, 'traversal_id': TRAVERSAL,
                  'is_update': False, 'atomic_key': 3, 'input_data': DATA,
                  'stack_id': self.stack_id}
        created = api.sync_point_create(self.context, values)
        self.assertEqual(7, values['entity_id'])
        found = self.get(is_update=False)
        for row in (created, found):
            self.assertEqual({**values, 'entity_id': '7'}, {
                name: row[name] for name in values})
        self.assertIsNotNone(found.created_at)
        self.assertIsNone(found.updated_at)

    def test_the_id_of_the_stack(self):
        self.create(self.stack_id)
        self.assertEqual(self.stack_id, self.get(self.stack_id).entity_id)

    def test_there_is_one_already(self):
        self.create()
        for entity_id in (7, '7'):
            self.assertRaises(db_exception.DBDuplicateEntry, self.create,
                              entity_id, atomic_key=1)
        self.assertEqual((0, '{}'), self.stored())

    def test_one_for_each_key(self):
        keys = [(entity_id, traversal_id, is_update) for entity_id in (7, 8)
                for traversal_id in (TRAVERSAL, OTHER)
                for is_update in (True, False)]
        for number, key in enumerate(keys):
            self.create(*key, atomic_key=number)
        self.assertEqual(list(range(len(keys))), [
            self.get(*key).atomic_key for key in keys])

    def test_refused(self):
        for values, keys in (
                ({'entity_id': None}, ['entity_id']),
                ({'entity_id': 1.5}, ['entity_id']),
                ({'entity_id': True}, ['entity_id']),
                ({'entity_id': 'x' * 37}, ['entity_id']),
                ({'traversal_id': None}, ['traversal_id']),
                ({'is_update': 1}, ['is_update']),
                ({'atomic_key': None}, ['atomic_key']),
                ({'stack_id': 'absent'}, ['stack_id']),
                ({'input_data': {1: 2}}, ['input_data']),
                ({'extra_data': {}}, ['extra_data'])):
            error = self.assertRaises(exception.InvalidValues, self.create,
                                      **values)
            self.assertEqual(keys, error.keys)
        error = self.assertRaises(
            exception.InvalidValues, api.sync_point_create, self.context, {})
        self.assertEqual(['atomic_key', 'entity_id', 'is_update', 'stack_id',
                          'traversal_id'], error.keys)
        self.assertEqual([], self.select('SELECT 1 FROM sync_point'))


class GetTest(SyncPointTestCase):

    def test_absent(self):
        self.create('a7')
        for key in (('a8', TRAVERSAL, True), ('a7', OTHER, True),
                    ('a7', TRAVERSAL, False), ('A7', TRAVERSAL, True),
                    ('a7 ', TRAVERSAL, True), ('a7', TRAVERSAL, 1),
                    ('a7', TRAVERSAL, 'True'), (None, None, None)):
            self.assertIsNone(self.get(*key), key)


class UpdateTest(SyncPointTestCase):

    def test_update(self):
        self.create()
        for number, data in enumerate((DATA, {}, None, DATA)):
            self.assertIs(True, self.update(number, data))
            found = self.get()
            self.assertEqual((number + 1, data),
                             (found.atomic_key, found.input_data))
        self.assertIsNotNone(found.updated_at)

    def test_another_was_first(self):
        self.create()
        self.update(0, DATA)
        for atomic_key in (0, 2, -1):
            error = self.assertRaises(exception.SyncPointConflict,
                                      self.update, atomic_key, {})
            self.assertEqual(
                (atomic_key, 1, DATA),
                (error.expected, error.actual, error.input_data))
            self.assertEqual({'entity_id': '7', 'traversal_id': TRAVERSAL,
                              'is_update': True}, error.key)
            self.assertIn('sync point 7 of traversal %s has the atomic_key 1, '
                          'not %d' % (TRAVERSAL, atomic_key), str(error))
            self.assertNotIn('attrs', str(error))
        self.assertEqual(DATA, self.get().input_data)

    def test_no_values_in_the_log(self):
        log = self.useFixture(fixtures.FakeLogger(level=logging.DEBUG))
        self.create(input_data={'input_data': {'a': 'sekret'}})
        self.assertRaises(exception.SyncPointConflict, self.update, 1, {})
        self.assertIn("expected {'atomic_key': 1}, found {'atomic_key': 0}",
                      log.output)
        self.assertNotIn('sekret', log.output)

    def test_absent(self):
        self.create()
        for key in ((8, TRAVERSAL, True), (7, OTHER, True),
                    (7, TRAVERSAL, False)):
            self.assertRaises(exception.NotFound, self.update, 0, DATA, *key)
        self.assertEqual((0, '{}'), self.stored())

    def test_refused(self):
        self.create()
        for atomic_key in (None, '0', False, 0.0, 2 ** 31 - 1):
            error = self.assertRaises(exception.InvalidValues, self.update,
                                      atomic_key, DATA)
            self.assertEqual(['atomic_key'], error.keys)
        error = self.assertRaises(exception.InvalidValues, self.update, 0,
                                  {'a': float('nan')})
        self.assertEqual(['input_data'], error.keys)
        self.assertEqual((0, '{}'), self.stored())

    def test_in_a_callers_transaction(self):
        self.create()
        with facade.context_manager.writer.using(self.context):
            found = self.get()
            self.update(0, DATA)
            self.assertEqual((1, DATA), (found.atomic_key, found.input_data))


class DeleteTest(SyncPointTestCase):

    def delete(self, stack_id, traversal_id):
        return api.sync_point_delete_all_by_stack_and_traversal(
            self.context, stack_id, traversal_id)

    def test_delete(self):
        other_stack_id = self.create_stack().id
        for number in range(5):
            self.create(number)
        self.create(5, OTHER)
        self.create(6, stack_id=other_stack_id)
        self.assertEqual(5, self.delete(self.stack_id, TRAVERSAL))
        self.assertEqual(0, self.delete(self.stack_id, TRAVERSAL))
        self.assertEqual({'5', '6'}, {entity_id for entity_id, in self.select(
            'SELECT entity_id FROM sync_point')})

    def test_nothing_matches(self):
        self.create()
        for these in ((self.stack_id.upper(), TRAVERSAL),
                      ('absent', TRAVERSAL), (None, TRAVERSAL),
                      (self.stack_id, OTHER),
                      (self.stack_id, None), (self.stack_id, 0)):
            self.assertEqual(0, self.delete(*these))


class LostConnectionTest(SyncPointTestCase, proxied.ProxiedTestCase):

    def update_once_lost(self, when, data, then=lambda: None):
        self.proxy.cut(when, b'UPDATE sync_point', then=then)
        return self.update(self.get().atomic_key, data)

    def test_the_row_tells(self):
        self.create()
        for number, (when, data) in enumerate((
                ('before', DATA), ('after', None), ('after', DATA),
                ('after', DATA), ('middle', {}), ('middle', None)), 1):
            self.assertIs(True, self.update_once_lost(when, data))
            found = self.get()
            self.assertEqual((number, data),
                             (found.atomic_key, found.input_data))

    def test_another_meanwhile(self):
        def write():
            self.execute('UPDATE sync_point SET atomic_key = atomic_key + 1, '
                         "input_data = '{}'")
        self.create()
        for when, actual in (('before', 1), ('after', 3)):
            error = self.assertRaises(
                exception.SyncPointConflict, self.update_once_lost, when,
                DATA, write)
            self.assertEqual((actual, {}), (error.actual, error.input_data))
