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

"""Writes to a resource whose connection is lost: the caller gets the truth.

What holds for each function is tried with its calls; here others write at the
same time.
"""

import datetime

from heat.db import api
from heat.db import exception
from heat.tests import proxied

UPDATE = b'UPDATE resource'


class LostTestCase(proxied.EachPlaceTestCase):

    def setUp(self):
        super().setUp()
        self.resource = self.create_resource(
            name='old', atomic_key=7, engine_id='engine')

    def stored(self, *names):
        return self.select('SELECT %s FROM resource WHERE id = %d' % (
            ', '.join(names), self.resource.id))[0]

    def write(self, **values):
        """Write as another would, past the proxy."""
        self.execute('UPDATE resource SET %s WHERE id = %d' % (
            ', '.join('%s = %s' % item for item in values.items()),
            self.resource.id))

    def lose_then(self, marker=UPDATE, **values):
        self.lose(self.when, marker, then=lambda: self.write(**values))

    def update(self, atomic_key=7, expected_engine_id='engine', **values):
        return api.resource_update(self.context, self.resource.id, values,
                                   atomic_key, expected_engine_id)

    @property
    def landed(self):
        return self.when != 'before'


class LockTest(LostTestCase):

    def setUp(self):
        super().setUp()
        self.write(engine_id='NULL')

    def lock(self):
        return self.update(expected_engine_id=None, engine_id='mine')

    def test_taken(self):
        self.lose(self.when, UPDATE)
        self.assertIs(True, self.lock())
        self.assertEqual((8, 'mine'), self.stored('atomic_key', 'engine_id'))

    def test_again_and_again(self):
        self.lose(self.when, UPDATE, times=1)
        self.lose(self.when, b'SELECT resource.id')
        if self.when == 'before':
            self.lose('before', UPDATE, times=2)
        self.assertIs(True, self.lock())
        self.assertEqual((8, 'mine'), self.stored('atomic_key', 'engine_id'))

    def test_another_gets_it(self):
        self.lose_then(atomic_key=8, engine_id="'other'")
        error = self.assertRaises(exception.ResourceConflict, self.lock)
        self.assertEqual((8, 'other'), (error.atomic_key, error.engine_id))
        self.assertEqual((8, 'other'), self.stored('atomic_key', 'engine_id'))

    def test_another_thread_of_the_engine_gets_it(self):
        self.lose_then(atomic_key=8, engine_id="'mine'", status="'other'")
        error = self.assertRaises(
            exception.ResourceConflict, self.update, expected_engine_id=None,
            engine_id='mine', status='mine')
        self.assertEqual((8, 'mine'), (error.atomic_key, error.engine_id))
        self.assertEqual(('other',), self.stored('status'))

    def test_times_may_be_rounded(self):
        self.lose(self.when, UPDATE)
        self.assertIs(True, self.update(
            expected_engine_id=None, engine_id='mine',
            updated_at=datetime.datetime(2015, 1, 1, 1, 1, 1, 600000)))

    def test_stale(self):
        self.write(atomic_key=9)
        self.lose(self.when, UPDATE)
        error = self.assertRaises(exception.ResourceConflict, self.lock)
        self.assertEqual(9, error.atomic_key)
        self.assertEqual((9, None), self.stored('atomic_key', 'engine_id'))


class NoProofTest(LostTestCase):
    """What another may have written as well proves nothing."""

    VALUES = ({'name': 'new'}, {}, {'engine_id': None},
              {'engine_id': 'engine', 'name': 'new'})

    def test_alone(self):
        for key, values in enumerate(self.VALUES):
            self.write(atomic_key=key, engine_id="'engine'", name="'old'")
            self.lose(self.when, UPDATE)
            if self.landed:
                self.assertRaises(exception.OutcomeUnknown, self.update,
                                  key, **values)
            else:
                self.assertIs(True, self.update(key, **values))
            self.assertEqual(
                (key + 1, values.get('engine_id', 'engine'),
                 values.get('name', 'old')),
                self.stored('atomic_key', 'engine_id', 'name'))

    def test_another_writes_the_same(self):
        for values in self.VALUES:
            self.write(atomic_key=7, engine_id="'engine'", name="'old'")
            engine = "'engine'" if values.get('engine_id', 1) else 'NULL'
            self.lose_then(atomic_key=8, name="'new'", engine_id=engine,
                           status="'other'")
            self.assertRaises(exception.OutcomeUnknown, self.update, **values)
            self.assertEqual((8, 'other'),
                             self.stored('atomic_key', 'status'))

    def test_another_writes_something_else(self):
        for values in ({'name': 'new'}, {'engine_id': None, 'name': 'new'},
                       {'engine_id': None}, {'needed_by': [1]},
                       {'needed_by': None}):
            self.write(atomic_key=7, engine_id="'engine'", name="'old'")
            self.lose_then(atomic_key=8, name="'other'", needed_by="'[2]'",
                           engine_id="'engine'")
            error = self.assertRaises(exception.ResourceConflict, self.update,
                                      **values)
            self.assertEqual(8, error.atomic_key)
            self.assertEqual((8, 'other'), self.stored('atomic_key', 'name'))


