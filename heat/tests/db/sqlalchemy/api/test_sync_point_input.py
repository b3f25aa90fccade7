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

"""Inputs that are added to a sync point."""

import collections
from concurrent import futures
import json
import time

import fixtures
import sqlalchemy as sa

from heat.db import api
from heat.db import exception
from heat.db.sqlalchemy.engine import facade
from heat.tests import at
from heat.tests import base
from heat.tests.db.sqlalchemy.api import test_sync_point
from heat.tests.db.sqlalchemy.api.test_sync_point import TRAVERSAL
from heat.tests import history
from heat.tests import proxied

ABC = ['a', 'b', 'c']
TEXTS = ('', ' ', '"', '\\', '\\"', "'", '.', '$', '$.a', '[0]', '*', '%', '_',
         '%s', ':a', '{}', '}}', '", "', '/', 'a\nb', '\0', '\u00e9', '\u65e5',
         '\U0001f600', '\ud83d', "tuple:(3, True)", "tuple:('a', 1)",
         'input_data', '{"input_data": {"', 'a' * 60000)
VALUES = (None, True, False, 0, -1, 2 ** 70, 0.1, 1e23, 1.7e308, 5e-324, '',
          'null', [], {}, [[]], {'': {}}, {'a': None, 'b': [1.0, {'c': 'd'}]},
          {'attrs': {'tuple:(\'a\', 0)': 'x' * 100000}}, *TEXTS[:-1])


class InputTestCase(test_sync_point.SyncPointTestCase):

    def add(self, name, value=None, awaited=(), context=None):
        return api.sync_point_add_input(
            context or self.context, 7, TRAVERSAL, True, name, value,
            list(awaited))

    def inputs(self):
        return self.get().input_data['input_data']

    def statements(self, function, *args):
        """Return the verbs of the statements that a function sends."""
        with base.recorded_statements(self.engine) as statements:
            function(*args)
        return [statement.split()[0] for statement in statements]


