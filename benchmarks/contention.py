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

"""How many calls are decided when many writers fight for one stack."""

import collections
import contextlib
import random
import uuid

from benchmarks import latency
from benchmarks import route
from heat.tests import crew
from heat.tests import remote
from heat.tests import ways

MODES = ('threads', 'processes')
ALL_WAYS = (*ways.FAIR_WAYS, *ways.BLIND_WAYS)
# Seconds of a turn; those who wait for its end have more patience.
LONGEST = 60


class Total:
    """What all writers have done with a way, in all rounds."""

    def __init__(self):
        self.seconds = self.successes = self.conflicts = self.starved = 0
        self.errors = collections.Counter()
        self.double_wins = 0

    def add(self, operations, writers, end, seconds):
        """Add what they did in a turn; only what ended in time counts."""
        in_time = [operation for operation in operations
                   if operation.end <= end * 1e9]
        outcomes = collections.Counter(one.outcome for one in in_time)
        self.seconds += seconds
        self.successes += outcomes['ok']
        self.conflicts += outcomes['conflict']
        self.errors.update(one.error for one in in_time if one.error)
        self.starved += writers - len({
            one.writer for one in in_time if one.outcome == 'ok'})

    def summary(self):
        """Return it as a dictionary.

        starved is how many writers have had no success in a round.
        """
        return {
            'seconds': self.seconds,
            'decisions_per_s': (self.successes +
                                self.conflicts) / self.seconds,
            'successes_per_s': self.successes / self.seconds,
            'conflicts': self.conflicts, 'starved': self.starved,
            'errors': dict(self.errors), 'double_wins': self.double_wins}


def measure(target, mode, writers, delay, rounds, seconds):
    """Let the ways take turns, in another order each round.

    :param mode: 'threads', in one process for each node; or 'processes'
    :param seconds: of each turn
    :returns: a list of a dictionary for each way
    """
    totals = {name: Total() for name in ALL_WAYS}
    with (route.delayed(target.urls, delay) as urls,
          contextlib.ExitStack() as stack):
        crews = [
            stack.enter_context(contextlib.closing(remote.Remote(
                crew.Writers, url, threads, str(number))))
            for number, (url, threads) in enumerate(
                _spread(mode, writers, urls))]
        for _ in range(rounds):
            for name in random.sample(list(totals), len(totals)):
                _take_turn(target, crews, name, writers, seconds,
                           totals[name])
    baseline = totals['driver'].summary()
    return [{'engine': target.engine, 'mode': mode, 'writers': writers,
             'delay_ms': delay, 'way': name,
             **_with_ratios(total.summary(), baseline)}
            for name, total in totals.items()]


def _spread(mode, writers, urls):
    """Return URLs and how many threads of a process write to each."""
    if mode == 'processes':
        return [(urls[number % len(urls)], 1) for number in range(writers)]
    shares = [len(range(number, writers, len(urls)))
              for number in range(len(urls))]
    return [(url, share) for url, share in zip(urls, shares) if share]


def _take_turn(target, crews, name, writers, seconds, total):
    traversal = str(uuid.uuid4())
    stack_id = target.create_stack(traversal)
    end = crew.start(crews, name, stack_id, traversal, None, 1,
                     seconds=seconds)
    operations = crew.finish(crews)
    total.add(operations, writers, end, seconds)
    written = [one for one in operations if one.outcome == 'ok']
    if name in ways.FAIR_WAYS:
        # Successes that another one had made impossible.
        total.double_wins += len(written) - len({
            one.expected for one in written})
    stored = target.stored(stack_id)[0]
    if written and stored not in {one.new for one in written}:
        raise latency.WrongResult(
            '%s: the stack has a traversal that nobody started' % name)


def _with_ratios(summary, baseline):
    return {**summary, **{
        'ratio_of_' + name: summary[name] / baseline[name]
        if baseline[name] else None
        for name in ('decisions_per_s', 'successes_per_s')}}
