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

"""Engines create a stack, update it in the middle of that, and delete it.

convergence.py [NUMBER OF RESOURCES]. Each engine is a process; again and again
one is killed, and with it all that work beside it. It takes an SQLite file
that is gone afterwards, or the empty database that OS_DATABASE__CONNECTION
names.
"""

import collections
from concurrent import futures
from concurrent.futures.process import BrokenProcessPool
import math
import multiprocessing
import os
import random
import signal
import sys
import tempfile

import convergence_engine as engine

from heat.common.config import CONF
from heat.db import api

ENGINES = 4
# One of so many nodes is the last of an engine.
MORTALITY = 25


def configure(url):
    # The environment, but no file: that might name a database in use.
    CONF([], default_config_files=[], default_config_dirs=[])
    CONF.set_default('connection', url, 'database')


def work(generation, number, *args):
    if number % MORTALITY == 0:
        signal.setitimer(signal.ITIMER_REAL, random.uniform(0.001, 0.05))
    return engine.Engine(generation, *args).work()


class Queue:
    """Hands nodes to engines, and again if they have died over them."""

    def __init__(self, url):
        self.url = url
        self.processes = multiprocessing.get_context('forkserver')
        self.processes.set_forkserver_preload(['heat.db.api'])
        self.generation = self.number = 0
        self.tasks, self.outcomes = {}, collections.Counter()
        self.begin_generation()

    def begin_generation(self):
        self.generation += 1
        self.pool = futures.ProcessPoolExecutor(
            ENGINES, self.processes, configure, (self.url,))

    def hand_out(self, *task):
        self.number += 1
        try:
            future = self.pool.submit(
                work, self.generation, self.number, *task)
        except BrokenProcessPool:
            self.pool.shutdown()  # none of them is alive after that
            self.begin_generation()
            return self.hand_out(*task)
        self.tasks[future] = task

    def run(self, until=math.inf):
        """Let engines work until nothing is left to do, or so much is done."""
        while self.tasks and sum(self.outcomes.values()) < until:
            for future in futures.wait(
                    self.tasks, return_when=futures.FIRST_COMPLETED).done:
                stack_id, traversal, node = self.tasks.pop(future)
                try:
                    outcome, ready = future.result()
                except BrokenProcessPool:
                    outcome = 'handed out again, as engines died'
                    ready = [node]
                self.outcomes[outcome] += 1
                for one in ready:
                    self.hand_out(stack_id, traversal, one)


def resources(numbers, image):
    """Return a template: each resource requires up to two earlier ones."""
    return {'r%d' % number: {'image': image if number % 5 == 0 else 0,
                             'requires': ['r%d' % other for other in {
                                 number // 2, number - 3} if
                                 numbers[0] <= other < number]}
            for number in numbers}


def converge(queue, stack_id, action, template, until=math.inf):
    traversal, ready = engine.start_traversal(stack_id, action, template)
    print('traversal %s starts: %s' % (traversal, action))
    for node in ready:
        queue.hand_out(stack_id, traversal, node)
    queue.run(until)
    rows = api.resource_get_all_active_by_stack(engine.CONTEXT, stack_id)
    complete = [row for row in rows.values() if row.status == 'COMPLETE']
    is_exact = len(rows) == len(complete) and (
        {row.name for row in complete} == template.keys())
    print('%d resources are complete: %s of the template' % (
        len(complete), 'exactly those' if is_exact else 'not yet those'))
    stack = api.stack_get(engine.CONTEXT, stack_id)
    print('the stack is %s' % (
        '%s %s' % (stack.action, stack.status) if stack else 'gone'))


def main(number):
    url = CONF.database.connection
    api.db_sync(api.get_engine())
    template = api.raw_template_create(engine.CONTEXT, {'template': {}})
    stack_id = api.stack_create(engine.CONTEXT, {
        'name': 'example', 'tenant': 'example', 'disable_rollback': False,
        'raw_template_id': template.id}).id
    queue = Queue(url)
    converge(queue, stack_id, 'CREATE', resources(range(number), 1),
             until=number // 2)
    # Some are gone, some are new, and some are to be replaced.
    converge(queue, stack_id, 'UPDATE',
             resources(range(number // 10, number + number // 10), 2))
    converge(queue, stack_id, 'DELETE', {})
    queue.pool.shutdown()
    for outcome, times in sorted(queue.outcomes.items()):
        print('%5d nodes were %s' % (times, outcome))


if __name__ == '__main__':
    with tempfile.TemporaryDirectory() as directory:
        configure('sqlite:///' + os.path.join(directory, 'heat.sqlite'))
        main(int(sys.argv[1]) if sys.argv[1:] else 200)
