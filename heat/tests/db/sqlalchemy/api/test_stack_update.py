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

"""The contract of the fence around a stack, point by point."""

import concurrent.futures
import copy
import datetime
import pickle
import threading

import testtools

from heat.common import context
from heat.db import api
from heat.db import exception
from heat.db.sqlalchemy.engine import facade
from heat.tests import base

OLD = '11111111-1111-4111-8111-111111111111'
NEW = 'aaaaaaaa-2222-4222-8222-222222222222'
STALE = '33333333-3333-4333-8333-333333333333'
DEPS = [[[1, True], [2, True]], [[2, True], None]]

COPIES = (copy.copy, copy.deepcopy,
          lambda value: pickle.loads(pickle.dumps(value)))


class FenceTestCase(base.APITestCase):
    """There is a stack in the traversal OLD, and one without any."""

    def setUp(self):
        super().setUp()
        self.stack_id = self.create_stack(
            name='before', current_traversal=OLD,
            stack_user_project_id='project').id
        self.legacy_id = self.create_stack(name='legacy').id

    def update(self, exp_trvsl=OLD, stack_id=None, tenant='tenant',
               is_admin=False, **values):
        return api.stack_update(
            context.RequestContext(tenant_id=tenant, is_admin=is_admin),
            stack_id or self.stack_id, values or {'name': 'after'}, exp_trvsl)

    def get(self, stack_id=None):
        return api.stack_get(self.context, stack_id or self.stack_id,
                             show_deleted=True)

    def rows(self):
        return self.select('SELECT * FROM stack ORDER BY id')

    def statements_of(self, function, *args, **kwargs):
        """Return what a call sends, and the error it raises, if any.

        Left out is the "are you there" of a pool.
        """
        error = None
        with base.recorded_statements(self.engine) as statements:
            try:
                function(*args, **kwargs)
            except exception.HeatException as raised:
                error = raised
        return [statement.split()[0] for statement in statements
                if statement not in ('SELECT 1', 'BEGIN')], error

    def assertConflict(self, expected, actual, function, *args, **kwargs):
        rows = self.rows()
        error = self.assertRaises(exception.ConcurrentTransition, function,
                                  *args, **kwargs)
        self.assertEqual((expected, actual), (error.expected, error.actual))
        self.assertEqual(rows, self.rows())
        return error

    def assertNotFound(self, function, *args, **kwargs):
        rows = self.rows()
        error = self.assertRaises(exception.NotFound, function,
                                  *args, **kwargs)
        self.assertEqual(rows, self.rows())
        return error


