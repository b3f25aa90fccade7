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

"""An object in a process of its own, as those who use it see it."""

import multiprocessing
import signal

# The process that makes the others has no threads that a fork could harm.
CONTEXT = multiprocessing.get_context('forkserver')
CONTEXT.set_forkserver_preload([
    'heat.tests.crew', 'heat.tests.proxy', 'heat.tests.commands',
    # What commands load when they need it.
    'alembic.autogenerate', 'heat.db.sqlalchemy.migration.drift',
    'heat.db.sqlalchemy.migration.sync', 'heat.db.sqlalchemy.ddl',
    'migrate.versioning.api', 'psycopg2', 'pymysql'])
# Seconds; nothing takes as long, not even on a machine that is busy.
TIMEOUT = 120


class Died(Exception):
    """A process has not done what it was told."""


class Remote:
    """A process that makes an object and calls its methods when it is told.

    :param factory: makes the object, from the arguments that follow
    """

    def __init__(self, factory, *args):
        self._pipe, end = CONTEXT.Pipe()
        self._process = CONTEXT.Process(
            target=_obey, args=(end, factory, args), daemon=True)
        self._process.start()
        end.close()

    def tell(self, method, *args):
        """Let a method be called; hear() has what it returns."""
        self._pipe.send((method, args))

    def hear(self):
        answer = Died('the process has died, or takes too long')
        try:
            if self._pipe.poll(TIMEOUT):
                answer = self._pipe.recv()
        except (EOFError, OSError):
            pass
        if isinstance(answer, Exception):
            raise answer
        return answer

    def ask(self, method, *args):
        """Call a method and return what it returns."""
        self.tell(method, *args)
        return self.hear()

    def close(self):
        self._process.kill()
        self._process.join()
        self._pipe.close()


def _obey(pipe, factory, args):
    # Who started it ends it; when that one has died, it is at an end too.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    made = factory(*args)
    while True:
        try:
            method, args = pipe.recv()
        except EOFError:
            return
        try:
            answer = getattr(made, method)(*args)
        except Exception as error:
            answer = Died('%s: %s' % (type(error).__name__,
                                      ' '.join(str(error).split())))
        pipe.send(answer)
