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

"""What convergence engines ask of heat.db.api while they create a stack.

It works with any heat.db.api that has the names of Heat 25, Heat's own among
them, and so imports nothing of this package: benchmarks.traversal runs it as a
program. The workers are threads, as those of Heat's engines are.
"""

from concurrent import futures
import json
import random
import sys
import threading
import time
import uuid

from heat.common import context as heat_context
from heat.db import api
from oslo_config import cfg

# Layers of resources, of which each needs two of the layer before; and the
# last resource needs half of all.
LAYERS = 9
# Seconds: the pauses of Heat's engines, see benchmarks.inputs.
PAUSE, LONGEST = 0.01, 60


def requirements(number):
    """Return what each of so many resources needs."""
    width = -(-(number - 1) // LAYERS)
    needs = [{other for other in (one - width, one - width - 1)
              if one >= width and other >= 0} for one in range(number - 1)]
    return needs + [set(range((number - 1) // 2, number - 1))]


class Stack:
    """A stack that is created.

    :param add: adds an input to a sync point
    :ivar retries: how often that had to be tried again
    """

    def __init__(self, number, add):
        self.needs = requirements(number)
        self.add = add
        self.retries = 0
        self._lock = threading.Lock()
        self.traversal = str(uuid.uuid4())
        self.template = {'resources': {
            'r%d' % one: {'type': 'OS::Heat::TestResource'}
            for one in range(number)}}

    def start(self, context):
        """Store what the traversal needs; return what waits for nothing."""
        template = api.raw_template_create(context, {'template':
                                                     self.template})
        self.id = api.stack_create(context, {
            'name': self.traversal, 'tenant': 'tenant', 'action': 'CREATE',
            'status': 'IN_PROGRESS', 'raw_template_id': template.id,
            'disable_rollback': True, 'convergence': True}).id
        self.template_id = template.id
        api.stack_update(context, self.id, {
            'current_traversal': self.traversal}, exp_trvsl=None)
        self.ids = [api.resource_create(context, {
            'name': 'r%d' % one, 'stack_id': self.id, 'action': 'INIT',
            'status': 'COMPLETE', 'current_template_id': template.id,
            'root_stack_id': self.id}).id for one in range(len(self.needs))]
        self.required_by = {one: [] for one in range(len(self.needs))}
        for one, others in enumerate(self.needs):
            for other in others:
                self.required_by[other].append(one)
        for entity in [*self.ids, self.id]:
            api.sync_point_create(context, {
                'entity_id': str(entity), 'traversal_id': self.traversal,
                'is_update': True, 'stack_id': self.id, 'atomic_key': 0,
                'input_data': {}})
        edges = [[[self.ids[one], True], [self.ids[other], True]]
                 for one, others in enumerate(self.needs) for other in others]
        api.stack_update(context, self.id, {'current_deps': {'edges': edges}},
                         exp_trvsl=self.traversal)
        return [one for one, others in enumerate(self.needs) if not others]

    def work(self, context, one):
        """Create a resource; return which ones wait for nothing more."""
        api.stack_get(context, self.id, eager_load=True)
        row = api.resource_get(context, self.ids[one])
        engine = str(uuid.uuid4())
        api.resource_update(context, row.id, {
            'engine_id': engine, 'action': 'CREATE', 'status': 'IN_PROGRESS',
            'requires': sorted(self.ids[other] for other in self.needs[one])},
            row.atomic_key, expected_engine_id=None)
        properties = api.resource_prop_data_create(context, {
            'data': {'value': 'x' * 100}, 'encrypted': False})
        self.event(context, one, 'IN_PROGRESS')
        row = api.resource_get(context, row.id)
        api.resource_update(context, row.id, {
            'engine_id': None, 'status': 'COMPLETE',
            'rsrc_prop_data_id': properties.id, 'physical_resource_id': engine,
            'current_template_id': self.template_id}, row.atomic_key,
            expected_engine_id=engine)
        self.event(context, one, 'COMPLETE')
        return [other for other in self.required_by[one] or [None]
                if self.propagate(context, one, other)]

    def event(self, context, one, status):
        api.event_create(context, {
            'stack_id': self.id, 'resource_action': 'CREATE',
            'resource_status': status, 'resource_name': 'r%d' % one,
            'physical_resource_id': None, 'uuid': str(uuid.uuid4()),
            'resource_status_reason': 'state changed',
            'resource_type': 'OS::Heat::TestResource'})

    def propagate(self, context, one, other):
        """Hand an input to a resource, or to the stack, which is None.

        :returns: whether it has all its inputs now
        """
        needed = ([last for last, waits in self.required_by.items()
                   if not waits] if other is None else self.needs[other])
        is_complete, retries = self.add(
            context, (str(self.id if other is None else self.ids[other]),
                      self.traversal, True),
            'tuple:(%d, True)' % self.ids[one], {'id': one},
            ['tuple:(%d, True)' % self.ids[each] for each in needed])
        with self._lock:
            self.retries += retries
        return is_complete

    def end(self, context):
        api.stack_get(context, self.id)
        api.stack_update(context, self.id, {'status': 'COMPLETE'},
                         exp_trvsl=self.traversal)
        api.sync_point_delete_all_by_stack_and_traversal(
            context, self.id, self.traversal)


def swap(context, key, name, value, awaited):
    """Add an input as Heat's engines do.

    :returns: whether they are all there now, and how often it tried again
    """
    tries = 0
    while True:
        point = api.sync_point_get(context, *key)
        inputs = {**(point.input_data or {}).get('input_data', {}),
                  name: value}
        if api.sync_point_update_input_data(
                context, *key, point.atomic_key, {'input_data': inputs}):
            return len(inputs) == len(awaited), tries
        missing = len(awaited) - len(inputs)
        time.sleep(random.uniform(0, min(
            LONGEST, PAUSE * missing * 2 ** tries)))
        tries += 1


def add(context, key, name, value, awaited):
    """Add an input as this package can."""
    return bool(api.sync_point_add_input(
        context, *key, name, value, awaited)), 0


def run(stack, workers):
    """Create a stack.

    :returns: the seconds of its start, and of the rest, and retries
    """
    def work(one):
        return stack.work(request(), one)

    begin = time.monotonic()
    ready = stack.start(request())
    middle = time.monotonic()
    with futures.ThreadPoolExecutor(workers) as pool:
        tasks = {pool.submit(work, one) for one in ready}
        while tasks:
            done, tasks = futures.wait(
                tasks, return_when=futures.FIRST_COMPLETED)
            for one in done:
                for other in one.result():
                    if other is None:
                        stack.end(request())
                    else:
                        tasks.add(pool.submit(work, other))
    end = time.monotonic()
    row = api.stack_get(request(), stack.id)
    if row.status != 'COMPLETE':
        raise ValueError('the stack is not complete')
    return {'start': middle - begin, 'work': end - middle,
            'retries': stack.retries}


def request():
    return heat_context.RequestContext(project_id='tenant', is_admin=False,
                                       overwrite=False)


def main(url, number, workers, way):
    cfg.CONF([], project='heat', default_config_files=[],
             default_config_dirs=[])
    cfg.CONF.set_override('connection', url, 'database')
    cfg.CONF.set_override('max_pool_size', int(workers), 'database')
    try:
        # The first call connects, and compiles what it sends.
        run(Stack(20, WAYS[way]), int(workers))
        return run(Stack(int(number), WAYS[way]), int(workers))
    except Exception as error:
        sys.exit('%s: %s' % (type(error).__name__,
                             str(error).partition('\n')[0]))


WAYS = {'swap': swap, 'add': add}

if __name__ == '__main__':
    json.dump(main(*sys.argv[1:]), sys.stdout)
