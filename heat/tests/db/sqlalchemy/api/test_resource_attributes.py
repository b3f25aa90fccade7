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

"""Attributes of resources, which are rows of their own."""

import datetime

from heat.db import api
from heat.db import exception
from heat.db.sqlalchemy.api import resource_purge
from heat.tests.db.sqlalchemy.api import test_resource


class AttributesTestCase(test_resource.ResourceTestCase):

    def stored(self):
        return sorted(number for number, in self.select(
            'SELECT id FROM resource_properties_data'))

    def keep(self, attr_id, resource, table='resource', **values):
        """Let something else refer to attributes."""
        self.insert(table, stack_id=resource.stack_id,
                    **values or {'rsrc_prop_data_id': attr_id})


class SetTest(AttributesTestCase):

    def setUp(self):
        super().setUp()
        self.attr_id = self.create_properties(a=1)
        self.resource = self.create_resource(atomic_key=7)

    def set(self, atomic_key, attr_id=None):
        return api.resource_attr_id_set(
            self.context, self.resource.id, atomic_key,
            attr_id or self.attr_id)

    def assert_conflict(self, *args):
        before = self.get(self.resource)
        error = self.assertRaises(exception.ResourceConflict, self.set, *args)
        after = self.get(self.resource)
        self.assertEqual(
            [(before.attr_data_id, before.atomic_key, before.engine_id)] * 2,
            [(after.attr_data_id, after.atomic_key, after.engine_id),
             (error.actual['attr_data_id'], error.atomic_key,
              error.engine_id)])
        return error

    def test_set(self):
        self.assertIs(True, self.set(7))
        self.assertIs(True, self.set(8))
        resource = self.get(self.resource)
        self.assertEqual((self.attr_id, {'a': 1}, 9), (
            resource.attr_data_id, resource.attr_data.data,
            resource.atomic_key))

    def test_first_key(self):
        self.resource = self.create_resource()
        self.set(None)
        self.assertEqual(1, self.get(self.resource).atomic_key)

    def test_another_has_written(self):
        for key in (6, 8, None):
            self.attr_id = self.create_properties(a=1)
            self.assert_conflict(key)
            self.assertNotIn(self.attr_id, self.stored())

    def test_locked(self):
        api.resource_update(self.context, self.resource.id,
                            {'engine_id': 'engine'}, 7)
        self.assertEqual('engine', self.assert_conflict(8).engine_id)
        self.assertEqual([], self.stored())

    def test_it_has_others(self):
        self.set(7)
        others = self.create_properties(b=2)
        self.assert_conflict(8, others)
        self.assertEqual([self.attr_id], self.stored())

    def test_a_loser_does_not_delete_what_is_in_use(self):
        """Heat's own deletes what the resource has, or fails to."""
        self.set(7)
        self.assert_conflict(7)
        self.assertEqual([self.attr_id], self.stored())
        self.assertEqual({'a': 1}, self.get(self.resource).attr_data.data)

    def test_a_loser_does_not_delete_what_others_use(self):
        for table in ('resource', 'event'):
            attr_id = self.create_properties(a=1)
            self.keep(attr_id, self.resource, table, **(
                {'nova_instance': 'x', 'rsrc_prop_data_id': attr_id}
                if table == 'resource' else {'rsrc_prop_data_id': attr_id}))
            self.assert_conflict(6, attr_id)
            self.assertIn(attr_id, self.stored())

    def test_the_resource_is_gone(self):
        self.execute('DELETE FROM resource')
        self.assertRaises(exception.NotFound, self.set, 7)
        self.assertEqual([], self.stored())

    def test_no_such_attributes(self):
        error = self.assert_unchanged(
            exception.InvalidValues, api.resource_attr_id_set,
            self.resource.id, 7, 99)
        self.assertEqual(['attr_data_id'], error.keys)
        for attr_id in (None, '5', 5.0, True):
            error = self.assert_unchanged(
                exception.InvalidValues, api.resource_attr_id_set,
                self.resource.id, 7, attr_id)
            self.assertEqual(['attr_id'], error.keys)


