#!/usr/bin/env python3
#
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

"""Race on a Galera cluster of this machine for as long as you like.

Each round, writers on all three nodes fight for a row of its own while
faults happen to random nodes, one after the other; then what they were told
is compared with what the nodes have stored. Exit status: 1 if something can
not be true.
"""

import argparse
import json
import random
import sys
import time

from heat.tests import crew
from heat.tests.galera import cluster
from heat.tests.galera import faults
from heat.tests.galera import race
from heat.tests import history

# How many faults a round has, at the most.
FAULTS = 3


class Totals:

    def __init__(self):
        self.rounds = self.operations = self.errors = self.violations = 0
        self.pause = 0

    def add(self, operations, violations, pause=0):
        self.rounds += 1
        self.operations += len(operations)
        self.errors += len([o for o in operations if o.outcome == 'error'])
        self.violations += len(violations)
        self.pause = max(self.pause, pause)
        for violation in violations:
            print('VIOLATION: %s' % violation)

    def __str__(self):
        return ('%d rounds, %d operations, %d of unknown outcome, '
                '%d violations' % (self.rounds, self.operations, self.errors,
                                   self.violations))


def run(args):
    rng = random.Random(args.seed)
    deadline = time.monotonic() + args.minutes * 60
    totals = Totals()
    with cluster.Cluster() as servers, open(args.history, 'w') as file:
        while time.monotonic() < deadline:
            plan = [(rng.choice(args.faults), rng.choice(servers.nodes))
                    for _ in range(rng.randint(1, FAULTS))]
            run_round(servers, plan, args, totals, file)
    print('the longest pause of a writer, at any node: %.1f s' % totals.pause)
    return totals


def run_round(servers, plan, args, totals, file):
    name = ', '.join('%s %s' % one for one in plan)
    print('%s ...' % name, flush=True)
    hit = [node for node in servers.nodes
           if node in {node for fault, node in plan if fault != 'none'}]
    seed = '%s %d' % (args.seed, totals.rounds)
    with race.Race(servers.nodes, args.way, seed) as one:
        try:
            for fault, node in plan:
                faults.FAULTS[fault](servers, one, node)
            violations = one.finish(hit)
        except BaseException:
            print(servers.log()[-20000:])
            raise
        operations = one.operations()
        file.write(json.dumps({'round': name, 'ends': one.ends,
                               'faulty': list(map(str, hit))}) + '\n' +
                   history.dump(operations))
        file.flush()
    for node in servers.nodes:
        print('  %s%s: longest pause %.1f s; %s' % (
            node, ' (faulty)' if node in hit else '',
            race.longest_pause(one.operations([node])),
            history.summary(one.operations([node]))))
    totals.add(operations, violations, race.longest_pause(operations))


def check(path):
    """Check a history that was written before."""
    totals = Totals()
    with open(path) as file:
        for round in file.read().split('{"round": ')[1:]:
            end, _, operations = round.partition('\n')
            operations = history.load(operations)
            found = json.loads('{"round": ' + end)
            totals.add(operations, race.find_violations(
                operations, found['ends'], found.get('faulty', ())))
    return totals


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--minutes', type=float, default=10, metavar='N')
    parser.add_argument('--seed', default='0', metavar='S',
                        help='chooses faults, nodes and what writers do')
    parser.add_argument('--faults', nargs='+', choices=list(faults.FAULTS),
                        default=list(faults.FAULTS), metavar='FAULT',
                        help='of %(choices)s; by default all of them')
    parser.add_argument('--way', choices=list(crew.WAYS),
                        default='stack_update', help='how the writers write')
    parser.add_argument('--history', default='galera-history.jsonl',
                        metavar='FILE', help='what they did goes there')
    parser.add_argument('--check', metavar='FILE',
                        help='only check such a FILE again')
    args = parser.parse_args()
    totals = check(args.check) if args.check else run(args)
    print(totals)
    return 1 if totals.violations else 0


if __name__ == '__main__':
    sys.exit(main())
