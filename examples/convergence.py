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
import math
import multiprocessing
from multiprocessing import connection
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


def work(url, pipe):
    """Be an engine: answer each task with what engine.Engine makes of it."""
    configure(url)
    while True:
        number, task = pipe.recv()
        if number % MORTALITY == 0:
            signal.setitimer(signal.ITIMER_REAL, random.uniform(0.001, 0.05))
        pipe.send(engine.Engine(*task).work())


class Queue:
    """Hands nodes to engines, and again if they have died over them."""

    def __init__(self, url):
        self.url = url
        self.context = multiprocessing.get_context('forkserver')
        self.context.set_forkserver_preload(['heat.db.api'])
        self.generation = self.number = 0
        self.waiting, self.outcomes = [], collections.Counter()
        # By the pipe to an engine: its process, and its task.
        self.processes, self.busy = {}, {}
        self.begin_generation()

    def hand_out(self, *task):
        self.waiting.append(task)

    def begin_generation(self):
        """Start engines that know that none of those before is alive."""
        self.stop()
        for task in self.busy.values():
            self.outcomes['handed out again, as engines died'] += 1
            self.hand_out(*task)
        self.busy.clear()
        self.generation += 1
        for _ in range(ENGINES):
            # What one engine leaves in its pipe as it dies harms no other.
            pipe, its_pipe = self.context.Pipe()
            self.processes[pipe] = self.context.Process(
                target=work, args=(self.url, its_pipe), daemon=True)
            self.processes[pipe].start()
            its_pipe.close()

    def stop(self):
        for process in self.processes.values():
            process.kill()
            process.join()
            if process.exitcode not in (-signal.SIGKILL, -signal.SIGALRM):
                sys.exit('an engine has failed: see above')
        self.processes.clear()

    def run(self, until=math.inf):
        """Let engines work until nothing is left to do, or so much is done."""
        while self.waiting or self.busy:
            if sum(self.outcomes.values()) >= until:
                break
            try:
                for pipe in self.processes.keys() - self.busy.keys():
                    self.send(pipe)
                for pipe in connection.wait(self.busy):
                    self.receive(pipe)
            except (EOFError, OSError):  # an engine is dead
                self.begin_generation()

    def send(self, pipe):
        if self.waiting:
            self.number += 1
            task = self.busy[pipe] = self.waiting.pop(0)
            pipe.send((self.number, (self.generation, *task)))

    def receive(self, pipe):
        outcome, ready = pipe.recv()
        self.outcomes[outcome] += 1
        stack_id, traversal, _ = self.busy.pop(pipe)
        for node in ready:
            self.hand_out(stack_id, traversal, node)


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
    queue.stop()
    for outcome, times in sorted(queue.outcomes.items()):
        print('%5d nodes were %s' % (times, outcome))


if __name__ == '__main__':
    with tempfile.TemporaryDirectory() as directory:
        configure('sqlite:///' + os.path.join(directory, 'heat.sqlite'))
        main(int(sys.argv[1]) if sys.argv[1:] else 200)
