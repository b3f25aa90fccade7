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

"""Every function of heat.db.api is handed every kind of wrong argument."""

import datetime
import decimal
import inspect
import uuid

from heat.common import context
from heat.db import api
from heat.db import exception
from heat.tests import base
from heat.tests.db.sqlalchemy.api import calls
from heat.tests.db.sqlalchemy.api import every_call

TRAVERSAL = '11111111-1111-4111-8111-111111111111'

# What operators call; they take no context.
NOT_OF_ENGINES = {'ANY_ENGINE', 'ANY_TRAVERSAL', 'MigrationListener',
                  'PurgeListener', 'get_engine', 'purge_deleted'}

KINDS = (
    None, True, False, 0, 1, -1, 2 ** 31, 2 ** 70, -2 ** 70, 1.0, 1.5,
    float('nan'), float('inf'), decimal.Decimal(1), 1j, '', ' ', '0', '1',
    '1-aaaa', '1.0', 'None', 'NULL', '%', '_', "' OR 1=1 --", '%s %(a)s {}',
    'x' * 5000, 'a\0b', '\ud800', '\udfff', '\U0001f600', '\u00e9',
    'a\nb', 'a\rb', '\x1b[31m', b'', b'1', bytearray(b'1'), [], [1], ['a'],
    [None], [[]], list(range(40000)), (), (1,), {}, {1: 2}, {'a': 1},
    {'name': {}}, set(), {1}, frozenset(['a']), range(3), iter([]), object(),
    int, len, Exception('x'), uuid.UUID(TRAVERSAL),
    datetime.datetime(2015, 1, 1), datetime.date(2015, 1, 1))

FLAGS = {'context', 'eager_load', 'redact', 'refresh', 'refresh_data',
         'show_deleted', 'show_hidden', 'show_nested', 'soft_delete',
         'stack_id_only', 'tenant_safe', 'verbose'}

REFUSALS = (exception.InvalidValues, exception.NotFound, exception.InUse,
            exception.LostSwap, exception.InvalidEncryptionKey)


class FunctionsTest(base.APITestCase):

    def test_every_function_has_a_call(self):
        world = calls.World()
        functions = {name for name in api.__all__ if
                     not name.startswith('db_')} - NOT_OF_ENGINES
        every = [call for noun in calls.NOUNS.values()
                 for call in noun.calls(world)]
        self.assertEqual(functions, {call.name for call in every})
        for call in every:
            parameters = set(inspect.signature(
                getattr(api, call.name)).parameters)
            # What is left are flags, of which the truth counts.
            self.assertLessEqual(
                parameters - set(call.arguments), FLAGS, call.name)


class WrongArgumentsTest(every_call.EveryCallTestCase):

    def test_contexts(self):
        for prepare in self.every_call():
            call, world = prepare()
            before = self.rows()
            for kind in KINDS:
                error = self.assertRaises(exception.InvalidValues, call.make,
                                          kind)
                self.assertEqual(['context'], error.keys, call.name)
            self.assertEqual(before, self.rows(), call.name)

    def test_one_argument_is_wrong(self):
        for prepare in self.every_call():
            call, world = prepare()
            for argument in call.arguments:
                before = self.rows()
                for kind in KINDS:
                    if not call.is_right(argument, kind):
                        self.make(call, world.context, argument, kind)
                # Each write that succeeds with a wrong argument shows here.
                self.assertEqual(before, self.rows(), (call.name, argument))
            call.make(world.context)

    def make(self, call, context, argument, kind):
        """Make a call, which may refuse in one line."""
        try:
            call.make(context, **{argument: kind})
        except REFUSALS as error:
            text = str(error)
            self.assertTrue(text.isprintable(), repr(text))
            self.assertLess(len(text), 6000)
            self.assertNotIn('Traceback', text)