class AddTest(InputTestCase):

    def test_the_last_one_completes_it(self):
        self.create()
        self.assertEqual([False, False, True], [
            self.add(name, {'from': name}, ABC) for name in 'bca'])
        self.assertEqual({name: {'from': name} for name in ABC},
                         self.inputs())
        self.assertEqual(3, self.get().atomic_key)
        self.assertIsNotNone(self.get().updated_at)

    def test_one_update_and_one_select(self):
        self.create()
        for name in ABC:
            self.assertEqual(['UPDATE', 'SELECT'],
                             self.statements(self.add, name))

    def test_again(self):
        """Who takes over from a worker that has died hears the same."""
        self.create()
        for name in 'bca':
            self.add(name, 1, ABC)
        before = self.stored()
        for name in 'abcabc':
            self.assertEqual(name == 'a', self.add(name, 1, ABC))
        self.assertEqual(before, self.stored())

    def test_again_with_another_value(self):
        self.create()
        for name in 'bca':
            self.add(name, 1, ABC)
        for value in (True, 1.0, None, 2):
            for name in ABC:
                self.assertEqual(name == 'a', self.add(name, value, ABC))
                self.assertEqual(repr(value), repr(self.inputs()[name]))
        self.assertEqual(dict.fromkeys(ABC, 2), self.inputs())
        self.assertEqual(3 + 4 * 3, self.get().atomic_key)

    def test_not_awaited(self):
        self.create()
        self.assertEqual(
            [False, False, True, False, False],
            [self.add(name, None, ABC) for name in ('a', 'b', 'c', 'd', 'd')])
        self.assertTrue(self.add('c', None, ABC))
        self.assertFalse(self.add('e', None, []))

    def test_each_way_to_say_that_there_is_none_yet(self):
        for text in (None, 'null', '{}', '{"input_data": {}}',
                     '{"input_data": null}', '{ }', '{"input_data":{}}'):
            self.create()
            mark = '?' if self.driver == 'sqlite' else '%s'
            self.execute('UPDATE sync_point SET input_data = ' + mark, (text,))
            self.assertTrue(self.add('a', 1, 'a'))
            self.assertEqual((1, '{"input_data": {"a": 1}}'), self.stored())
            self.execute('DELETE FROM sync_point')

    def test_what_else_is_there_stays(self):
        for data in ({'input_data': {'b': 1}, 'x': {}},
                     {'x': {}, 'input_data': {'b': 1}},
                     {'INPUT_DATA': {}, 'input_data': {'b': 1}},
                     {'INPUT_DATA': {'A': 1}, 'input_data': {'b': 1}}):
            self.create(input_data=data)
            self.assertTrue(self.add('a', 2, ['a', 'b']))
            self.assertEqual({**data, 'input_data': {'a': 2, 'b': 1}},
                             self.get().input_data)
            self.execute('DELETE FROM sync_point')

    def test_no_inputs_by_their_names(self):
        for data in ([], [1], 'a', 1, False, {'input_data': 'a'},
                     {'input_data': [1]}):
            self.create(input_data=data)
            before = self.stored()
            error = self.assertRaises(exception.InvalidValues, self.add, 'a')
            self.assertEqual(['input_data'], error.keys)
            self.assertEqual(before, self.stored())
            self.execute('DELETE FROM sync_point')

    def test_absent(self):
        self.create(8)
        self.create(7, is_update=False)
        self.assertRaises(exception.NotFound, self.add, 'a')

    def test_ended_since_it_was_added(self):
        """Another input, which came later, was the last one."""
        self.create()

        def end(conn, cursor, statement, *args):
            if statement.startswith('SELECT sync_point'):
                self.execute('DELETE FROM sync_point')
        self.listen('before_cursor_execute', end)
        self.assertIs(False, self.add('a', 1, ABC))
        self.assertRaises(exception.NotFound, self.add, 'b', 1, ABC)

    def test_refused(self):
        self.create()
        for arguments, key in (((None,), 'name'), ((1,), 'name'),
                               (((1, True),), 'name'),
                               (('a', {1: 2}), 'value'),
                               (('a', float('nan')), 'value'),
                               (('a', 1, [1]), 'awaited'),
                               (('a', 'x' * 2 ** 24), 'value')):
            error = self.assertRaises(exception.InvalidValues, self.add,
                                      *arguments)
            self.assertEqual([key], error.keys)
        self.assertRaises(
            exception.InvalidValues, api.sync_point_add_input, self.context,
            7, TRAVERSAL, True, 'a', 1, 'a')
        self.assertEqual((0, '{}'), self.stored())


class JsonTest(InputTestCase):
    """What is stored is what Python's json makes of it, on every engine."""

    def test_every_name(self):
        self.create()
        for number, name in enumerate(TEXTS, 1):
            self.assertEqual(
                number == len(TEXTS), self.add(name, number, TEXTS), name)
        self.assertEqual({name: number for number, name
                          in enumerate(TEXTS, 1)}, self.inputs())
        # None of them was taken for another.
        self.assertEqual(len(TEXTS), self.get().atomic_key)

    def test_every_value(self):
        self.create()
        for number, value in enumerate(VALUES):
            self.add(str(number), value)
        self.assertEqual(json.dumps({'input_data': {
            str(number): value for number, value
            in reversed(list(enumerate(VALUES)))}}), self.stored()[1])

    def test_a_name_within_a_value(self):
        self.create()
        self.add('b', {'a': {'"a": ': '"a": '}})
        self.assertTrue(self.add('a', 1, ['a', 'b']))
        self.assertEqual({'a': 1, 'b': {'a': {'"a": ': '"a": '}}},
                         self.inputs())

    def test_names_that_only_look_alike(self):
        names = ['a', 'A', '\u00e0', 'a ', ' a']
        self.create()
        for name in names:
            self.add(name, name, names)
        self.assertEqual({name: name for name in names}, self.inputs())

    def test_another_way_to_write_the_same(self):
        self.create()
        for text in ('{"input_data": {"\u00e9": 1, "a": 2}}',
                     '{"input_data": {"\\u0061": 2, "\\u00e9": 1}}',
                     '{"input_data":{"a":2,"\u00e9":1}}'):
            mark = '?' if self.driver == 'sqlite' else '%s'
            self.execute('UPDATE sync_point SET input_data = ' + mark, (text,))
            for name in ('a', '\u00e9'):
                self.add(name, 3)
            self.assertEqual({'a': 3, '\u00e9': 3}, self.inputs())

    def test_all_together_are_too_large(self):
        self.create()
        self.add('a', 'x' * 2 ** 23)
        before = self.stored()
        for _ in range(2):
            error = self.assertRaises(exception.InvalidValues, self.add, 'b',
                                      'x' * 2 ** 23)
            self.assertEqual(['input_data'], error.keys)
        self.assertEqual(before, self.stored())


