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

"""Running db_sync, or a part of it, in processes of its own."""

import os
import sys
import traceback

from heat.db import api


class Process:
    """A process that calls a function.

    :param engine: its connections are not shared with the process
    :param before: called in the process before it
    """

    def __init__(self, engine, function, before=lambda: None):
        engine.dispose()
        self.pid = os.fork()
        if not self.pid:
            try:
                before()
                function()
                os._exit(0)
            except Exception:
                traceback.print_exc(file=sys.stderr)
            finally:
                os._exit(1)

    def wait(self):
        """Return its exit status, negative for a signal, as subprocess."""
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def signal(self, number):
        os.kill(self.pid, number)

    def wait_until_stopped(self):
        """Return when it has stopped itself with SIGSTOP."""
        status = os.waitpid(self.pid, os.WUNTRACED)[1]
        if not os.WIFSTOPPED(status):
            raise RuntimeError('ended with status %d' % status)


class Runner(Process):
    """A process that runs db_sync on a database."""

    def __init__(self, engine, version=None, before=lambda: None, **options):
        super().__init__(
            engine, lambda: api.db_sync(engine, version, **options), before)