class StackUpdateTest(FenceTestCase):

    def test_right_expectation_writes(self):
        self.assertIs(True, self.update(OLD, name='after', timeout=5,
                                        current_deps=DEPS))
        stack = self.get()
        self.assertEqual(('after', 5, OLD, DEPS), (
            stack.name, stack.timeout, stack.current_traversal,
            stack.current_deps))
        self.assertEqual('legacy', self.get(self.legacy_id).name)

    def test_stale_expectation_conflicts(self):
        error = self.assertConflict(STALE, OLD, self.update, STALE)
        self.assertEqual(self.stack_id, error.stack_id)
        for part in (self.stack_id, STALE, OLD):
            self.assertIn(part, str(error))

    def test_none_matches_null(self):
        self.assertIs(True, self.update(None, self.legacy_id))
        self.assertEqual('after', self.get(self.legacy_id).name)

    def test_none_is_the_default(self):
        self.assertIs(True, api.stack_update(
            self.context, self.legacy_id, {'name': 'after'}))
        self.assertConflict(None, OLD, api.stack_update, self.context,
                            self.stack_id, {'name': 'after'})

    def test_none_is_stale_on_a_traversed_stack(self):
        error = self.assertConflict(None, OLD, self.update, None)
        self.assertIn('None', str(error))

    def test_a_traversal_is_stale_on_a_stack_without_one(self):
        error = self.assertConflict(OLD, None, self.update, OLD,
                                    self.legacy_id)
        self.assertIn('None', str(error))

    def test_any_traversal_writes_whatever_it_is(self):
        for stack_id in (self.stack_id, self.legacy_id):
            self.assertIs(True, self.update(api.ANY_TRAVERSAL, stack_id))
            self.assertEqual('after', self.get(stack_id).name)

    def test_any_traversal_does_not_find_what_is_not_there(self):
        api.stack_delete(self.context, self.legacy_id)
        for stack_id in ('no-such-stack', self.legacy_id):
            statements, error = self.statements_of(
                self.update, api.ANY_TRAVERSAL, stack_id)
            self.assertIsInstance(error, exception.NotFound)
            # It is an answer, no reason to try again.
            self.assertEqual(['UPDATE', 'SELECT'], statements)

    def test_new_traversal_stops_the_old_one(self):
        self.update(OLD, current_traversal=NEW)
        self.assertConflict(OLD, NEW, self.update, OLD)
        self.assertIs(True, self.update(NEW))

    def test_first_traversal(self):
        self.update(None, self.legacy_id, current_traversal=NEW)
        self.assertConflict(None, NEW, self.update, None, self.legacy_id)

    def test_traversal_can_be_taken_away(self):
        self.update(OLD, current_traversal=None)
        self.assertConflict(OLD, None, self.update, OLD)
        self.assertIs(True, self.update(None))

    def test_writing_what_is_there_already_is_a_success(self):
        values = {'name': 'before', 'current_traversal': OLD,
                  'updated_at': datetime.datetime(2015, 1, 1)}
        for _ in range(3):
            self.assertIs(True, self.update(OLD, **values))
        self.assertEqual('before', self.get().name)

    def test_one_update_and_nothing_else(self):
        for exp_trvsl, stack_id in ((OLD, self.stack_id),
                                    (None, self.legacy_id),
                                    (api.ANY_TRAVERSAL, self.stack_id)):
            self.assertEqual(
                (['UPDATE'], None),
                self.statements_of(self.update, exp_trvsl, stack_id))

    def test_one_select_more_tells_what_is_wrong(self):
        statements, error = self.statements_of(self.update, STALE)
        self.assertIsInstance(error, exception.ConcurrentTransition)
        self.assertEqual(['UPDATE', 'SELECT'], statements)
        statements, error = self.statements_of(self.update, OLD, 'no-stack')
        self.assertIsInstance(error, exception.NotFound)
        self.assertEqual(['UPDATE', 'SELECT'], statements)

    def test_refused_values_send_nothing(self):
        statements, error = self.statements_of(self.update, nosuch=1)
        self.assertIsInstance(error, exception.InvalidValues)
        self.assertEqual([], statements)

    def test_absent(self):
        error = self.assertNotFound(self.update, OLD, 'no-such-stack')
        self.assertIn('no-such-stack', str(error))

    def test_soft_deleted(self):
        api.stack_delete(self.context, self.stack_id, OLD)
        for exp_trvsl in (OLD, STALE, None, api.ANY_TRAVERSAL):
            self.assertNotFound(self.update, exp_trvsl)

    def test_soft_deleted_even_for_who_sees_them(self):
        api.stack_delete(self.context, self.stack_id, OLD)
        seeing = context.RequestContext(tenant_id='tenant',
                                        show_deleted=True)
        self.assertNotFound(api.stack_update, seeing, self.stack_id,
                            {'name': 'after'}, OLD)

    def test_foreign_tenant(self):
        for tenant in ('other', '', None):
            for exp_trvsl in (OLD, STALE, None, api.ANY_TRAVERSAL):
                self.assertNotFound(self.update, exp_trvsl, tenant=tenant)

    def test_no_tenant_is_nobodys(self):
        stack_id = self.create_stack(tenant=None).id
        self.assertNotFound(self.update, None, stack_id, tenant=None)
        self.assertTrue(self.update(None, stack_id, None, is_admin=True))

    def test_user_project_may(self):
        self.assertIs(True, self.update(OLD, tenant='project'))
        self.assertConflict(STALE, OLD, self.update, STALE, tenant='project')

    def test_administrator_may(self):
        for tenant in ('other', None):
            self.assertIs(True, self.update(OLD, tenant=tenant,
                                            is_admin=True))
            self.assertConflict(STALE, OLD, self.update, STALE,
                                tenant=tenant, is_admin=True)

    def test_a_stack_may_be_given_away(self):
        self.assertIs(True, self.update(OLD, tenant='project',
                                        stack_user_project_id='else'))
        self.assertNotFound(self.update, OLD, tenant='project')

    def test_ids_and_tenants_that_only_look_alike_do_not_match(self):
        stack_id = self.create_stack(
            id='abcdefé-stack', current_traversal=NEW).id
        for variant in ('ABCDEFÉ-STACK', 'abcdefe-stack', stack_id + ' ',
                        ' ' + stack_id, stack_id + '\t', ''):
            self.assertNotFound(api.stack_update, self.context, variant,
                                {'name': 'after'}, NEW)
        for tenant in ('TENANT', 'Project', 'tenant ', ' tenant', 'ténant'):
            self.assertNotFound(self.update, OLD, tenant=tenant)

    def test_values_stay_the_callers(self):
        values = {'name': 'after', 'current_traversal': NEW,
                  'current_deps': copy.deepcopy(DEPS)}
        before = copy.deepcopy(values)
        api.stack_update(self.context, self.stack_id, values, OLD)
        self.assertRaises(exception.ConcurrentTransition, api.stack_update,
                          self.context, self.stack_id, values, OLD)
        self.assertEqual(before, values)
        values['current_deps'][0].append(1)    # It is a plain list still.

    def test_updated_at_is_set(self):
        self.assertIsNone(self.get().updated_at)
        self.update()
        stack = self.get()
        self.assertGreaterEqual(stack.updated_at, stack.created_at)

    def test_updated_at_may_be_given(self):
        then = datetime.datetime(2015, 1, 1, 12, 30)
        self.update(updated_at=then)
        self.assertEqual(then, self.get().updated_at)

    def test_none_in_json_is_null(self):
        self.update(current_deps=DEPS)
        self.update(current_deps=None)
        self.assertEqual(
            [(None,)],
            self.select("SELECT current_deps FROM stack "
                        "WHERE name = 'before'"))

    def test_of_callers_with_one_expectation_one_wins(self):
        ready = threading.Barrier(4)

        def start_traversal(number):
            new = NEW[:-1] + str(number)
            ready.wait(30)
            try:
                self.update(OLD, current_traversal=new)
            except exception.ConcurrentTransition as error:
                return 'lost', error.actual
            return 'won', new

        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            results = list(pool.map(start_traversal, range(4)))
        current = self.get().current_traversal
        self.assertEqual([('lost', current)] * 3 + [('won', current)],
                         sorted(results))


