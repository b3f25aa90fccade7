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

"""Any sequence of calls does what a plain dictionary of sync points would."""

import json

import hypothesis
from hypothesis import stateful
from hypothesis import strategies
from oslo_db import exception as db_exception

from heat.db import api
from heat.db import exception
from heat.tests import base
from heat.tests.db.sqlalchemy.api.test_stateful import SETTINGS
from heat.tests.db.sqlalchemy.api.test_stateful import TRAVERSALS

NAMES = ['a', 'A', 'tuple:(1, True)', '"', '\\', '\U0001f600\0', '}}']

# Few, so that there often is one.
keys = strategies.tuples(
    strategies.sampled_from([7, '7', 'x']),
    strategies.sampled_from(TRAVERSALS[:1] * 3 + TRAVERSALS[1:2]),
    strategies.sampled_from([True, True, False]))
# To us they are not those, though they may be to a server.
others = strategies.tuples(
    strategies.sampled_from(['X', 'x ', '07']),
    strategies.sampled_from(TRAVERSALS[:2]), strategies.booleans())
any_keys = strategies.one_of(keys, keys, keys, others)
names = strategies.sampled_from(NAMES)
texts = strategies.text('aé日\'"\\%:? {}\0\U0001f600', max_size=5)
values = strategies.recursive(
    strategies.none() | strategies.booleans() | strategies.integers(-2, 2) |
    strategies.floats(-1, 1) | texts,
    lambda inner: strategies.lists(inner, max_size=2) |
    strategies.dictionaries(texts | names, inner, max_size=2), max_leaves=4)
inputs = strategies.dictionaries(names, values, max_size=3)
# What engines store, and what they would not.
data = strategies.one_of(
    strategies.sampled_from([None, {}, {'input_data': {}},
                             {'input_data': None}]),
    inputs.map(lambda some: {'input_data': some}),
    inputs.map(lambda some: {'INPUT_DATA': some, 'input_data': some}),
    values)


class ModelPoint:
    """What the API should remember of a sync point."""

    def __init__(self, stack_id, input_data):
        self.stack_id = stack_id
        self.atomic_key = 0
        self.input_data = input_data

    def add(self, name, value, awaited):
        """Add an input; return whether it is the last one."""
        inputs = self.inputs()
        if name not in inputs:
            inputs = {name: value, **inputs}
            self.write(inputs)
        elif json.dumps(inputs[name]) != json.dumps(value):
            inputs = {**inputs, name: value}
            self.write(inputs)
        first = [one for one in inputs if one in awaited][:1]
        return set(awaited) <= inputs.keys() and first == [name]

    def inputs(self):
        if self.input_data is None:
            return {}
        inputs = (self.input_data.get('input_data', {})
                  if isinstance(self.input_data, dict) else self.input_data)
        if inputs is not None and not isinstance(inputs, dict):
            raise exception.InvalidValues('no inputs', ['input_data'])
        return inputs or {}

    def write(self, inputs):
        self.input_data = {**(self.input_data or {}), 'input_data': inputs}
        self.atomic_key += 1


class Machine(stateful.RuleBasedStateMachine):
    """The API beside the model of it."""

    def __init__(self, test):
        super().__init__()
        self.test = test
        self.context = test.context
        self.points = {}
        test.execute('DELETE FROM sync_point')
        self.stack_ids = [test.create_stack().id for _ in range(2)]

    @stateful.initialize()
    def create_some(self):
        for number, entity_id in enumerate((7, 'x')):
            self.create((entity_id, TRAVERSALS[0], True), {}, number)

    @stateful.rule(key=keys, input_data=data, number=strategies.integers(0, 1))
    def create(self, key, input_data, number):
        stack_id = self.stack_ids[number]
        entity_id, traversal_id, is_update = key
        key = (str(entity_id), traversal_id, is_update)
        try:
            api.sync_point_create(self.context, {
                'entity_id': entity_id, 'traversal_id': traversal_id,
                'is_update': is_update, 'stack_id': stack_id,
                'atomic_key': 0, 'input_data': input_data})
        except db_exception.DBDuplicateEntry:
            assert key in self.points
        else:
            assert key not in self.points
            self.points[key] = ModelPoint(stack_id, input_data)

    @stateful.rule(key=any_keys, name=names, value=values,
                   awaited=strategies.lists(names, max_size=3))
    def add(self, key, name, value, awaited):
        point = self.look_up(key)
        try:
            told = api.sync_point_add_input(
                self.context, *key, name, value, awaited)
        except exception.NotFound:
            assert point is None
        except exception.InvalidValues:
            self.test.assertRaises(exception.InvalidValues, point.inputs)
        else:
            assert told is point.add(name, value, awaited), told
            hypothesis.event('the last one' if told else 'not the last one')

    @stateful.rule(key=any_keys, input_data=data,
                   difference=strategies.sampled_from([0, 0, 1, -1]))
    def swap(self, key, input_data, difference):
        point = self.look_up(key)
        expected = difference + (point.atomic_key if point else 0)
        try:
            api.sync_point_update_input_data(
                self.context, *key, expected, input_data)
        except exception.NotFound:
            assert point is None
        except exception.SyncPointConflict as error:
            assert difference
            assert (error.expected, error.actual, error.input_data) == (
                expected, point.atomic_key, point.input_data)
        else:
            assert not difference
            point.atomic_key, point.input_data = expected + 1, input_data

    @stateful.rule(number=strategies.integers(0, 1),
                   traversal=strategies.sampled_from(TRAVERSALS[:3]))
    def delete_all(self, number, traversal):
        these = [key for key, point in self.points.items()
                 if (point.stack_id, key[1]) == (
                     self.stack_ids[number], traversal)]
        assert len(these) == (
            api.sync_point_delete_all_by_stack_and_traversal(
                self.context, self.stack_ids[number], traversal))
        for key in these:
            del self.points[key]

    @stateful.invariant()
    def the_table_is_as_the_model(self):
        number, = self.test.select('SELECT count(*) FROM sync_point')
        assert number == (len(self.points),)
        for key, point in self.points.items():
            found = api.sync_point_get(self.context, *key)
            assert json.dumps([point.stack_id, point.atomic_key,
                               point.input_data]) == json.dumps(
                [found.stack_id, found.atomic_key, found.input_data])

    def look_up(self, key):
        point = self.points.get((str(key[0]), *key[1:]))
        hypothesis.event('there' if point else 'absent')
        return point


class StatefulTest(base.APITestCase):

    def test_api_does_what_the_model_does(self):
        stateful.run_state_machine_as_test(
            lambda: Machine(self), settings=SETTINGS)
