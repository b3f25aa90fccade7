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

"""A user of engines, who has one stack."""

import time

from live import engines
from live import templates

POLL = 0.1
# So often a user asks again, and then complains.
MOST = 5


class Owner:
    """Creates a stack, updates it, and deletes it.

    :param client: a engines.Client
    :param rows: a rows.Rows
    :param name: of the stack
    :param size: how many resources the stack has
    :param patience: after so many seconds in which nothing happens to a stack
        that is not as it was asked for, the user asks again
    :ivar again: for each time, how the stack was
    :ivar refused: for each call that was refused, why
    """

    def __init__(self, client, rows, name, size, patience):
        self._client, self._rows = client, rows
        self._name, self._size, self._patience = name, size, patience
        self._markers = []
        self.again = []
        self.refused = []

    def create(self):
        self._identity = self._client.call(
            'create_stack', stack_name=self._name,
            **self._template('created')).result()
        self._id = self._identity['stack_id']

    def update_at_once(self):
        """Update three times at once, amid the creation."""
        self._wait(lambda state: self._rows.is_amid(self._id) or
                   _is_complete(state))
        calls = [self._update(marker)
                 for marker in ('first', 'second', 'third')]
        list(map(self._answer, calls))
        self._wait(_is_complete)

    def fail(self):
        """Update so that it fails, and is rolled back."""
        before = self._rows.marker(self._id)
        self._answer(self._update('failing', fails=True))
        self._wait(_is_complete)
        if not self.again and self._rows.marker(self._id) != before:
            raise Complaint('not rolled back')

    def check(self):
        """Return a line for all that is not as it was asked for last."""
        deadline = time.monotonic() + self._patience
        while True:
            self._wait(_is_complete)
            # What is replaced goes after the stack is complete.
            lines = self._rows.differences(self._id, self._size)
            if not lines or time.monotonic() > deadline:
                break
            time.sleep(POLL)
        if self._rows.marker(self._id) not in self._markers:
            lines.append('%s is as nobody has asked for' % self._id)
        return lines

    def delete(self):
        self._ask_to_delete()
        self._wait(lambda state: state is None, self._ask_to_delete)

    def _ask_to_delete(self):
        self._answer(self._client.call(
            'delete_stack', stack_identity=self._identity, cast=False))

    def _template(self, marker, fails=False):
        self._markers.append(marker)
        return {
            'template': templates.make(marker, self._size, fails),
            'params': {}, 'files': {templates.FILE: templates.NESTED},
            'args': {'timeout_mins': 30, 'disable_rollback': not fails}}

    def _update(self, marker, fails=False):
        return self._client.call(
            'update_stack', stack_identity=self._identity,
            **self._template(marker, fails))

    def _update_again(self):
        self._answer(self._update('again%d' % len(self.again)))

    def _answer(self, call):
        try:
            return call.result()
        except engines.Refused as error:
            self.refused.append('%s: %s' % (self._name, error))

    def _wait(self, is_done, ask_again=None):
        """Wait until the state of the stack is as it was asked for."""
        progress = since = None
        while True:
            state = self._rows.state(self._id)
            if is_done(state):
                return
            now = self._rows.progress(self._id)
            if now != progress:
                progress, since = now, time.monotonic()
            elif time.monotonic() - since > self._patience:
                if len(self.again) == MOST:
                    raise Complaint('for ever %s' % state)
                self.again.append(state)
                (ask_again or self._update_again)()
                progress = None
            time.sleep(POLL)


class Complaint(Exception):
    """What a user was promised does not happen."""


def _is_complete(state):
    return state.endswith(' COMPLETE')