@base.only_on('mysql')
class PacketTest(InputTestCase):
    """MySQL puts nothing together that is larger than a packet."""

    def test_too_large_for_the_server(self):
        self.create()
        self.add('a', 'x' * 2 ** 23)
        before = self.stored()
        # As on a server that takes less than is checked.
        self.useFixture(fixtures.MonkeyPatch(
            'heat.db.sqlalchemy.api.json_values.MAX_JSON', 2 ** 26))
        for mode, key in (('TRADITIONAL', 'value'), ('ANSI', 'input_data')):
            with at.At(self.engine.url, mysql_sql_mode=mode):
                error = self.assertRaises(
                    exception.InvalidValues, self.add, 'b', 'x' * 2 ** 23)
            self.assertEqual([key], error.keys)
            self.assertIn('max_allowed_packet', str(error))
            self.assertEqual(before[1], self.stored()[1])


class MixedTest(InputTestCase):
    """Others read and swap."""

    def swap(self, name):
        found = self.get()
        self.update(found.atomic_key, {'input_data': {
            **found.input_data.get('input_data', {}), name: None}})

    def test_in_turns(self):
        self.create()
        self.swap('a')
        self.assertFalse(self.add('b', None, ABC))
        self.swap('d')
        self.assertTrue(self.add('c', None, ABC))
        self.swap('a')
        self.assertTrue(self.add('c', None, ABC))
        self.assertEqual(['a', 'b', 'c', 'd'], sorted(self.inputs()))
        self.assertEqual(5, self.get().atomic_key)

    def test_a_swap_does_not_lose_it(self):
        self.create()
        found = self.get()
        self.add('a')
        error = self.assertRaises(exception.SyncPointConflict, self.update,
                                  found.atomic_key, {'input_data': {}})
        self.assertEqual((1, {'input_data': {'a': None}}),
                         (error.actual, error.input_data))

    def test_a_swap_in_between(self):
        """It is found between the SELECT and the UPDATE of a merge."""
        self.create()
        self.add('a', 1)

        def interfere(conn, cursor, statement, parameters, *args):
            if not statement.startswith('UPDATE'):
                return
            updates.append(statement)
            if len(updates) == 2:
                self.execute(
                    "UPDATE sync_point SET atomic_key = 9, "
                    """input_data = '{"input_data": {"a": 1, "b": 1}}'""")
        updates = []
        self.listen('before_cursor_execute', interfere)
        self.assertFalse(self.add('a', 2, ABC))
        self.assertEqual(5, len(updates))
        self.assertEqual((10, {'a': 2, 'b': 1}),
                         (self.get().atomic_key, self.inputs()))