class ReplacementTest(LostTestCase):

    def replace(self):
        return api.resource_create_replacement(
            self.context, self.resource.id,
            {'stack_id': self.resource.stack_id, 'name': 'new'}, 7, 'engine')

    def new(self):
        return [number for number, in self.select(
            "SELECT id FROM resource WHERE name = 'new'")]

    def test_once(self):
        for marker in (b'INSERT INTO resource', UPDATE, self.commit):
            self.lose(self.when, marker)
            new = self.replace()
            self.assertEqual([new.id], self.new())
            self.assertEqual([], list(new.data))
            self.assertEqual((8, new.id),
                             self.stored('atomic_key', 'replaced_by'))
            self.write(atomic_key=7)
            self.execute("DELETE FROM resource WHERE name = 'new'")

    def test_others_have_gone_on_since(self):
        self.lose_then(self.commit, atomic_key=9)
        if self.landed:
            self.assertEqual([self.replace().id], self.new())
        else:
            self.assertRaises(exception.ResourceConflict, self.replace)
            self.assertEqual([], self.new())

    def test_lost(self):
        self.write(atomic_key=9)
        for marker in (UPDATE, b'ROLLBACK'):
            self.lose(self.when, marker)
            self.assertRaises(exception.ResourceConflict, self.replace)
            self.assertEqual([], self.new())


class OthersTest(LostTestCase):

    def test_blind_write_while_another_takes_the_lock(self):
        self.write(engine_id='NULL')
        self.lose_then(atomic_key=9, engine_id="'other'")
        error = None
        try:
            saved = api.resource_update_and_save(
                self.context, self.resource.id, {'name': 'new'})
        except exception.ResourceConflict as conflict:
            error = conflict
        if self.landed:
            self.assertEqual('new', saved.name)
        else:
            self.assertEqual('other', error.engine_id)
        self.assertEqual((9, 'other', 'new' if self.landed else 'old'),
                         self.stored('atomic_key', 'engine_id', 'name'))

    def test_no_lock_is_taken_away_twice(self):
        self.lose_then(atomic_key=9, engine_id="'other'")
        self.assertRaises(
            exception.OutcomeUnknown, api.resource_update_and_save,
            self.context, self.resource.id, {'engine_id': None},
            api.ANY_ENGINE)
        self.assertEqual((9, 'other'), self.stored('atomic_key', 'engine_id'))

    def test_deleted_once(self):
        for marker in (b'SELECT resource', b'DELETE FROM resource',
                       self.commit):
            resource = self.create_resource()
            self.lose(self.when, marker)
            self.assertIsNone(api.resource_delete(
                self.context, resource.id))
            self.assertEqual([(self.resource.id,)], self.select(
                'SELECT id FROM resource'))

    def test_attributes_while_others_are_set(self):
        self.write(engine_id='NULL')
        mine, others = (self.create_properties(a=1) for _ in range(2))
        self.lose_then(atomic_key=8, attr_data_id=others)
        error = self.assertRaises(
            exception.ResourceConflict, api.resource_attr_id_set,
            self.context, self.resource.id, 7, mine)
        self.assertEqual(others, error.actual['attr_data_id'])
        self.assertEqual([(others,)], self.select(
            'SELECT id FROM resource_properties_data'))

    def test_exchange_is_not_undone(self):
        other = self.create_resource()
        self.lose(self.when, self.commit)
        self.assertRaises(
            exception.OutcomeUnknown, api.resource_exchange_stacks,
            self.context, self.resource.id, other.id)
        self.assertEqual(
            (other if self.landed else self.resource).stack_id,
            self.stored('stack_id')[0])
