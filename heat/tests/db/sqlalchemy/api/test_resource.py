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

"""Resources through heat.db.api: to create, get, write and delete them."""

import datetime

from oslo_db import exception as db_exception

from heat.db import api
from heat.db import exception
from heat.db.sqlalchemy.engine import facade
from heat.tests import base

MOST = 65535
LONG = 'x' + '\u20ac' * MOST
CUT = 'x' + '\u20ac' * ((MOST - 1) // 3)


class ResourceTestCase(base.APITestCase):

    def get(self, resource):
        return api.resource_get(self.context, resource.id)

    def assert_unchanged(self, error, function, *args, **kwargs):
        """Assert that a call is refused, and return why."""
        before = self.select('SELECT * FROM resource ORDER BY id')
        error = self.assertRaises(error, function, self.context, *args,
                                  **kwargs)
        self.assertEqual(before,
                         self.select('SELECT * FROM resource ORDER BY id'))
        return error


class ResourceTest(ResourceTestCase):

    def test_create_and_get(self):
        stack_id = self.create_stack().id
        values = {
            'stack_id': stack_id, 'root_stack_id': stack_id, 'name': 'n\u00e4',
            'physical_resource_id': 'server', 'action': 'CREATE',
            'status': 'IN_PROGRESS', 'rsrc_metadata': {'a': [1]},
            'needed_by': [1], 'requires': [2, 3], 'atomic_key': 5,
            'engine_id': 'engine', 'replaces': 6}
        created = self.create_resource(**values)
        for found in (created, self.get(created)):
            for name, value in values.items():
                self.assertEqual(value, found[name])
            self.assertEqual(36, len(found.uuid))
            self.assertIsNone(found.updated_at)
            self.assertIsNone(found.rsrc_prop_data_id)
            self.assertEqual([], list(found.data))
            self.assertIsNone(found.attr_data)
            self.assertIsNone(found.rsrc_prop_data)
            self.assertEqual('server', dict(found)['physical_resource_id'])
        self.assertEqual((created.id, created.uuid, created.created_at), (
            found.id, found.uuid, found.created_at))

    def test_what_belongs_to_it_is_loaded(self):
        resource = self.create_resource(
            attr_data_id=self.create_properties(a=1),
            rsrc_prop_data_id=self.create_properties(b=2))
        for value in 'cd':
            self.insert('resource_data', resource_id=resource.id, value=value)
        found = self.get(resource)
        with facade.context_manager.reader.using(self.context):
            joined = self.get(resource)
        for one in (found, joined):
            self.assertCountEqual('cd', [data.value for data in one.data])
        for one in (resource, found, joined):
            self.assertEqual({'a': 1}, one.attr_data.data)
            self.assertEqual({'b': 2}, one.rsrc_prop_data.data)

    def test_refresh(self):
        resource = self.create_resource(name='old')
        with facade.context_manager.writer.using(self.context) as session:
            loaded = self.get(resource)
            session.connection().exec_driver_sql(
                "UPDATE resource SET name = 'new'")
            for flags in ({}, {'refresh': True},
                          {'refresh': True, 'refresh_data': True}):
                self.assertEqual('new', api.resource_get(
                    self.context, resource.id, **flags).name)
            self.assertEqual('new', loaded.name)

    def test_refers_to_nothing(self):
        stack_id = self.create_stack().id
        for key in ('stack_id', 'current_template_id', 'attr_data_id',
                    'rsrc_prop_data_id'):
            error = self.assert_unchanged(
                exception.InvalidValues, api.resource_create,
                {'stack_id': stack_id, key: 'x' if key == 'stack_id' else 99})
            self.assertEqual([key], error.keys)

    def test_uuid_of_another(self):
        uuid = self.create_resource().uuid
        self.assertRaises(db_exception.DBDuplicateEntry, self.create_resource,
                          uuid=uuid)

    def test_long_reasons_are_cut(self):
        """What went wrong is stored, however much there is to say of it."""
        created = self.create_resource(status_reason=LONG)
        updated = self.create_resource(atomic_key=1)
        saved = self.create_resource()
        values = {'status': 'FAILED', 'status_reason': LONG}
        api.resource_update(self.context, updated.id, values, 1)
        api.resource_update_and_save(self.context, saved.id, values)
        new = api.resource_create_replacement(
            self.context, updated.id,
            {'stack_id': updated.stack_id, 'status_reason': LONG}, 2)
        self.assertEqual(LONG, values['status_reason'])
        for resource in (created, updated, saved, new):
            self.assertEqual(CUT, self.get(resource).status_reason)


class UpdateAndSaveTest(ResourceTestCase):

    def setUp(self):
        super().setUp()
        self.free = self.create_resource(atomic_key=5, status='old')
        self.locked = self.create_resource(atomic_key=7, engine_id='engine')

    def save(self, resource, *args, **values):
        return api.resource_update_and_save(
            self.context, resource.id, values, *args)

    def test_nobody_has_the_lock(self):
        saved = self.save(self.free, status='new', needed_by=[1])
        for found in (saved, self.get(self.free)):
            self.assertEqual(('new', [1], 6, None, None), (
                found.status, found.needed_by, found.atomic_key,
                found.engine_id, found.updated_at))
            self.assertEqual([], list(found.data))

    def test_who_has_read_it_before_is_told(self):
        for key, atomic_key in (('status', 5), ('action', 6)):
            self.save(self.free, **{key: 'new'})
            error = self.assert_unchanged(
                exception.ResourceConflict, api.resource_update, self.free.id,
                {'status': 'stale'}, atomic_key)
            self.assertEqual(atomic_key + 1, error.atomic_key)

    def test_never_written(self):
        resource = self.create_resource()
        self.assertEqual(1, self.save(resource, status='new').atomic_key)
        self.assertEqual(2, self.save(resource, status='new').atomic_key)

    def test_not_over_a_lock(self):
        for args in ((), ('other',), ('ENGINE',), ('engine ',)):
            error = self.assert_unchanged(
                exception.ResourceConflict, api.resource_update_and_save,
                self.locked.id, {'status': 'new'}, *args)
            self.assertEqual((7, 'engine'),
                             (error.atomic_key, error.engine_id))
            self.assertEqual({'engine_id': args[0] if args else None},
                             error.expected)

    def test_by_the_engine_that_has_the_lock(self):
        """It needs no newer key to give the lock back."""
        self.assertEqual(7, self.save(self.locked, 'engine',
                                      status='new').atomic_key)
        self.assertTrue(api.resource_update(
            self.context, self.locked.id, {'engine_id': None}, 7, 'engine'))
        error = self.assert_unchanged(
            exception.ResourceConflict, api.resource_update_and_save,
            self.locked.id, {'status': 'late'}, 'engine')
        self.assertIsNone(error.engine_id)

    def test_whoever_has_the_lock_loses_it(self):
        saved = self.save(self.locked, api.ANY_ENGINE, engine_id=None,
                          status='FAILED')
        self.assertEqual((8, None), (saved.atomic_key, saved.engine_id))
        for call in (
                lambda **kwargs: api.resource_update(
                    atomic_key=7, **kwargs), api.resource_update_and_save):
            self.assertRaises(
                exception.ResourceConflict, call, context=self.context,
                resource_id=self.locked.id, values={'status': 'COMPLETE'},
                expected_engine_id='engine')
        self.assertEqual(6, self.save(self.free, api.ANY_ENGINE,
                                      status='new').atomic_key)

    def test_the_lock_does_not_change_hands(self):
        for resource, args in ((self.free, ()), (self.locked, ('engine',))):
            for engine_id in ('thief', None):
                error = self.assert_unchanged(
                    exception.InvalidValues, api.resource_update_and_save,
                    resource.id, {'engine_id': engine_id}, *args)
                self.assertEqual(['engine_id'], error.keys)

    def test_nothing_to_write(self):
        for values in ({}, None):
            error = self.assert_unchanged(
                exception.InvalidValues, api.resource_update_and_save,
                self.free.id, values)
            self.assertEqual(['values'], error.keys)

    def test_absent(self):
        for args in ((), ('engine',), (api.ANY_ENGINE,)):
            self.assertRaises(
                exception.NotFound, api.resource_update_and_save,
                self.context, 99, {'status': 'new'}, *args)

    def test_a_value_is_sent_though_the_caller_has_read_the_same(self):
        with facade.context_manager.writer.using(self.context) as session:
            self.get(self.free)
            session.connection().exec_driver_sql(
                "UPDATE resource SET status = 'other'")
            self.save(self.free, status='old')
        self.assertEqual('old', self.get(self.free).status)

    def test_updated_at_is_the_callers(self):
        then = datetime.datetime(2015, 1, 1)
        self.assertEqual(then, self.save(
            self.free, updated_at=then).updated_at)


class DeleteTest(ResourceTestCase):

    def setUp(self):
        super().setUp()
        self.attributes = self.create_properties(a=1)
        self.properties = self.create_properties(b=2)
        self.resource = self.create_resource(
            attr_data_id=self.attributes, rsrc_prop_data_id=self.properties,
            atomic_key=7)
        self.insert('resource_data', resource_id=self.resource.id, value='a')

    def delete(self, resource, *args):
        self.assertIsNone(api.resource_delete(
            self.context, resource.id, *args))

    def stored(self):
        return [sorted(number for number, in self.select(
            'SELECT id FROM ' + table)) for table in (
                'resource', 'resource_data', 'resource_properties_data')]

    def test_with_all_that_is_its_own(self):
        self.delete(self.resource)
        self.assertEqual([[], [], [self.properties]], self.stored())
        self.assertRaises(exception.NotFound, self.get, self.resource)
        self.delete(self.resource)

    def test_attributes_that_others_use(self):
        for table, mark, reference in (
                ('resource', 'nova_instance', 'attr_data_id'),
                ('resource', 'nova_instance', 'rsrc_prop_data_id'),
                ('event', 'physical_resource_id', 'rsrc_prop_data_id')):
            one = self.create_resource(attr_data_id=self.attributes)
            self.insert(table, stack_id=one.stack_id,
                        **{mark: 'other', reference: self.attributes})
            self.delete(one)
            self.assertIn(self.attributes, self.stored()[2])
            self.execute("DELETE FROM %s WHERE %s = 'other'" % (table, mark))

    def test_not_over_a_lock(self):
        api.resource_update(self.context, self.resource.id,
                            {'engine_id': 'engine'}, 7)
        before = self.stored()
        for args in ((), ('other',)):
            error = self.assert_unchanged(
                exception.ResourceConflict, api.resource_delete,
                self.resource.id, *args)
            self.assertEqual((8, 'engine'),
                             (error.atomic_key, error.engine_id))
        self.assertEqual(before, self.stored())
        self.delete(self.resource, 'engine')
        self.assertEqual([], self.stored()[0])

    def test_not_locked_any_more(self):
        error = self.assert_unchanged(
            exception.ResourceConflict, api.resource_delete,
            self.resource.id, 'engine')
        self.assertIsNone(error.engine_id)

    def test_whoever_has_the_lock(self):
        locked = self.create_resource(engine_id='engine')
        for resource in (locked, self.resource):
            self.delete(resource, api.ANY_ENGINE)
        self.assertEqual([[], [], [self.properties]], self.stored())

    def test_in_a_callers_transaction(self):
        with facade.context_manager.writer.using(self.context):
            loaded = self.get(self.resource)
            self.delete(self.resource)
            self.assertRaises(exception.NotFound, self.get, self.resource)
        self.assertEqual(self.attributes, loaded.attr_data.id)
        self.assertEqual([], self.stored()[0])
