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

"""What no column can hold is refused by its name, and nothing is changed."""

import datetime
import uuid

from oslo_config import fixture as config_fixture

from heat.common import config
from heat.common import context
from heat.db import api
from heat.db import exception
from heat.db.sqlalchemy.engine import facade
from heat.tests import base

TRAVERSAL = 'abcdef00-1111-4111-8111-111111111111'
MIB = 2 ** 20
NOWHERE = 123456

NO_TRAVERSALS = (
    ' ', 'None', 'NULL', 'no-uuid', TRAVERSAL.upper(),
    TRAVERSAL.replace('-', ''), '{%s}' % TRAVERSAL, 'urn:uuid:' + TRAVERSAL,
    TRAVERSAL + ' ', ' ' + TRAVERSAL, TRAVERSAL + '\n', TRAVERSAL + '0',
    TRAVERSAL[:-1], TRAVERSAL[:-1] + 'g', TRAVERSAL[:-1] + '\uff11',
    TRAVERSAL * 1000, TRAVERSAL.encode(), uuid.UUID(TRAVERSAL), 0, 1, True,
    1.5, [TRAVERSAL], {})

NO_JSON = (
    float('nan'), float('inf'), -float('inf'), {1, 2}, {1: 'a'}, {None: 'a'},
    {('a', 'b'): 1}, {'a': [{True: 1}]}, b'a', object(), 1j,
    datetime.datetime(2015, 1, 1), range(3))

NO_DEPS = (
    {}, {'a': 'b'}, {'edges': None}, {'edges': {}}, {'edges': [1]},
    {'edges': [[1]]}, {'Edges': [[1, None]]},
    'ab', '', 0, 5, True, b'ab', {1, 2}, iter([]),
    [1], [None], ['ab'], [[]], [[1]], [[1, 2, 3]], [[1, 2], [3]],
    [{'a': 1, 'b': 2}], [[1, 2], None])

NO_TEXTS = (5, 0, True, 1.5, b'text', ['a'], {}, uuid.UUID(TRAVERSAL),
            'a\0b', '\0', 'a\ud800b', '\udfff')
NO_INTEGERS = (2 ** 31, -2 ** 31 - 1, 2 ** 40, -2 ** 40, 10 ** 30, '5', '',
               'five', 5.0, 5.5, True, float('nan'), b'5', [5])
NO_BOOLEANS = ('yes', 'True', '', 1, 0, 2, 0.0, [], b'1')
NO_TIMES = (
    '2015-01-01', '2015-01-01 00:00:00', '', 0, 1420070400, True,
    datetime.date(2015, 1, 1), datetime.time(1, 2),
    datetime.datetime(2015, 1, 1, tzinfo=datetime.timezone.utc))

LENGTHS = {'name': 255, 'username': 256, 'owner_id': 36, 'action': 255,
           'status': 255, 'tenant': 256, 'stack_user_project_id': 64,
           'parent_resource_name': 255}
REFERENCES = ('raw_template_id', 'prev_raw_template_id', 'user_creds_id')


