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

"""One of many writers that race for a stack, and records what it was told."""

import contextlib
import time
import uuid

from heat.tests import history


class Writer:
    """Starts traversals of a stack, and writes for them, as an engine would.

    Never reads: what it works for is what a call of its own has told.

    :param way: one of the ways, made
    :param traversal: of the stack at the beginning
    :param rng: decides which of the calls start a traversal
    :param transitions: how many of them do, from 0 to 1
    """

    def __init__(self, way, name, stack_id, traversal, rng, transitions):
        self.way = way
        self.name = name
        self.stack_id = stack_id
        self.traversal = traversal
        self.rng = rng
        self.transitions = transitions

    def warm_up(self):
        """Get the connection that the thread needs, with a wrong traversal."""
        with contextlib.suppress(self.way.errors):
            self.way.update(self.stack_id, {'status_reason': ''},
                            str(uuid.uuid4()))

    def work(self):
        """Yield one history.Operation after the other, without end."""
        # First, all of them expect the same and start another.
        is_transition = True
        while True:
            operation = self._call(is_transition)
            if operation.outcome == 'conflict':
                self.traversal = operation.actual
            elif operation.outcome == 'ok' and is_transition:
                self.traversal = operation.new
            yield operation
            is_transition = self.rng.random() < self.transitions

    def _call(self, is_transition):
        value = str(uuid.uuid4())
        values = {'status_reason': value}
        if is_transition:
            values['current_traversal'] = value
        outcome, actual, name = 'ok', None, None
        start = time.monotonic_ns()
        try:
            actual = self.way.update(self.stack_id, values, self.traversal)
        except self.way.errors as error:
            outcome, name = 'error', _name(error)
        end = time.monotonic_ns()
        if actual is not None:
            outcome = 'conflict'
        return history.Operation(
            writer=self.name, start=start, end=end, expected=self.traversal,
            new=value if is_transition else None, value=value,
            outcome=outcome, actual=actual, error=name)


def _name(error):
    """Return its class, with the number that a driver gave it."""
    numbers = [str(arg) for arg in getattr(error, 'orig', error).args
               if isinstance(arg, int)]
    return ' '.join([type(error).__name__, *numbers[:1]])
