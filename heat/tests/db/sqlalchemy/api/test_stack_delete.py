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

"""The end of a stack, behind the fence."""

from heat.common import context
from heat.db import api
from heat.db import exception
from heat.db.sqlalchemy.engine import facade
from heat.tests.db.sqlalchemy.api import fenced
from heat.tests.db.sqlalchemy.api.fenced import OLD
from heat.tests.db.sqlalchemy.api.fenced import STALE


class StackDeleteTest(fenced.FenceTestCase):

    TABLES = ('stack', 'resource', 'resource_data')

    def setUp(self):
        super().setUp()
        for number, stack_id in enumerate((self.stack_id, self.legacy_id), 1):
            self.insert('resource', id=number, stack_id=stack_id)
            for value in ('a', 'b'):
                self.insert('resource_data', resource_id=number, value=value)

    def stored(self):
        return [self.select('SELECT * FROM %s ORDER BY id' % table)
                for table in self.TABLES]

    def assertRefused(self, error, *args):
        stored = self.stored()
        error = self.assertRaises(error, api.stack_delete, *args)
        self.assertEqual(stored, self.stored())
        return error

    def test_deletes_its_resources_and_their_data_only(self):
        self.assertIsNone(api.stack_delete(self.context, self.stack_id, OLD))
        self.assertIsNone(api.stack_get(self.context, self.stack_id))
        self.assertIsNotNone(self.get().deleted_at)
        self.assertIsNone(self.get(self.legacy_id).deleted_at)
        self.assertEqual([(2,)], self.select('SELECT id FROM resource'))
        self.assertEqual(
            [(2,)] * 2, self.select('SELECT resource_id FROM resource_data'))

    def test_deletes_attributes_but_no_properties(self):
        kept, used, attributes = (self.create_properties(name=name)
                                  for name in 'abc')
        for column, number, data_id in (('rsrc_prop_data_id', 1, kept),
                                        ('attr_data_id', 1, attributes),
                                        ('attr_data_id', 2, used)):
            self.execute('UPDATE resource SET %s = %d WHERE id = %d' %
                         (column, data_id, number))
        self.insert('resource', id=3, stack_id=self.stack_id,
                    attr_data_id=used)
        api.stack_delete(self.context, self.stack_id, OLD)
        self.assertEqual([(kept,), (used,)], self.select(
            'SELECT id FROM resource_properties_data ORDER BY id'))

    def test_keeps_all_other_values(self):
        before = self.get()
        api.stack_delete(self.context, self.stack_id, OLD)
        after = self.get()
        for column in before.__table__.columns:
            if column.key not in ('deleted_at', 'updated_at'):
                self.assertEqual(getattr(before, column.key),
                                 getattr(after, column.key))

    def test_is_fenced(self):
        error = self.assertRefused(exception.ConcurrentTransition,
                                   self.context, self.stack_id, STALE)
        self.assertEqual((self.stack_id, STALE, OLD), (
            error.stack_id, error.expected, error.actual))
        for args, actual in (((self.stack_id,), OLD),
                             ((self.stack_id, None), OLD),
                             ((self.legacy_id, OLD), None)):
            error = self.assertRefused(exception.ConcurrentTransition,
                                       self.context, *args)
            self.assertEqual(actual, error.actual)

    def test_none_and_any_traversal(self):
        api.stack_delete(self.context, self.legacy_id)
        api.stack_delete(self.context, self.stack_id, api.ANY_TRAVERSAL)
        self.assertEqual([], self.select('SELECT id FROM resource'))

    def test_not_found_the_second_time(self):
        api.stack_delete(self.context, self.stack_id, OLD)
        for exp_trvsl in (OLD, STALE, None, api.ANY_TRAVERSAL):
            self.assertRefused(exception.NotFound, self.context,
                               self.stack_id, exp_trvsl)

    def test_who_may(self):
        for tenant in ('other', 'TENANT', 'tenant ', None):
            self.assertRefused(
                exception.NotFound, context.RequestContext(tenant_id=tenant),
                self.stack_id, OLD)
        api.stack_delete(context.RequestContext(tenant_id='project'),
                         self.stack_id, OLD)
        api.stack_delete(context.RequestContext(is_admin=True),
                         self.legacy_id)

    def test_refuses_what_is_no_traversal(self):
        error = self.assertRefused(exception.InvalidValues, self.context,
                                   self.stack_id, OLD + ' ')
        self.assertEqual(['exp_trvsl'], error.keys)

    def test_one_transaction_of_three_statements(self):
        statements, error = self.statements_of(
            api.stack_delete, self.context, self.stack_id, OLD)
        self.assertEqual((['UPDATE', 'SELECT', 'DELETE'], None),
                         (statements, error))

    def test_rolled_back_with_the_callers_transaction(self):
        stored = self.stored()

        def delete_and_fail():
            with facade.context_manager.writer.using(self.context):
                api.stack_delete(self.context, self.stack_id, OLD)
                raise KeyError

        self.assertRaises(KeyError, delete_and_fail)
        self.assertEqual(stored, self.stored())
