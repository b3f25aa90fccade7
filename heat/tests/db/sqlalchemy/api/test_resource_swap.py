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

"""Resources are written and replaced by who has read their newest key."""

import datetime

from heat.db import api
from heat.db import exception
from heat.db.sqlalchemy.engine import facade
from heat.tests import base
from heat.tests.db.sqlalchemy.api import test_resource


class UpdateTest(test_resource.ResourceTestCase):

    def setUp(self):
        super().setUp()
        self.resource = self.create_resource(
            atomic_key=7, engine_id='engine', status='old')

    def update(self, *args, **values):
        self.assertIs(True, api.resource_update(
            self.context, self.resource.id, values, *args))
        return self.get(self.resource)

    def assert_conflict(self, *args, **values):
        return self.assert_unchanged(
            exception.ResourceConflict, api.resource_update,
            self.resource.id, values, *args)

    def test_the_key_moves_on(self):
        updated = self.update(7, 'engine', status='new')
        self.assertEqual(('new', 8, 'engine', None), (
            updated.status, updated.atomic_key, updated.engine_id,
            updated.updated_at))
        self.assertEqual(9, self.update(8, 'engine').atomic_key)

    def test_never_written(self):
        self.resource = self.create_resource()
        self.assertEqual(1, self.update(None, status='new').atomic_key)
        self.assert_conflict(None, status='late')

    def test_the_lock_is_given_back_and_taken(self):
        self.assertIsNone(self.update(
            7, 'engine', engine_id=None).engine_id)
        self.assertEqual('other', self.update(
            8, engine_id='other').engine_id)
        self.assertEqual('thief', self.update(
            9, 'other', engine_id='thief').engine_id)

    def test_conflict(self):
        for args in ((7,), (7, 'other'), (7, 'ENGINE'), (7, 'engine '),
                     (6, 'engine'), (8, 'engine'), (None, 'engine'),
                     (None,), (0, 'engine')):
            for values in ({}, {'status': 'new'}, {'engine_id': 'thief'}):
                error = self.assert_conflict(*args, **values)
                self.assertIsInstance(error, exception.LostSwap)
                self.assertEqual({
                    'atomic_key': args[0],
                    'engine_id': args[1] if args[1:] else None},
                    error.expected)
                self.assertEqual(
                    (self.resource.id, 7, 'engine'),
                    (error.resource_id, error.atomic_key, error.engine_id))

    def test_absent(self):
        self.execute('DELETE FROM resource')
        error = self.assertRaises(
            exception.NotFound, api.resource_update, self.context,
            self.resource.id, {'status': 'new'}, 7, 'engine')
        self.assertIn(str(self.resource.id), str(error))

    def test_values_stay_the_callers(self):
        values = {'status': 'new'}
        api.resource_update(self.context, self.resource.id, values, 7,
                            'engine')
        self.assertEqual({'status': 'new'}, values)

    def test_refused_values(self):
        for values in ({'nonsense': 1}, {'id': 5}, {'atomic_key': 9},
                       {'created_at': datetime.datetime(2015, 1, 1)},
                       {'stack_name': 'name'}, {'engine_id': 5},
                       {'engine_id': 'x' * 37}, {'needed_by': {1}},
                       {'rsrc_prop_data_id': 99}, {'stack_id': 'none'},
                       {'current_template_id': 99}, {'stack_id': None}):
            error = self.assert_unchanged(
                exception.InvalidValues, api.resource_update,
                self.resource.id, values, 7, 'engine')
            self.assertEqual(list(values), error.keys)

    def test_refused_expectations(self):
        for kind in ('7', 7.0, True, [7], 2 ** 31, 2 ** 31 - 1, object()):
            error = self.assert_unchanged(
                exception.InvalidValues, api.resource_update,
                self.resource.id, {}, kind, 'engine')
            self.assertEqual(['atomic_key'], error.keys)
        for kind in (7, True, b'engine', ['engine'], 'x' * 37, 'a\0b',
                     api.ANY_TRAVERSAL):
            error = self.assert_unchanged(
                exception.InvalidValues, api.resource_update,
                self.resource.id, {}, 7, kind)
            self.assertEqual(['expected_engine_id'], error.keys)

    def test_updated_at_is_the_callers(self):
        then = datetime.datetime(2015, 1, 1)
        self.assertEqual(then, self.update(
            7, 'engine', updated_at=then).updated_at)

    def test_a_loaded_row_shows_only_what_was_written(self):
        with facade.context_manager.writer.using(self.context):
            loaded = self.get(self.resource)
            self.assertRaises(
                exception.ResourceConflict, api.resource_update, self.context,
                self.resource.id, {'status': 'lost'}, 5, 'engine')
            self.assertEqual(('old', 7), (loaded.status, loaded.atomic_key))
            api.resource_update(self.context, self.resource.id,
                                {'status': 'new'}, 7, 'engine')
            self.assertEqual(('new', 8), (loaded.status, loaded.atomic_key))
        self.assertEqual('new', loaded.status)


