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
"""Any sequence of calls for the locks of stacks, against a model of them."""

from hypothesis import stateful
from hypothesis import strategies

from heat.db import api
from heat.db import exception
from heat.tests import base
from heat.tests.db.sqlalchemy.api import test_stateful

ENGINES = ('one', 'ONE', 'two')
ABSENT = 'no-such-stack'

engines = strategies.sampled_from(ENGINES)
stacks = strategies.sampled_from((0, 1, 2))
statuses = strategies.sampled_from(('IN_PROGRESS', 'COMPLETE', 'FAILED'))


class Machine(stateful.RuleBasedStateMachine):
    """Two stacks and one that is not there; the first owns the second."""

    def __init__(self, test):
        super().__init__()
        self.test = test
        self.context = test.context
        test.delete_rows()
        template_id = test.create_template().id
        self.ids = [test.create_stack(raw_template_id=template_id).id]
        self.ids += [test.create_stack(raw_template_id=template_id,
                                       owner_id=self.ids[0]).id, ABSENT]
        self.holders = {}
        self.status = {0: None, 1: None}

    def call(self, function, stack, *args, loses):
        """Call the API; tell whether it has done what the model says.

        :param loses: the holder that a loser is to be told of, in a tuple
        """
        try:
            assert function(self.context, self.ids[stack], *args) is None
        except exception.NotFound:
            assert stack == 2 or stack not in self.holders
        except exception.StackLocked as error:
            assert loses == (error.engine_id,), (loses, error)
        else:
            assert not loses and stack != 2
            return True

    @stateful.rule(stack=stacks, engine=engines)
    def create(self, stack, engine):
        holder = self.holders.get(stack)
        if self.call(api.stack_lock_create, stack, engine,
                     loses=(holder,) if holder else ()):
            self.holders[stack] = engine

    @stateful.rule(stack=stacks, old=engines, new=engines)
    def steal(self, stack, old, new):
        holder = self.holders.get(stack)
        if self.call(api.stack_lock_steal, stack, old, new,
                     loses=() if holder == old else (holder,)):
            self.holders[stack] = new

    @stateful.rule(stack=stacks, engine=engines)
    def release(self, stack, engine):
        holder = self.holders.get(stack)
        if self.call(api.stack_lock_release, stack, engine,
                     loses=() if holder == engine else (holder,)):
            del self.holders[stack]

    @stateful.rule(stack=stacks, engine=engines, status=statuses)
    def persist(self, stack, engine, status):
        holder = self.holders.get(stack)
        if self.call(api.persist_state_and_release_lock, stack, engine,
                     {'status': status},
                     loses=() if holder == engine else (holder,)):
            del self.holders[stack]
            self.status[stack] = status

    @stateful.rule(stack=stacks)
    def reset(self, stack):
        try:
            api.reset_stack_status(self.context, self.ids[stack])
        except exception.NotFound:
            assert stack == 2
            return
        for one in (0, 1) if stack == 0 else (stack,):
            self.holders.pop(one, None)
            if self.status[one] == 'IN_PROGRESS':
                self.status[one] = 'FAILED'

    @stateful.invariant()
    def the_tables_are_as_the_model(self):
        for stack, status in self.status.items():
            assert self.holders.get(stack) == api.stack_lock_get_engine_id(
                self.context, self.ids[stack])
            assert status == api.stack_get_status(
                self.context, self.ids[stack])[1]


class StatefulTest(base.APITestCase):

    def delete_rows(self):
        for table in ('stack_lock', 'stack', 'raw_template'):
            self.execute('DELETE FROM %s' % table)

    def test_api_does_what_the_model_does(self):
        stateful.run_state_machine_as_test(
            lambda: Machine(self), settings=test_stateful.SETTINGS)