class CallersTransactionTest(InputTestCase):

    def test_added_and_merged(self):
        self.create()
        with facade.context_manager.writer.using(self.context) as session:
            session.execute(sa.text('SELECT 1 FROM sync_point')).all()
            self.assertFalse(self.add('a', 1, ABC))
            self.assertFalse(self.add('a', 2, ABC))
            self.assertFalse(self.add('b', 1, ABC))
            self.assertTrue(self.add('c', 1, ABC))
        self.assertEqual({'a': 2, 'b': 1, 'c': 1}, self.inputs())

    def test_a_loaded_sync_point_shows_it(self):
        self.create()
        with facade.context_manager.writer.using(self.context):
            row = self.get()
            for value in 1, 2:
                self.add('a', value)
                self.assertEqual(({'input_data': {'a': value}}, value),
                                 (row.input_data, row.atomic_key))

    # On SQLite, a transaction sees what is stored, or is refused.
    @base.only_on('mysql', 'postgresql')
    def test_is_older_than_what_is_stored(self):
        self.create()
        with facade.context_manager.writer.using(self.context):
            self.get()
            self.execute('UPDATE sync_point SET atomic_key = 5, '
                         """input_data = '{"input_data": {"a": 1}}'""")
            self.assertTrue(self.add('a', 2, ['a']))
        self.assertEqual((6, '{"input_data": {"a": 2}}'), self.stored())


class LostConnectionTest(InputTestCase, proxied.ProxiedTestCase):
    """The answer to the call that was the last one is lost."""

    def test_is_told_none_the_less(self):
        for when in ('before', 'after', 'middle'):
            for statement in (b'UPDATE sync_point', b'SELECT sync_point'):
                self.create()
                self.add('a', 1, ABC)
                self.add('b', 1, ABC)
                cut = self.proxy.cut(when, statement)
                self.assertTrue(self.add('c', 1, ABC))
                self.assertEqual(1, cut.done)
                self.assertEqual(['c', 'b', 'a'], list(self.inputs()))
                self.assertEqual(3, self.get().atomic_key)
                self.execute('DELETE FROM sync_point')

    def test_others_meanwhile(self):
        def add_others():
            self.add('c', 1, ABC)
            self.add('d', 1, ABC)
        for when, is_last in (('before', True), ('after', False)):
            self.create()
            self.add('a', 1, ABC)
            self.proxy.cut(when, b'UPDATE sync_point', then=add_others)
            self.assertEqual(is_last, self.add('b', 1, ABC))
            self.assertEqual(not is_last, self.add('c', 1, ABC))
            self.execute('DELETE FROM sync_point')

    def test_comes_late(self):
        self.create()
        late = self.proxy.cut('late', b'UPDATE sync_point')
        self.add('a', 1)
        self.add('b', 1)
        self.add('a', 2)
        before = self.stored()
        late.deliver()
        self.assertEqual(before, self.stored())


class ManyTest(InputTestCase):
    """Many workers add to one sync point at once, and none in vain."""

    NUMBER = 100
    WORKERS = 8

    def test_at_once(self):
        names = ['tuple:(%d, True)' % number for number in range(self.NUMBER)]
        self.create()
        self.engine = self.useFixture(
            at.At(self.engine.url, max_pool_size=self.WORKERS)).engine

        def work(name):
            start = time.monotonic_ns()
            told = self.add(name, {'id': name}, names, at.request())
            return history.Addition(name, start, time.monotonic_ns(), told)

        with (base.recorded_statements(self.engine) as statements,
              futures.ThreadPoolExecutor(self.WORKERS) as executor):
            additions = list(executor.map(work, names))
        if self.driver != 'sqlite':  # where a file may be busy for long
            verbs = [statement.split()[0] for statement in statements]
            self.assertEqual({'UPDATE': self.NUMBER, 'SELECT': self.NUMBER},
                             collections.Counter(verbs))
        inputs = self.inputs()
        self.assertEqual({name: {'id': name} for name in names}, inputs)
        self.assertEqual([], history.check_additions(additions, list(inputs)))
        # The last one is told so each time.
        self.assertEqual([one.told for one in additions], [
            self.add(name, {'id': name}, names) for name in names])
        self.assertEqual(self.NUMBER, self.get().atomic_key)
