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

"""The places at which a process may die that changes a database."""

import os
import re
import signal

import sqlalchemy as sa

CHANGE = re.compile(r'\s*(CREATE|ALTER|DROP|INSERT|UPDATE|DELETE|'
                    r'SET SESSION foreign_key_checks)', re.I)


def kill_at(engine, place):
    """Let this process die at the nth place.

    Places are before and after each statement that changes something, and
    before the commit that follows.
    """
    Places(engine, place)


class Places:
    """What an engine sends, place by place.

    :ivar seen: the moments and the statements
    :param last: the number of the place where this process dies
    """

    def __init__(self, engine, last=None):
        self.seen = []
        self._engine = engine
        self._last = last
        self._is_changed = False
        self._hooks = (('before_cursor_execute', self._before),
                       ('after_cursor_execute', self._after),
                       ('commit', self._commit))
        for name, hook in self._hooks:
            sa.event.listen(engine, name, hook)

    def stop(self):
        for name, hook in self._hooks:
            sa.event.remove(self._engine, name, hook)

    def _before(self, conn, cursor, statement, *args):
        if CHANGE.match(statement):
            self._is_changed = True
            self._pass('before', statement)

    def _after(self, conn, cursor, statement, *args):
        if CHANGE.match(statement):
            self._pass('after', statement)

    def _commit(self, conn):
        if self._is_changed:
            self._is_changed = False
            self._pass('commit', self.seen[-1][1])

    def _pass(self, *place):
        if len(self.seen) == self._last:
            os.kill(os.getpid(), signal.SIGKILL)
        self.seen.append(place)
