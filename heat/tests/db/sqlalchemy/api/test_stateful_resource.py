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

"""Any sequence of calls does what a plain dictionary of resources would."""

import hypothesis
from hypothesis import stateful
from hypothesis import strategies

from heat.db import api
from heat.db import exception
from heat.tests import base
from heat.tests.db.sqlalchemy.api.test_stateful import SETTINGS

ABSENT = 2 ** 30
# Those that differ for us, though not for every server.
ENGINES = ('one', 'ONE', 'one ')

engines = strategies.sampled_from((None, *ENGINES))
# What a caller expects: mostly what is there.
expected_engines = strategies.sampled_from(
    ['right', 'right', 'right', None, *ENGINES])
differences = strategies.sampled_from([0, 0, 0, 1, -1, None])
values_to_write = {
    'name': strategies.text('aé日\'"\\%:? ', max_size=5),
    'status': strategies.sampled_from(['IN_PROGRESS', 'COMPLETE', None]),
    'rsrc_metadata': strategies.none() | strategies.dictionaries(
        strategies.text(max_size=2), strategies.integers(-9, 9), max_size=2),
    'requires': strategies.none() | strategies.lists(
        strategies.integers(0, 9), max_size=2),
}
some_values = strategies.fixed_dictionaries({}, optional=values_to_write)
some_values_and_engine = strategies.fixed_dictionaries(
    {}, optional={**values_to_write, 'engine_id': engines})


class Machine(stateful.RuleBasedStateMachine):
    """The API beside the model of it, {id: {attribute: value}}."""

    ids = stateful.Bundle('ids')

    def __init__(self, test):
        super().__init__()
        self.test = test
        self.context = test.context
        self.resources = {}
        test.execute('DELETE FROM resource')
        self.stack_id = test.create_stack().id

    @stateful.initialize(target=ids)
    def nothing(self):
        return ABSENT

    @stateful.rule(target=ids, engine_id=engines, values=some_values,
                   atomic_key=strategies.sampled_from([None, 0, 5]))
    def create(self, engine_id, values, atomic_key):
        given = {'engine_id': engine_id, 'atomic_key': atomic_key, **values}
        return self.remember(api.resource_create(
            self.context, {'stack_id': self.stack_id, **given}), given)

    @stateful.rule(id=ids, values=some_values_and_engine,
                   engine_id=expected_engines, difference=differences)
    def update(self, id, values, engine_id, difference):
        row, engine_id, key = self.look_up(id, engine_id, difference)
        if self.call(row, engine_id, key, api.resource_update, id, values,
                     key, engine_id):
            row.update(values, atomic_key=(key or 0) + 1)

    @stateful.rule(id=ids, values=some_values.filter(bool),
                   engine_id=expected_engines)
    def update_and_save(self, id, values, engine_id):
        row, engine_id, _ = self.look_up(id, engine_id)
        if self.call(row, engine_id, 'any', api.resource_update_and_save, id,
                     values, engine_id):
            row.update(values)
            # The engine that has the lock goes on with the key that it knows.
            if engine_id is None:
                row['atomic_key'] = (row['atomic_key'] or 0) + 1

    @stateful.rule(id=ids, values=some_values_and_engine.filter(bool))
    def update_and_save_of_any(self, id, values):
        row = self.resources.get(id)
        engine_id = row and row['engine_id']
        if self.call(row, engine_id, 'any', api.resource_update_and_save, id,
                     values, api.ANY_ENGINE):
            row.update(values, atomic_key=(row['atomic_key'] or 0) + 1)

    @stateful.rule(target=ids, id=ids, values=some_values,
                   engine_id=expected_engines, difference=differences)
    def replace(self, id, values, engine_id, difference):
        row, engine_id, key = self.look_up(id, engine_id, difference)
        new = {'replaces': id, **values}
        created = self.call(
            row, engine_id, key, api.resource_create_replacement, id,
            {'stack_id': self.stack_id, **new}, key, engine_id)
        if not created:
            return ABSENT
        row.update(atomic_key=(key or 0) + 1, replaced_by=created.id)
        return self.remember(created, new)

    @stateful.rule(id=ids, engine_id=expected_engines)
    def delete(self, id, engine_id):
        row, engine_id, _ = self.look_up(id, engine_id)
        if row is None:
            # It is gone already.
            api.resource_delete(self.context, id, engine_id)
        else:
            self.call(row, engine_id, 'any', self.delete_it, id, engine_id)

    def delete_it(self, context, id, engine_id):
        api.resource_delete(context, id, engine_id)
        del self.resources[id]
        return True

    @stateful.rule(id=ids)
    def get(self, id):
        if id in self.resources:
            self.compare(id, api.resource_get(self.context, id))
        else:
            self.test.assertRaises(exception.NotFound, api.resource_get,
                                   self.context, id)

    @stateful.invariant()
    def the_table_is_as_the_model(self):
        found = {row.id: row for row in api.resource_get_all(self.context)
                 } if self.resources else {}
        assert found.keys() == self.resources.keys()
        for id in found:
            self.compare(id, found[id])
        holders = {row['engine_id'] for row in self.resources.values()}
        assert holders - {None} == api.engine_get_all_locked_by_stack(
            self.context, self.stack_id)

    def remember(self, row, given):
        self.resources[row.id] = {
            **dict.fromkeys(('atomic_key', 'engine_id', 'replaces',
                             'replaced_by', *values_to_write)), **given}
        return row.id

    def look_up(self, id, engine_id, difference=0):
        """Return a row of the model, and what a caller expects of it.

        :param difference: to the key that it has; None is no key
        """
        row = self.resources.get(id)
        if engine_id == 'right':
            engine_id = row and row['engine_id']
        key = row and row['atomic_key']
        if difference is None:
            key = None
        elif difference:
            key = (key or 0) + difference
        return row, engine_id, key

    def call(self, row, engine_id, key, function, *args):
        """Call the API; return the result if the model agrees, or None.

        :param key: that the caller expects, or 'any'
        """
        is_expected = row is not None and engine_id == row['engine_id'] and (
            key in ('any', row['atomic_key']))
        try:
            result = function(self.context, *args)
        except exception.NotFound:
            assert row is None
        except exception.ResourceConflict as error:
            assert row is not None and not is_expected
            assert (error.atomic_key, error.engine_id) == (
                row['atomic_key'], row['engine_id'])
        else:
            assert is_expected
            hypothesis.event('success')
            return result

    def compare(self, id, found):
        assert self.resources[id] == {
            name: getattr(found, name) for name in self.resources[id]}


class StatefulTest(base.APITestCase):

    def test_api_does_what_the_model_does(self):
        stateful.run_state_machine_as_test(
            lambda: Machine(self), settings=SETTINGS)