class DataDeleteTest(AttributesTestCase):

    def setUp(self):
        super().setUp()
        self.attr_id = self.create_properties(a=1)
        self.resource = self.create_resource(
            attr_data_id=self.attr_id, atomic_key=7, engine_id='engine')

    def delete(self, resource_id, attr_id):
        self.assertIsNone(api.resource_attr_data_delete(
            self.context, resource_id, attr_id))
        resource = self.get(self.resource)
        self.assertEqual((7, 'engine'),
                         (resource.atomic_key, resource.engine_id))
        return resource.attr_data_id

    def test_deleted(self):
        for _ in range(2):
            self.assertIsNone(self.delete(self.resource.id, self.attr_id))
            self.assertEqual([], self.stored())

    def test_newer_ones_stay(self):
        """Heat's own lets the resource have none, whatever it had."""
        newer = self.create_properties(b=2)
        self.execute('UPDATE resource SET attr_data_id = %d' % newer)
        self.assertEqual(newer, self.delete(self.resource.id, self.attr_id))
        self.assertEqual([newer], self.stored())

    def test_what_others_use_stays(self):
        self.create_resource(attr_data_id=self.attr_id)
        self.assertIsNone(self.delete(self.resource.id, self.attr_id))
        self.assertEqual([self.attr_id], self.stored())

    def test_absent(self):
        self.assertEqual(self.attr_id, self.delete(99, self.attr_id))
        self.assertEqual(self.attr_id, self.delete(self.resource.id, 99))
        self.assertEqual([self.attr_id], self.stored())


class PurgeTest(AttributesTestCase):

    def setUp(self):
        super().setUp()
        self.stack_id = self.create_stack().id

    def create_deleted(self, **values):
        return self.create_resource(**{
            'stack_id': self.stack_id, 'action': 'DELETE',
            'status': 'COMPLETE', **values}).id

    def left(self):
        return sorted(number for number, in self.select(
            'SELECT id FROM resource'))

    def purge(self):
        self.assertIsNone(api.resource_purge_deleted(
            self.context, self.stack_id))

    def test_what_is_removed(self):
        attr_id = self.create_properties(a=1)
        properties_id = self.create_properties(b=1)
        deleted = self.create_deleted(attr_data_id=attr_id,
                                      rsrc_prop_data_id=properties_id)
        self.create_deleted()
        self.insert('resource_data', resource_id=deleted, value='a')
        self.purge()
        self.assertEqual([], self.left())
        self.assertEqual([], self.select('SELECT id FROM resource_data'))
        self.assertEqual([properties_id], self.stored())

    def test_what_stays(self):
        attr_id = self.create_properties(a=1)
        stays = [self.create_deleted(**values) for values in (
            {'action': 'CREATE'}, {'status': 'FAILED'}, {'action': None},
            {'status': None}, {'action': 'delete'},
            {'stack_id': self.create_stack().id, 'attr_data_id': attr_id})]
        self.create_deleted(attr_data_id=attr_id)
        self.purge()
        self.assertEqual(stays, self.left())
        self.assertEqual([attr_id], self.stored())

    def test_templates_that_nothing_needs(self):
        files_id = api.raw_template_files_create(
            self.context, {'files': {'a': 'b'}}).id
        unused = self.create_template(files_id=files_id).id
        for template_id in (unused, unused, self.create_template().id):
            self.create_deleted(current_template_id=template_id)
        stays = [self.create_template().id for _ in range(4)]
        for template_id in stays:
            self.create_deleted(current_template_id=template_id)
        self.create_stack(raw_template_id=stays[0],
                          prev_raw_template_id=stays[1])
        self.create_stack(raw_template_id=stays[2],
                          deleted_at=datetime.datetime(2015, 1, 1))
        self.create_resource(current_template_id=stays[3])
        own = [number for number, in self.select(
            'SELECT raw_template_id FROM stack')]
        self.purge()
        self.assertEqual(set(stays + own), {number for number, in self.select(
            'SELECT id FROM raw_template')})
        self.assertEqual([], self.select('SELECT id FROM raw_template_files'))

    def test_nothing(self):
        self.purge()
        api.resource_purge_deleted(self.context, 'absent')

    def test_many(self):
        self.patch(resource_purge, 'MOST', 3)
        resource_purge._select.cache_clear()
        self.addCleanup(resource_purge._select.cache_clear)
        for number in (1, 3, 4, 6, 7):
            for _ in range(number):
                self.create_deleted(attr_data_id=self.create_properties(a=1))
            self.purge()
            self.assertEqual(([], []), (self.left(), self.stored()))