def nested(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value


class BadInputTestCase(base.APITestCase):

    def setUp(self):
        super().setUp()
        self.template_id = self.create_template().id
        self.stack_id = self.create_stack(
            name='before', raw_template_id=self.template_id,
            current_deps=[[1, None]], timeout=5).id

    def rows(self):
        return self.select('SELECT * FROM stack ORDER BY id')

    def update(self, exp_trvsl=None, **values):
        return api.stack_update(self.context, self.stack_id, values,
                                exp_trvsl)

    def create(self, **values):
        return self.create_stack(**{'raw_template_id': self.template_id,
                                    **values})

    def assertInvalid(self, keys, function, *args, **values):
        """It is refused by name, changes nothing, and the next call works."""
        rows = self.rows()
        self.assertRefused(keys, function, *args, **values)
        self.assertEqual(rows, self.rows())
        self.assertIs(True, self.update(name='before'))

    def assertRefused(self, keys, function, *args, **values):
        error = self.assertRaises(exception.InvalidValues, function, *args,
                                  **values)
        self.assertEqual(sorted(keys), error.keys)
        for key in keys:
            self.assertIn(key, str(error))
        self.assertNotIn('\n', str(error))
        self.assertLess(len(str(error)), 200)

    def assertAllInvalid(self, key, values):
        """So is each of the values, in a write and in a new stack."""
        rows = self.rows()
        for value in values:
            self.assertRefused([key], self.update, **{key: value})
            self.assertRefused([key], self.create, **{key: value})
        self.assertEqual(rows, self.rows())
        self.assertIs(True, self.update(name='before'))

    def assertExactOrInvalid(self, **values):
        """It is written as it is, or refused by name; never changed."""
        try:
            self.update(**values)
        except exception.InvalidValues as error:
            self.assertLessEqual(set(error.keys), set(values))
            self.assertEqual('before', self.get().name)
        else:
            stack = self.get()
            # What differs may have megabytes; do not print it.
            self.assertEqual([], [key for key, value in values.items()
                                  if getattr(stack, key) != value])
        self.assertIs(True, self.update(name='before'))

    def get(self):
        return api.stack_get(self.context, self.stack_id)


class BadInputTest(BadInputTestCase):

    def test_unknown_columns(self):
        for function in (self.update, self.create):
            self.assertInvalid(['nosuch'], function, nosuch=1, name='after')
            self.assertInvalid(['Name', 'name '], function,
                               **{'Name': 'a', 'name ': 'b', 'name': 'c'})
            self.assertInvalid(['raw_template'], function, raw_template=None)
        self.assertInvalid(['1', 'None'], api.stack_update, self.context,
                           self.stack_id, {1: 2, None: 3, 'name': 'after'})

    def test_fixed_columns(self):
        then = datetime.datetime(2015, 1, 1)
        for values in ({'id': 'another'}, {'id': self.stack_id},
                       {'created_at': then}, {'deleted_at': then},
                       {'deleted_at': None}, {'id': None, 'created_at': None}):
            self.assertInvalid(list(values), self.update, **values)
            self.assertInvalid(list(values), self.update, name='after',
                               **values)

    def test_nothing_to_write(self):
        for values in ({}, None):
            self.assertInvalid(['values'], api.stack_update, self.context,
                               self.stack_id, values)

    def test_traversal(self):
        self.assertAllInvalid('current_traversal', NO_TRAVERSALS)

    def test_expected_traversal(self):
        for exp_trvsl in NO_TRAVERSALS + ('ANY_TRAVERSAL', 'any traversal'):
            self.assertInvalid(['exp_trvsl'], self.update, exp_trvsl,
                               name='after')

    def test_deps_that_are_no_pairs(self):
        self.assertAllInvalid('current_deps', NO_DEPS)

    def test_deps_that_json_can_not_hold(self):
        self.assertAllInvalid('current_deps',
                              [[[1, value]] for value in NO_JSON])
        self.assertAllInvalid('current_deps',
                              [[[value, None]] for value in NO_JSON])

    def test_other_json(self):
        for value in NO_JSON:
            for template in value, {'a': [value]}:
                self.assertInvalid(['template'], self.create_template,
                                   template=template)

    def test_nested_too_deep(self):
        deep = nested(100000)
        circle = []
        circle.append(circle)
        for value in (deep, circle):
            self.assertInvalid(['template'], self.create_template,
                               template={'a': value})
            self.assertAllInvalid('current_deps', [[[value, None]]])

    def test_what_is_written_can_be_read_from_deeper_calls(self):
        def get_from(depth):
            return get_from(depth - 1) if depth else self.get()
        for depth in range(25, 1000, 25):
            try:
                self.update(current_deps=[[nested(depth), None]])
            except exception.InvalidValues:
                break
            self.assertEqual([[nested(depth), None]],
                             get_from(200).current_deps)

    def test_numbers_of_too_many_digits(self):
        self.assertInvalid(['template'], self.create_template,
                           template={'a': 10 ** 5000})
        self.assertAllInvalid('current_deps', [[[10 ** 5000, None]]])

    def test_30_mib(self):
        text = 'x' * 30 * MIB
        self.assertAllInvalid('current_deps', [[[text, None]]])
        self.assertInvalid(['template'], self.create_template,
                           template={'a': text})
        self.assertInvalid(['files'], self.create_template,
                           files={'a': text})

    def test_more_than_a_statement_can_hold(self):
        # MariaDB takes 16 MiB, and hangs up. Escaped characters count twice.
        self.useFixture(config_fixture.Config(config.CONF)).config(
            group='database', db_max_retries=0)
        self.assertExactOrInvalid(current_deps=[['\\' * 7 * MIB, None]])

    def test_too_large_is_not_sent_again(self):
        with base.recorded_statements(self.engine) as statements:
            try:
                self.create(current_deps=[['\\' * 7 * MIB, None]])
            except exception.InvalidValues:
                self.assertEqual('mysql', self.driver)
        self.assertEqual(1, len([sent for sent in statements
                                 if sent.startswith('INSERT INTO stack')]))

    def test_none_in_not_null_columns(self):
        for key in ('raw_template_id', 'disable_rollback'):
            self.assertAllInvalid(key, [None])
        self.assertInvalid(['id'], self.create, id=None)

    def test_not_null_columns_left_out_of_a_new_stack(self):
        for values, keys in (
                ({'raw_template_id': self.template_id}, ['disable_rollback']),
                ({'disable_rollback': False}, ['raw_template_id']),
                ({}, ['disable_rollback', 'raw_template_id'])):
            self.assertInvalid(keys, api.stack_create, self.context,
                               {'tenant': 'tenant', **values})

    def test_references_to_nothing(self):
        for key in REFERENCES:
            for number in (NOWHERE, 0, -1):
                self.assertInvalid([key], self.update, **{key: number})
        self.assertInvalid(['raw_template_id'], self.create,
                           raw_template_id=NOWHERE)

    def test_reference_to_nothing_in_a_callers_transaction(self):
        # The template is there for this transaction only.
        with facade.context_manager.writer.using(self.context):
            template_id = self.create_template().id
            self.assertRefused(['prev_raw_template_id'], self.update,
                               raw_template_id=template_id,
                               prev_raw_template_id=NOWHERE)

    def test_reference_to_nothing_beside_a_good_one(self):
        self.assertInvalid(['prev_raw_template_id'], self.update,
                           raw_template_id=self.template_id,
                           prev_raw_template_id=NOWHERE)

    def test_empty_reference(self):
        resource_id = self.create_resource().id
        for function, arguments, others in (
                (api.resource_create, (), {}),
                (api.resource_update_and_save, (resource_id,), {}),
                (api.event_create, (), {}),
                (api.snapshot_create, (), {'tenant': 'tenant'}),
                (api.sync_point_create, (), {
                    'entity_id': '1', 'traversal_id': '1', 'is_update': True,
                    'atomic_key': 0})):
            self.assertRefused(['stack_id'], function, self.context,
                               *arguments, {'stack_id': '', **others})

    def test_characters_that_a_table_may_not_hold(self):
        # MySQL's utf8 ends at U+FFFF.
        for text in ('\U0001f600', 'a\U0001f600b', '日本\U00020bb7'):
            for key in ('name', 'status_reason', 'username'):
                self.assertExactOrInvalid(**{key: text})
            self.assertExactOrInvalid(current_deps=[[text, None]])

    def test_characters_in_a_new_stack(self):
        try:
            stack = self.create(name='a\U0001f600b')
        except exception.InvalidValues as error:
            self.assertEqual(['name'], error.keys)
            self.assertEqual(1, len(self.rows()))
        else:
            self.assertEqual('a\U0001f600b', api.stack_get(
                self.context, stack.id).name)
        self.assertIs(True, self.update(name='after'))

    def test_all_other_characters(self):
        for text in ('\u00e9\u65e5\uffff', '\x01\x1a\x7f', '\\\'"%s%%:a\n',
                     ' a ', '', 'NULL'):
            self.update(name=text)
            self.assertEqual(text, self.get().name)

    def test_wrong_types(self):
        for key in LENGTHS:
            self.assertAllInvalid(key, NO_TEXTS[:3])
        self.assertAllInvalid('name', NO_TEXTS)
        for key in ('timeout', 'nested_depth', 'raw_template_id'):
            self.assertAllInvalid(key, NO_INTEGERS)
        for key in ('backup', 'disable_rollback', 'convergence'):
            self.assertAllInvalid(key, NO_BOOLEANS)
        self.assertAllInvalid('updated_at', NO_TIMES)
        for value in NO_TIMES:
            for key in ('created_at', 'deleted_at'):
                self.assertInvalid([key], self.create, **{key: value})

    def test_lengths(self):
        for key, length in LENGTHS.items():
            self.assertAllInvalid(
                key, ['x' * (length + 1), '\u65e5' * (length + 1),
                      'x' * length + ' ', 'x' * 100000])
        self.assertInvalid(['id'], self.create, id='x' * 37)
        # The longest ones fit, whatever a character takes.
        self.update(**{key: '\u65e5' * length
                       for key, length in LENGTHS.items()
                       if key != 'tenant'})
        stack = self.get()
        for key in set(LENGTHS) - {'tenant'}:
            self.assertEqual('\u65e5' * LENGTHS[key], getattr(stack, key))

    def test_fractions_of_a_second_are_not_refused(self):
        # MySQL's DATETIME has none, and rounds.
        time = datetime.datetime(2015, 1, 1, 0, 0, 0, 999999)
        self.update(updated_at=time)
        self.assertLessEqual(abs(self.get().updated_at - time),
                             datetime.timedelta(seconds=1))

    def test_good_values_beside_a_bad_one_are_not_written(self):
        self.assertInvalid(['timeout'], self.update, name='after',
                           timeout=2 ** 40, status='COMPLETE')

    def test_texts_that_are_no_ids(self):
        for stack_id in ('', 'x' * 5000, 'a\0b', '\ud800', '\U0001f600'):
            self.assertRaises(exception.NotFound, api.stack_update,
                              self.context, stack_id, {'name': 'after'})
            self.assertIsNone(api.stack_get(self.context, stack_id))
        self.assertEqual('before', self.get().name)

    def test_texts_that_are_no_tenants(self):
        for tenant in ('', 'x' * 5000, 'a\0b', '\ud800', '\U0001f600'):
            foreign = context.RequestContext(tenant_id=tenant)
            self.assertRaises(exception.NotFound, api.stack_update,
                              foreign, self.stack_id, {'name': 'after'})
            self.assertIsNone(api.stack_get(foreign, self.stack_id))

    def test_ids_that_are_no_texts(self):
        for stack_id in (0, 1, True, None, 1.5, self.stack_id.encode(),
                         [self.stack_id], {}):
            self.assertRaises(
                (exception.NotFound, exception.InvalidValues),
                api.stack_update, self.context, stack_id, {'name': 'after'})
        self.assertEqual('before', self.get().name)


@base.only_on('mysql')
class LenientServer:
    """A server that would cut and replace without a word."""

    SETTINGS = ("SET SESSION sql_mode = ''",)

    def setUp(self):
        super().setUp()
        self.useFixture(config_fixture.Config(config.CONF)).config(
            mysql_sql_mode='', group='database')
        self.addCleanup(self.engine.dispose)
        self.listen('checkout', self.be_lenient)
        self.assertEqual([('',)], self.select('SELECT @@sql_mode'))

    def be_lenient(self, dbapi_connection, *args):
        with dbapi_connection.cursor() as cursor:
            for setting in self.SETTINGS:
                cursor.execute(setting)


class LenientBadInputTest(LenientServer, BadInputTest):
    """The same without strict mode."""


class LenientCharactersTest(LenientServer, BadInputTestCase):
    """And with ?charset=utf8 in the URL."""

    SETTINGS = LenientServer.SETTINGS + ('SET NAMES utf8mb3',)

    test_characters = BadInputTest.test_characters_that_a_table_may_not_hold
    test_new_stack = BadInputTest.test_characters_in_a_new_stack