class CallersTransactionTest(FenceTestCase):
    """Several calls in one transaction of the caller."""

    def transaction(self):
        return facade.context_manager.writer.using(self.context)

    def test_conflict_rolls_back_all_of_it(self):
        rows = self.rows()
        templates = self.select('SELECT * FROM raw_template ORDER BY id')

        def write_and_conflict():
            with self.transaction():
                self.create_stack(name='created')
                api.stack_update(self.context, self.legacy_id,
                                 {'name': 'after', 'current_traversal': NEW})
                api.stack_update(self.context, self.stack_id,
                                 {'name': 'after'}, STALE)

        error = self.assertRaises(exception.ConcurrentTransition,
                                  write_and_conflict)
        self.assertEqual((STALE, OLD), (error.expected, error.actual))
        self.assertEqual(rows, self.rows())
        self.assertEqual(templates, self.select(
            'SELECT * FROM raw_template ORDER BY id'))

    def test_all_of_it_is_written(self):
        with self.transaction():
            template = self.create_template()
            api.stack_update(self.context, self.stack_id, {
                'raw_template_id': template.id, 'current_traversal': NEW}, OLD)
            api.stack_update(self.context, self.stack_id, {'name': 'x'}, NEW)
        stack = self.get()
        self.assertEqual((template.id, NEW, 'x'), (
            stack.raw_template_id, stack.current_traversal, stack.name))

    def test_one_update_and_at_most_one_select(self):
        with self.transaction():
            self.assertEqual(
                (['UPDATE'], None), self.statements_of(
                    api.stack_update, self.context, self.stack_id,
                    {'name': 'after'}, OLD))
            statements, error = self.statements_of(
                api.stack_update, self.context, self.stack_id,
                {'name': 'after'}, STALE)
            self.assertIsInstance(error, exception.ConcurrentTransition)
            self.assertEqual(['UPDATE', 'SELECT'], statements)

    def test_caught_conflict_leaves_the_transaction_usable(self):
        with self.transaction():
            self.assertRaises(
                exception.ConcurrentTransition, api.stack_update,
                self.context, self.stack_id, {'name': 'after'}, STALE)
            api.stack_update(self.context, self.legacy_id, {'name': 'after'})
        self.assertEqual(('before', 'after'), (
            self.get().name, self.get(self.legacy_id).name))

    def test_not_found(self):
        with self.transaction():
            self.assertRaises(
                exception.NotFound, api.stack_update, self.context,
                'no-such-stack', {'name': 'after'}, OLD)

    def test_loaded_stack_shows_the_new_values(self):
        with self.transaction():
            stack = self.get()
            api.stack_update(self.context, self.stack_id, {
                'name': 'after', 'current_traversal': NEW,
                'current_deps': DEPS}, OLD)
            self.assertEqual(('after', NEW, DEPS), (
                stack.name, stack.current_traversal, stack.current_deps))
        # It has all, without a session to load anything from.
        self.assertEqual(('after', NEW, DEPS, 'tenant'), (
            stack.name, stack.current_traversal, stack.current_deps,
            stack.tenant))
        self.assertIsNotNone(stack.updated_at)
        self.assertEqual(
            {column.key: getattr(self.get(), column.key)
             for column in stack.__table__.columns},
            {column.key: getattr(stack, column.key)
             for column in stack.__table__.columns})

    def test_loaded_stack_does_not_share_the_callers_values(self):
        deps = copy.deepcopy(DEPS)
        with self.transaction():
            stack = self.get()
            api.stack_update(self.context, self.stack_id,
                             {'current_deps': deps}, OLD)
        deps[0].append(1)
        self.assertEqual(DEPS, stack.current_deps)
        self.assertRaises(TypeError, stack.current_deps.append, 1)

    def test_created_stack_shows_the_new_values(self):
        with self.transaction():
            stack = self.create_stack(name='created')
            api.stack_update(self.context, stack.id,
                             {'current_traversal': NEW})
        self.assertEqual(('created', NEW), (
            stack.name, stack.current_traversal))
        self.assertEqual(NEW, self.get(stack.id).current_traversal)

    def test_deleted_stack_shows_it(self):
        with self.transaction():
            stack = self.get()
            api.stack_delete(self.context, self.stack_id, OLD)
        self.assertIsNotNone(stack.deleted_at)
        self.assertEqual('before', stack.name)

    def test_loaded_templates_stay_if_they_are_not_replaced(self):
        with self.transaction():
            stack = api.stack_get(self.context, self.stack_id,
                                  eager_load=True)
            api.stack_update(self.context, self.stack_id,
                             {'name': 'after'}, OLD)
        self.assertEqual({}, stack.raw_template.template)
        self.assertIsNone(stack.prev_raw_template)

    def test_replaced_template_is_not_shown_any_more(self):
        template_id = self.create_template(template={'new': True}).id
        with self.transaction():
            stack = api.stack_get(self.context, self.stack_id,
                                  eager_load=True)
            api.stack_update(self.context, self.stack_id,
                             {'raw_template_id': template_id}, OLD)
            again = api.stack_get(self.context, self.stack_id,
                                  eager_load=True)
        self.assertIs(stack, again)
        self.assertEqual({'new': True}, stack.raw_template.template)

    def test_conflict_tells_what_is_stored_now(self):
        if self.driver == 'sqlite':
            return    # There, a transaction that has read locks others out.
        with self.transaction() as session:
            # MariaDB's default, in which reads are as old as the first one.
            if self.driver == 'mysql':
                self.assertEqual(
                    'REPEATABLE-READ', session.execute(
                        'SELECT @@tx_isolation').scalar())
            stack = self.get()
            api.stack_update(context.RequestContext(tenant_id='tenant'),
                             self.stack_id, {'current_traversal': NEW}, OLD)
            self.assertEqual(OLD, stack.current_traversal)
            error = self.assertRaises(
                exception.ConcurrentTransition, api.stack_update,
                self.context, self.stack_id, {'name': 'after'}, OLD)
            self.assertEqual((OLD, NEW), (error.expected, error.actual))
        self.assertEqual('before', self.get().name)

    @base.only_on('mysql', 'postgresql')
    def test_conflict_tells_that_it_is_deleted_now(self):
        with self.transaction():
            self.get()
            api.stack_delete(context.RequestContext(tenant_id='tenant'),
                             self.stack_id, OLD)
            self.assertRaises(
                exception.NotFound, api.stack_update, self.context,
                self.stack_id, {'name': 'after'}, OLD)


