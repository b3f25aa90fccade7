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

"""A process whose threads fight for one stack."""

import collections
from concurrent import futures
import contextlib
import multiprocessing
import signal
import threading
import time
import uuid

from benchmarks import ways

# It starts at once, with all modules.
FORK = multiprocessing.get_context('fork')
# Nothing that the other end does takes as long.
TIMEOUT = 120


class Died(Exception):
    """A process has not done what it was told."""


class Crew:
    """A process with writers, as others see it.

    :param url: where they write to
    """

    def __init__(self, url, threads):
        self.pipe, end = FORK.Pipe()
        self.process = FORK.Process(
            target=_obey, args=(end, url, threads), daemon=True)
        self.process.start()
        end.close()

    def tell(self, message):
        self.pipe.send(message)

    def hear(self):
        try:
            if self.pipe.poll(TIMEOUT):
                answer = self.pipe.recv()
                if not isinstance(answer, Exception):
                    return answer
                raise answer
        except EOFError:
            pass
        raise Died('writers have died')

    def close(self):
        self.process.kill()
        self.process.join()
        self.pipe.close()


def _obey(pipe, url, threads):
    # Who started it ends it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with futures.ThreadPoolExecutor(threads) as pool:
        while pipe.poll(TIMEOUT):
            try:
                _fight(pipe, url, threads, pool, *pipe.recv())
            except Exception as error:
                pipe.send(Died(' '.join(str(error).split())))


def _fight(pipe, url, threads, pool, name, stack_id, traversal):
    """Get ready, say so, wait for the time of start and end, and report."""
    way = {**ways.WAYS, **ways.BLIND_WAYS}[name](url, threads)
    with contextlib.closing(way):
        together = threading.Barrier(threads)
        writers = [Writer(way, stack_id, traversal) for _ in range(threads)]
        list(pool.map(lambda writer: writer.warm_up(together), writers))
        pipe.send('ready')
        start, end = pipe.recv()
        list(pool.map(lambda writer: writer.fight(start, end), writers))
        pipe.send([writer.tally for writer in writers])


class Tally:
    """What a writer has done; only what ended in time counts.

    :ivar written: (expected, new) traversals, of the late successes too
    """

    def __init__(self):
        self.successes = self.conflicts = 0
        self.errors = collections.Counter()
        self.written = []


class Writer:

    def __init__(self, way, stack_id, traversal):
        self.way = way
        self.stack_id = stack_id
        self.traversal = traversal
        self.tally = Tally()

    def warm_up(self, together):
        """Let each thread have a connection."""
        together.wait()
        with contextlib.suppress(self.way.errors):
            self._start_traversal(expected=str(uuid.uuid4()))

    def fight(self, start, end):
        """Start traversal after traversal, each from what was told last."""
        time.sleep(max(0, start - time.monotonic()))
        expected = self.traversal
        while time.monotonic() < end:
            try:
                new, actual = self._start_traversal(expected)
            except self.way.errors as error:
                self.tally.errors[type(error).__name__] += 1
                continue
            in_time = time.monotonic() < end
            if actual is None:
                self.tally.written.append((expected, new))
                self.tally.successes += in_time
                expected = new
            else:
                self.tally.conflicts += in_time
                expected = actual

    def _start_traversal(self, expected):
        new = str(uuid.uuid4())
        return new, self.way.update(
            self.stack_id, {'current_traversal': new}, expected)
