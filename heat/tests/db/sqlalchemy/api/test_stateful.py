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

"""Any sequence of calls does what a plain dictionary of stacks would do.

HEAT_TEST_EXAMPLES=1000 looks at as many random sequences, and for the shortest
one that fails, which can take minutes. Without it, the same few are looked at
each time.
"""

import dataclasses
import os

import hypothesis
from hypothesis import stateful
from hypothesis import strategies

from heat.common import context
from heat.db import api
from heat.db import exception
from heat.tests import base

EXAMPLES = os.environ.get('HEAT_TEST_EXAMPLES')
PHASES = hypothesis.Phase if EXAMPLES else (hypothesis.Phase.generate,)
SETTINGS = hypothesis.settings(
    max_examples=int(EXAMPLES or 15), stateful_step_count=20,
    derandomize=not EXAMPLES, deadline=None, database=None,
    phases=PHASES,
    suppress_health_check=list(hypothesis.HealthCheck))

TRAVERSALS = ['%08d-1111-4111-8111-111111111111' % n for n in range(4)]
# Tenants that differ for us, though not for every server.
TENANTS = ('one', 'ONE', 'two', 'two ')
ABSENT = 'no-such-stack'

callers = strategies.builds(
    lambda tenant, is_admin: {'tenant_id': tenant, 'is_admin': is_admin},
    strategies.sampled_from(TENANTS + (None,)), strategies.booleans())
traversals = strategies.sampled_from([None] + TRAVERSALS)
expectations = strategies.sampled_from(
    ['right', 'right', None, api.ANY_TRAVERSAL] + TRAVERSALS)
deps = strategies.none() | strategies.lists(
    strategies.tuples(strategies.integers(), strategies.none() |
                      strategies.integers()).map(list), max_size=3)
values_to_write = strategies.fixed_dictionaries({}, optional={
    'name': strategies.text('aé日\'"\\%:? ', max_size=5),
    'timeout': strategies.none() | strategies.integers(-9, 9),
    'tenant': strategies.sampled_from(TENANTS),
    'current_deps': deps,
    'current_traversal': traversals,
}).filter(bool)


@dataclasses.dataclass
class ModelStack:
    """What the API should remember of a stack."""

    values: dict
    deleted: bool = False

    def is_seen_by(self, caller):
        tenant = caller['tenant_id']
        # Who has no tenant is not of that of a stack that has none, either.
        return not self.deleted and (
            caller['is_admin'] or tenant is not None and tenant in (
                self.values['tenant'], self.values['stack_user_project_id']))

    def has_name(self, name, tenant):
        return not self.deleted and name is not None and (
            name, tenant) == (self.values['name'], self.values['tenant'])

    def outcome(self, caller, expected):
        """Return what a write does: an exception's class, or True."""
        if not self.is_seen_by(caller):
            return exception.NotFound
        if expected not in (api.ANY_TRAVERSAL,
                            self.values['current_traversal']):
            return exception.ConcurrentTransition
        return True


NOTHING = ModelStack({'current_traversal': None}, deleted=True)


class Machine(stateful.RuleBasedStateMachine):
    """The API beside the model of it."""

    stack_ids = stateful.Bundle('stack_ids')

    def __init__(self, test):
        super().__init__()
        self.test = test
        self.stacks = {}
        test.delete_rows()
        self.template_id = test.create_template().id

    @stateful.initialize(target=stack_ids)
    def nothing(self):
        return ABSENT

    @stateful.rule(target=stack_ids, tenant=strategies.sampled_from(TENANTS),
                   project=strategies.sampled_from(TENANTS + (None,)),
                   traversal=traversals,
                   name=strategies.sampled_from(('new', 'newer', None)))
    def create(self, tenant, project, traversal, name):
        values = {'name': name, 'timeout': None, 'tenant': tenant,
                  'stack_user_project_id': project, 'current_deps': None,
                  'current_traversal': traversal}
        is_taken = any(stack.has_name(name, tenant)
                       for stack in self.stacks.values())
        try:
            stack = self.test.create_stack(
                raw_template_id=self.template_id, **values)
        except exception.StackExists as error:
            assert is_taken
            assert self.stacks[error.stack_id].has_name(name, tenant)
            return ABSENT
        assert not is_taken
        self.stacks[stack.id] = ModelStack(values)
        return stack.id

    @stateful.rule(stack_id=stack_ids, caller=callers, expected=expectations,
                   values=values_to_write)
    def update(self, stack_id, caller, expected, values):
        stack, expected = self.look_up(stack_id, expected)
        outcome = self.call(stack, caller, expected, api.stack_update,
                            stack_id, values, expected)
        if outcome is True:
            stack.values.update(values)

    @stateful.rule(stack_id=stack_ids, caller=callers, expected=expectations)
    def delete(self, stack_id, caller, expected):
        stack, expected = self.look_up(stack_id, expected)
        outcome = self.call(stack, caller, expected, api.stack_delete,
                            stack_id, expected)
        if outcome is True:
            stack.deleted = True

    @stateful.rule(stack_id=stack_ids, caller=callers)
    def get(self, stack_id, caller):
        stack, _ = self.look_up(stack_id, None)
        found = api.stack_get(context.RequestContext(**caller), stack_id)
        assert (found is not None) == stack.is_seen_by(caller)
        if found is not None:
            self.compare(stack, found)

    @stateful.invariant()
    def the_table_is_as_the_model(self):
        seeing = context.RequestContext(is_admin=True, show_deleted=True)
        found = {stack.id: stack for stack in api.stack_get_all(seeing)}
        assert found.keys() == self.stacks.keys()
        for stack_id, stack in self.stacks.items():
            assert stack.deleted == (found[stack_id].deleted_at is not None)
            self.compare(stack, found[stack_id])

    def look_up(self, stack_id, expected):
        stack = self.stacks.get(stack_id, NOTHING)
        if expected == 'right':
            expected = stack.values['current_traversal']
        return stack, expected

    def call(self, stack, caller, expected, function, *args):
        """Call the API, and return what the model says of the outcome."""
        outcome = stack.outcome(caller, expected)
        hypothesis.event(getattr(outcome, '__name__', 'success'))
        try:
            function(context.RequestContext(**caller), *args)
        except exception.HeatException as error:
            assert type(error) is outcome, error
            if outcome is exception.ConcurrentTransition:
                assert (error.expected, error.actual) == (
                    expected, stack.values['current_traversal'])
        else:
            assert outcome is True, outcome
        return outcome

    def compare(self, stack, found):
        assert stack.values == {
            key: getattr(found, key) for key in stack.values}


class StatefulTest(base.APITestCase):

    def delete_rows(self):
        for table in ('stack', 'raw_template'):
            self.execute('DELETE FROM %s' % table)

    def test_api_does_what_the_model_does(self):
        stateful.run_state_machine_as_test(
            lambda: Machine(self), settings=SETTINGS)