class WrongTypesTest(base.APITestCase):

    def setUp(self):
        super().setUp()
        self.template_id = self.create_template().id
        self.stack_id = self.create_stack(
            name='Parent', raw_template_id=self.template_id).id
        self.create_stack(name='child', owner_id=self.stack_id,
                          raw_template_id=self.template_id)
        self.create_stack(name='Parent', tenant='other',
                          raw_template_id=self.template_id)

    def dump(self):
        return [self.select('SELECT * FROM %s ORDER BY id' % table)
                for table in ('raw_template', 'stack')]

    def test_ids_of_the_wrong_type_are_no_ids(self):
        number = self.template_id
        unused = self.create_template().id
        before = self.dump()
        for key in (number, unused):
            for wrong in (str(key), '%d-aaaa' % key, float(key),
                          decimal.Decimal(key), ' %d' % key, '%d.0' % key,
                          bool(key), [key], (key,), {key}, str(key).encode()):
                for name, arguments in (
                        ('raw_template_get', ()),
                        ('raw_template_update', ({'template': {'a': 1}},)),
                        ('raw_template_delete', ())):
                    self.assertRaises(exception.NotFound, getattr(api, name),
                                      self.context, wrong, *arguments)
        self.assertEqual(before, self.dump())

    def test_what_only_looks_alike_does_not_match(self):
        for name in ('parent', 'PARENT', 'P\u00e0rent', 'Parent ',
                     'Paren\u0301t'):
            self.assertIsNone(api.stack_get_by_name(self.context, name))
            for value in (name, [name], [name, 'nobody']):
                self.assertEqual(0, api.stack_count_all(
                    self.context, filters={'name': value}))
        self.assertEqual(1, api.stack_count_all(
            self.context, filters={'name': ['Parent', 'nobody']}))
        self.assertEqual([], api.stack_get_all_by_owner_id(
            self.context, self.stack_id.upper()))
        self.assertEqual([], api.stack_get_all_by_owner_id(self.context, 0))

    def test_filters_of_a_wrong_type(self):
        for key, kinds in (
                ('name', (0, True, 1.5, b'a', {}, [0], ['a', 0], '\ud800')),
                ('timeout', ('5', True, 5.0, 2 ** 70, ['5'])),
                ('backup', (0, 'yes', [1])),
                ('created_at', ('2015-01-01', 0))):
            for kind in kinds:
                for function in (api.stack_get_all, api.stack_count_all):
                    error = self.assertRaises(
                        exception.InvalidValues, function, self.context,
                        filters={key: kind})
                    self.assertEqual([key], error.keys)

    def test_long_lists_in_filters(self):
        names = ['Parent'] + ['name %d' % number for number in range(9999)]
        self.assertEqual(1, api.stack_count_all(
            self.context, filters={'name': names}))
        self.assertRaises(
            exception.InvalidValues, api.stack_count_all, self.context,
            filters={'name': names * 4})

    def test_one_sort_key_needs_no_list(self):
        for sort_key in ('stack_name', 'creation_time'):
            self.assertEqual(
                [stack.id for stack in api.stack_get_all(
                    self.context, sort_keys=[sort_key], show_nested=True)],
                [stack.id for stack in api.stack_get_all(
                    self.context, sort_keys=sort_key, show_nested=True)])

    def test_only_true_is_an_administrator(self):
        for kind in ('no', 'yes', 1, [1], object()):
            no_admin = context.RequestContext(tenant_id='third')
            no_admin.is_admin = kind
            self.assertIsNone(api.stack_get(no_admin, self.stack_id))
            self.assertEqual(0, api.stack_count_all(no_admin))
            self.assertRaises(exception.NotFound, api.stack_update, no_admin,
                              self.stack_id, {'name': 'new'})

    def test_stacks_of_other_tenants_are_not_created(self):
        for creator, tenants in (
                (self.context, ('other', None, '', 'Tenant', 'tenant ')),
                (context.RequestContext(), (None, 'tenant'))):
            for tenant in tenants:
                error = self.assertRaises(
                    exception.InvalidValues, api.stack_create, creator,
                    {'raw_template_id': self.template_id,
                     'disable_rollback': True, 'tenant': tenant})
                self.assertEqual(['tenant'], error.keys)
        admin = context.RequestContext(is_admin=True)
        self.assertEqual('other', api.stack_create(
            admin, {'raw_template_id': self.template_id, 'tenant': 'other',
                    'disable_rollback': True}).tenant)


class HeatRowsTest(base.APITestCase):
    """Rows as Heat's engines leave them."""

    EDGES = {'edges': [[[1, True], [2, True]], [[2, True], None]]}

    def test_edges(self):
        stack_id = self.create_stack(current_deps=self.EDGES).id
        self.assertEqual(self.EDGES, api.stack_get(
            self.context, stack_id).current_deps)
        api.stack_update(self.context, stack_id, {
            'current_deps': {'edges': []}})
        self.assertEqual({'edges': []}, api.stack_get(
            self.context, stack_id).current_deps)

    def test_failed_traversal(self):
        stack_id = self.create_stack(current_traversal=TRAVERSAL).id
        api.stack_update(self.context, stack_id, {
            'current_traversal': '', 'status': 'FAILED'}, TRAVERSAL)
        for expected in (TRAVERSAL, None):
            error = self.assertRaises(
                exception.ConcurrentTransition, api.stack_update,
                self.context, stack_id, {'status': 'COMPLETE'}, expected)
            self.assertEqual(('', expected), (error.actual, error.expected))
        self.assertTrue(api.stack_update(
            self.context, stack_id,
            {'current_traversal': TRAVERSAL.replace('1', '2')}, ''))
        self.assertRaises(
            exception.ConcurrentTransition, api.stack_update, self.context,
            stack_id, {'status': 'COMPLETE'}, '')

    def test_no_traversal_is_not_the_failed_one(self):
        stack_id = self.create_stack().id
        error = self.assertRaises(
            exception.ConcurrentTransition, api.stack_update, self.context,
            stack_id, {'status': 'COMPLETE'}, '')
        self.assertIsNone(error.actual)
