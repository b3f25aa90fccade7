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

import copy
import json
import pickle

import testtools

from heat.db.sqlalchemy import types


class FrozenJsonTest(testtools.TestCase):

    VALUE = {'a': [1, {'b': None}], 'c': {'d': 'e'}}

    def setUp(self):
        super().setUp()
        self.frozen = types.freeze(self.VALUE)

    def test_equals_the_plain_value(self):
        self.assertEqual(self.VALUE, self.frozen)
        self.assertEqual(json.dumps(self.VALUE), json.dumps(self.frozen))

    def test_scalars_stay(self):
        for value in (None, True, 1, 'text'):
            self.assertIs(value, types.freeze(value))

    def test_every_change_is_refused_at_every_depth(self):
        changes = {
            dict: ("value['x'] = 1", "del value['x']", "value |= {'x': 1}",
                   'value.clear()', "value.pop('x')", 'value.popitem()',
                   "value.setdefault('x', 1)", 'value.update(x=1)'),
            list: ('value[0] = 1', 'del value[0]', 'value[:] = []',
                   'value += [1]', 'value *= 2', 'value.append(1)',
                   'value.clear()', 'value.extend([1])',
                   'value.insert(0, 1)', 'value.pop()', 'value.remove(1)',
                   'value.reverse()', 'value.sort()'),
        }
        for kind, statements in changes.items():
            for value in (self.frozen, self.frozen['a'],
                          self.frozen['a'][1], self.frozen['c']):
                if isinstance(value, kind):
                    for statement in statements:
                        self.assertRaisesRegex(
                            TypeError, 'deepcopy', exec, statement,
                            {'value': value})
        self.assertEqual(self.VALUE, self.frozen)

    def test_no_method_that_changes_was_forgotten(self):
        readers = {
            dict: {'copy', 'fromkeys', 'get', 'items', 'keys', 'values'},
            list: {'copy', 'count', 'index'},
        }
        for kind, frozen in ((dict, types.FrozenDict),
                             (list, types.FrozenList)):
            public = {name for name in vars(kind) if name[0] != '_'}
            self.assertEqual(readers[kind], public - set(vars(frozen)))

    def test_copies_and_pickles_are_plain(self):
        for plain in (copy.deepcopy(self.frozen),
                      pickle.loads(pickle.dumps(self.frozen))):
            self.assertEqual(self.VALUE, plain)
            for value in (plain, plain['a'], plain['a'][1]):
                self.assertIn(type(value), (dict, list))
        self.assertIs(dict, type(copy.copy(self.frozen)))

    def test_caller_keeps_a_value_of_its_own(self):
        value = copy.deepcopy(self.VALUE)
        frozen = types.freeze(value)
        value['a'].append(2)
        self.assertEqual(self.VALUE, frozen)

    def test_a_copy_is_the_callers_own(self):
        plain = copy.deepcopy(self.frozen)
        plain['a'][1]['b'] = 'mine'
        plain['a'].append(2)
        self.assertEqual(self.VALUE, self.frozen)


class SharedJsonTest(testtools.TestCase):

    def read(self, text):
        # Drivers make a new text of each row.
        return types.Json().process_result_value(''.join(text), None)

    def test_a_long_text_is_decoded_once(self):
        text = json.dumps({'a': ['x' * types.SHORTEST_SHARED]})
        value = self.read(text)
        self.assertEqual(json.loads(text), value)
        self.assertIs(value, self.read(text))
        self.assertIs(value, types.freeze(types.JsonText(text)))
        self.assertIsInstance(value['a'], types.FrozenList)

    def test_bytes_are_read_however_long(self):
        """Drivers return them of a column or a value that is binary."""
        for size in (1, types.SHORTEST_SHARED):
            value = {'a': ['x' * size]}
            self.assertEqual(value, types.Json().process_result_value(
                json.dumps(value).encode(), None))

    def test_short_and_huge_texts_are_decoded_each_time(self):
        for size in (types.SHORTEST_SHARED // 2, types.LONGEST_SHARED):
            text = json.dumps(['x' * size])
            self.assertIsNot(self.read(text), self.read(text))