class StackDeleteTest(FenceTestCase):

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


class RawTemplateTest(FenceTestCase):
    """Templates of stacks: to change and to delete them."""

    def templates(self):
        return self.select('SELECT * FROM raw_template ORDER BY id')

    def assertDeleteRefused(self, error, template_id):
        templates = self.templates()
        error = self.assertRaises(error, api.raw_template_delete,
                                  self.context, template_id)
        self.assertIn(str(template_id), str(error))
        self.assertEqual(templates, self.templates())

    def test_update(self):
        template_id = self.create_template(files={'a': 'b'}).id
        values = {'template': {'new': [1]}}
        updated = api.raw_template_update(self.context, template_id, values)
        for found in (updated,
                      api.raw_template_get(self.context, template_id)):
            self.assertEqual(({'new': [1]}, {'a': 'b'}),
                             (found.template, found.files))
            self.assertIsNotNone(found.updated_at)
        values['template']['new'].append(2)    # It is a plain list still.

    def test_update_of_equal_values_writes_nothing(self):
        template_id = self.create_template(template={'a': [1]}).id
        statements, error = self.statements_of(
            api.raw_template_update, self.context, template_id,
            {'template': {'a': [1]}})
        self.assertEqual((['SELECT'], None), (statements, error))

    def test_update_of_none(self):
        self.assertRaises(exception.NotFound, api.raw_template_update,
                          self.context, 12345, {'template': {}})

    def test_update_refuses(self):
        template_id = self.create_template().id
        templates = self.templates()
        for values, keys in (
                ({'nosuch': 1, 'template': {}}, ['nosuch']),
                ({'id': 7}, ['id']),
                ({'created_at': None}, ['created_at']),
                ({'template': {'a': float('nan')}}, ['template']),
                ({'files': {1: 2}}, ['files'])):
            error = self.assertRaises(
                exception.InvalidValues, api.raw_template_update,
                self.context, template_id, values)
            self.assertEqual(keys, error.keys)
        self.assertEqual(templates, self.templates())

    def test_delete(self):
        template_id = self.create_template().id
        self.assertIsNone(api.raw_template_delete(self.context, template_id))
        self.assertRaises(exception.NotFound, api.raw_template_get,
                          self.context, template_id)
        self.assertDeleteRefused(exception.NotFound, template_id)

    def test_current_template_is_not_deleted(self):
        template_id = self.get().raw_template_id
        self.assertDeleteRefused(exception.InUse, template_id)
        self.update(raw_template_id=self.create_template().id)
        api.raw_template_delete(self.context, template_id)

    def test_previous_template_is_not_deleted(self):
        template_id = self.create_template().id
        self.update(prev_raw_template_id=template_id)
        self.assertDeleteRefused(exception.InUse, template_id)
        self.update(prev_raw_template_id=None)
        api.raw_template_delete(self.context, template_id)

    def test_templates_of_soft_deleted_stacks_are_not_deleted(self):
        previous = self.create_template().id
        self.update(prev_raw_template_id=previous)
        current = self.get().raw_template_id
        api.stack_delete(self.context, self.stack_id, OLD)
        for template_id in (previous, current):
            self.assertDeleteRefused(exception.InUse, template_id)
        self.execute("DELETE FROM stack WHERE name = 'before'")
        for template_id in (previous, current):
            api.raw_template_delete(self.context, template_id)

    def test_refused_delete_in_a_callers_transaction(self):
        def delete():
            with facade.context_manager.writer.using(self.context):
                api.raw_template_delete(self.context,
                                        self.get().raw_template_id)
        self.assertRaises(exception.InUse, delete)


class CopiesTest(testtools.TestCase):
    """What crosses RPC stays what it is."""

    def test_conflict(self):
        for actual in (NEW, None):
            error = exception.ConcurrentTransition('an-id', OLD, actual)
            for make_copy in COPIES:
                copied = make_copy(error)
                self.assertIs(exception.ConcurrentTransition, type(copied))
                self.assertEqual(('an-id', OLD, actual), (
                    copied.stack_id, copied.expected, copied.actual))
                self.assertEqual(str(error), str(copied))

    def test_refused_values(self):
        error = exception.InvalidValues('no good', ['b', 'a'])
        for make_copy in COPIES:
            copied = make_copy(error)
            self.assertEqual(('no good', ['a', 'b'], str(error)), (
                copied.reason, copied.keys, str(copied)))

    def test_not_found(self):
        for make_copy in COPIES:
            self.assertEqual('none', str(make_copy(
                exception.NotFound('none'))))

    def test_any_traversal(self):
        for make_copy in COPIES:
            self.assertIs(api.ANY_TRAVERSAL, make_copy(api.ANY_TRAVERSAL))
        self.assertIn('ANY_TRAVERSAL', repr(api.ANY_TRAVERSAL))
