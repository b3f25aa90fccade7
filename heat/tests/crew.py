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

"""Processes whose threads write to one row at once.

A crew is a Remote of Writers. Those of several crews start together.
"""

import math
import random
import threading
import time
import traceback

from heat.common.config import CONF
from heat.tests import remote
from heat.tests import swaps
from heat.tests import ways
from heat.tests import writer

WAYS = {**ways.WAYS, **swaps.SWAPS}
# Until all have heard when it starts.
PAUSE = 0.05


class Writers:
    """The threads of a process.

    :param url: of the database
    :param number: of threads
    :param name: what the names of the writers begin with
    :param options: {name: value} of [database]
    """

    def __init__(self, url, number, name='', options=()):
        # There may be a Heat on this machine, which is none of our business.
        CONF([], project='heat', default_config_files=[],
             default_config_dirs=[])
        for option, value in dict(options).items():
            CONF.set_override(option, value, 'database')
        self.url = url
        self.names = ['%s.%d' % (name, one) for one in range(number)]

    def prepare(self, way, row_id, traversal, seed, transitions):
        """Let each thread have a connection, and wait for start().

        :param way: a key of WAYS
        :param traversal: of the row at the beginning
        :param seed: a text that decides, with the name of a writer, what it
            does; None for chance
        :param transitions: how many of its calls start a traversal, from 0
            to 1
        """
        self.way = WAYS[way](self.url, len(self.names))
        self.operations = []
        self.problem = None
        self.end = 0
        self.is_starting = threading.Event()
        self.together = threading.Barrier(len(self.names) + 1)
        self.threads = [threading.Thread(
            target=self._run, daemon=True, args=(writer.Writer(
                self.way, name, row_id, traversal,
                random.Random(seed and '%s %s' % (seed, name)),
                transitions),))
            for name in self.names]
        for thread in self.threads:
            thread.start()
        try:
            self.together.wait()
            self.together.wait()
        except threading.BrokenBarrierError:
            self.report()

    def start(self, begin, end, calls):
        """Let all write from a time to another of time.monotonic().

        :param calls: that each makes at least
        """
        self.begin, self.end, self.calls = begin, end, calls
        self.is_starting.set()

    def report(self):
        """Return the operations that have ended since the last report."""
        if self.problem:
            raise remote.Died(self.problem)
        number = len(self.operations)
        new = self.operations[:number]
        del self.operations[:number]
        return new

    def stop(self):
        """Let each make its last call."""
        self.end = 0

    def finish(self):
        """Return what was not reported yet, when all have come to an end."""
        for thread in self.threads:
            thread.join()
        self.way.close()
        return self.report()

    def _run(self, one):
        try:
            self.together.wait()
            one.warm_up()
            self.together.wait()
            self.is_starting.wait()
            time.sleep(max(0, self.begin - time.monotonic()))
            for number, operation in enumerate(one.work(), 1):
                self.operations.append(operation)
                if number >= self.calls and time.monotonic() >= self.end:
                    return
        except BaseException:
            self.problem = traceback.format_exc()
            self.together.abort()


def start(crews, *args, seconds=math.inf, calls=0):
    """Let the writers of all crews start together; see Writers.

    :param args: of Writers.prepare()
    :param seconds: for which they write, until they are stopped by default
    :returns: the time of time.monotonic() at which they end
    """
    for crew in crews:
        crew.tell('prepare', *args)
    for crew in crews:
        crew.hear()
    begin = time.monotonic() + PAUSE
    for crew in crews:
        crew.tell('start', begin, begin + seconds, calls)
    for crew in crews:
        crew.hear()
    return begin + seconds


def finish(crews):
    """Return what all writers have done, when they have come to an end."""
    for crew in crews:
        crew.tell('finish')
    return [operation for crew in crews for operation in crew.hear()]
