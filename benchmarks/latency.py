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

"""How long one call takes, and what it sends."""

import contextlib
import random
import statistics
import time
import uuid

from benchmarks import route
from heat.tests import ways

WARM_UP = 20
# How many calls are counted.
COUNTED = 5


class WrongResult(Exception):
    """A way has done something else than it should."""


class Scenario:
    """A stack, and calls that write to it, or that are refused.

    :param name: 'success', or 'conflict': another traversal is expected
    """

    def __init__(self, name, target):
        self.name = name
        self.target = target
        self.traversal = str(uuid.uuid4())
        self.stack_id = target.create_stack(self.traversal)
        self.is_success = name == 'success'
        self.expected = (self.traversal if self.is_success else
                         str(uuid.uuid4()))
        self.actual = None if self.is_success else self.traversal
        self.status = None
        self.calls = 0

    def call(self, way):
        """Return the seconds that a call takes."""
        self.calls += 1
        status = 'status %d' % self.calls
        with way.turn():
            started = time.perf_counter()
            actual = way.update(self.stack_id, {'status': status},
                                self.expected)
            taken = time.perf_counter() - started
        if self.is_success:
            self.status = status
        if actual != self.actual:
            raise WrongResult('%s returns %s instead of %s' % (
                type(way).__name__, actual, self.actual))
        return taken

    def check(self):
        """Check that the stack is as the last call has left it."""
        stored = self.target.stored(self.stack_id)
        if stored != (self.traversal, self.status):
            raise WrongResult('the stack has %s, not %s' % (
                stored, (self.traversal, self.status)))


@contextlib.contextmanager
def opened(url):
    """Yield all the ways, by name."""
    with contextlib.ExitStack() as stack:
        yield {name: stack.enter_context(contextlib.closing(way(url)))
               for name, way in ways.CALL_WAYS.items()}


def measure(target, scenario, delay, rounds):
    """Let all ways take turns, in another order each round.

    :returns: a list of a dictionary for each way; times are in milliseconds
    """
    case = Scenario(scenario, target)
    times = {name: [] for name in ways.CALL_WAYS}
    with (route.delayed(target.urls, delay) as urls, opened(urls[0]) as all):
        round_trip = route.round_trip(urls[0]) if (
            target.engine != 'sqlite') else None
        for _ in range(WARM_UP + rounds):
            for name in random.sample(list(all), len(all)):
                times[name].append(case.call(all[name]) * 1000)
    case.check()
    return [{'engine': target.engine, 'scenario': scenario,
             'delay_ms': delay, 'select_1_ms': round_trip, 'way': name,
             **_summary(times[name][WARM_UP:], times['driver'][WARM_UP:])}
            for name in ways.CALL_WAYS]


def _summary(times, baseline):
    median = statistics.median(times)
    return {'calls': len(times), 'median_ms': median,
            'p99_ms': statistics.quantiles(times, n=100,
                                           method='inclusive')[98],
            'ratio': median / statistics.median(baseline)}


def count(target, scenario):
    """Count what each way sends for a call.

    :returns: a list of a dictionary for each way
    """
    case = Scenario(scenario, target)
    found = []
    with (route.counting(target.urls[0]) as counter,
          opened(counter.url) as all):
        for name, way in all.items():
            for _ in range(WARM_UP):
                case.call(way)
            before = counter.counts()
            for _ in range(COUNTED):
                case.call(way)
            found.append({'engine': target.engine, 'scenario': scenario,
                          'way': name,
                          **_difference(before, counter.counts())})
    case.check()
    return found


def _difference(before, after):
    return {name: None if after[name] is None else
            (after[name] - before[name]) / COUNTED for name in before}