class ReplacementTest(test_resource.ResourceTestCase):

    def setUp(self):
        super().setUp()
        self.old = self.create_resource(name='name', atomic_key=7)
        self.values = {'name': 'name', 'stack_id': self.old.stack_id,
                       'replaces': self.old.id, 'requires': [1]}

    def replace(self, *args, **values):
        return api.resource_create_replacement(
            self.context, self.old.id, {**self.values, **values}, *args)

    def assert_refused(self, error, *args, **values):
        return self.assert_unchanged(
            error, api.resource_create_replacement, self.old.id,
            {**self.values, **values}, *args)

    def test_replaced(self):
        values = dict(self.values)
        new = self.replace(7)
        self.assertEqual(self.values, values)
        for found in (new, self.get(new)):
            self.assertEqual(
                (self.old.id, 'name', [1], None, None),
                (found.replaces, found.name, found.requires,
                 found.atomic_key, found.engine_id))
            self.assertEqual([], list(found.data))
        old = self.get(self.old)
        self.assertEqual((new.id, 8, None), (
            old.replaced_by, old.atomic_key, old.engine_id))
        self.assertNotEqual(old.id, new.id)

    def test_locked_by_the_engine(self):
        api.resource_update(self.context, self.old.id,
                            {'engine_id': 'engine'}, 7)
        for args in ((8,), (8, 'other'), (7, 'engine')):
            error = self.assert_refused(exception.ResourceConflict, *args)
            self.assertEqual((self.old.id, 8, 'engine'), (
                error.resource_id, error.atomic_key, error.engine_id))
        self.replace(8, 'engine')
        self.assertEqual(9, self.get(self.old).atomic_key)

    def test_twice(self):
        self.replace(7)
        with base.recorded_statements(self.engine) as sent:
            self.assert_refused(exception.ResourceConflict, 7)
        self.assertEqual([], [one for one in sent if 'DELETE' in one])

    def test_absent(self):
        error = self.assert_unchanged(
            exception.NotFound, api.resource_create_replacement, 99,
            self.values, 7)
        self.assertIn('99', str(error))

    def test_the_template_is_gone(self):
        error = self.assert_refused(exception.InvalidValues, 7,
                                    current_template_id=99)
        self.assertEqual(['current_template_id'], error.keys)

    def test_refused_values(self):
        for values in ({'stack_name': 'name'}, {'requires': {1}}):
            error = self.assert_refused(exception.InvalidValues, 7, **values)
            self.assertEqual(list(values), error.keys)

    def test_a_callers_transaction_goes_on_without_it(self):
        """Heat's own 22 and later leave the new one behind."""
        with facade.context_manager.writer.using(self.context):
            self.create_resource(name='before', stack_id=self.old.stack_id)
            self.assertRaises(exception.ResourceConflict, self.replace, 6)
            self.create_resource(name='after', stack_id=self.old.stack_id)
        self.assertEqual({'name', 'before', 'after'}, {
            row.name for row in api.resource_get_all(self.context)})
        self.assertIsNone(self.get(self.old).replaced_by)

    def test_with_properties(self):
        new = self.replace(
            7, rsrc_prop_data_id=self.create_properties(a=1))
        self.assertEqual({'a': 1}, new.rsrc_prop_data.data)


class ExchangeTest(test_resource.ResourceTestCase):

    def setUp(self):
        super().setUp()
        self.one = self.create_resource(atomic_key=1, engine_id='engine')
        self.other = self.create_resource()

    def stacks(self):
        return [self.get(one).stack_id for one in (self.one, self.other)]

    def test_exchanged(self):
        self.execute('UPDATE resource SET root_stack_id = stack_id')
        before = self.stacks()
        for ids in ((self.one.id, self.other.id),
                    (self.other.id, self.one.id)):
            self.assertIsNone(api.resource_exchange_stacks(
                self.context, *ids))
            self.assertEqual(before[::-1], self.stacks())
            one = self.get(self.one)
            self.assertEqual((1, 'engine', self.one.stack_id), (
                one.atomic_key, one.engine_id, one.root_stack_id))
            before = self.stacks()

    def test_absent(self):
        for ids in ((self.one.id, 99), (99, self.one.id)):
            error = self.assert_unchanged(
                exception.NotFound, api.resource_exchange_stacks, *ids)
            self.assertIn('99', str(error))
        # The context can be used.
        api.resource_exchange_stacks(self.context, self.one.id, self.other.id)

    def test_with_itself(self):
        before = self.stacks()
        api.resource_exchange_stacks(self.context, self.one.id, self.one.id)
        self.assertEqual(before, self.stacks())

    def test_in_a_callers_transaction(self):
        before = self.stacks()
        with facade.context_manager.writer.using(self.context):
            one = self.get(self.one)
            api.resource_exchange_stacks(self.context, self.one.id,
                                         self.other.id)
            self.assertEqual(before[1], one.stack_id)
        self.assertEqual(before[::-1], self.stacks())
