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

"""A small convergence engine; convergence.py lets several of them work.

Nobody tells them what others do: the database does. An engine may die at any
point. Then another one, of a later generation, is handed the same node.
"""

import collections
import os
import random
import time
import uuid

from heat.common.context import RequestContext
from heat.db import api
from heat.db import exception

CONTEXT = RequestContext(tenant_id='example')


def start_traversal(stack_id, action, resources):
    """Start a traversal; return it, and the nodes that wait for nothing."""
    stack, traversal = api.stack_get(CONTEXT, stack_id), str(uuid.uuid4())
    template = api.raw_template_create(CONTEXT, {'template': resources})
    rows = api.resource_get_all_active_by_stack(CONTEXT, stack_id)
    newest = {row.name: row.id for row in rows.values() if not row.replaced_by}
    for name in resources.keys() - newest.keys():
        newest[name] = api.resource_create(CONTEXT, {
            'name': name, 'stack_id': stack_id, 'atomic_key': 0}).id
    # A node is updated after those that it requires; each that was there is
    # cleaned up after that, and after those that required it.
    graph = {(newest[name], True): {(newest[other], True)
                                    for other in resources[name]['requires']}
             for name in resources}
    graph.update({(id, False): {(id, True)} & graph.keys() for id in rows})
    for id, row in rows.items():
        for required in rows.keys() & set(row.requires or ()):
            graph[required, False].add((id, False))
    # What the traversal needs is there before it starts.
    for id, is_update in [*graph, (stack_id, True)]:
        api.sync_point_create(CONTEXT, {
            'entity_id': id, 'traversal_id': traversal, 'atomic_key': 0,
            'is_update': is_update, 'stack_id': stack_id, 'input_data': {}})
    edges = [[node, other] for node, others in graph.items()
             for other in others or [None]]
    api.stack_update(CONTEXT, stack_id, {
        'current_traversal': traversal, 'current_deps': {'edges': edges},
        'raw_template_id': template.id, 'action': action,
        'status': 'IN_PROGRESS'}, exp_trvsl=stack.current_traversal)
    end_traversal(stack_id, stack.current_traversal)
    return traversal, [node for node, others in graph.items() if not others]


def end_traversal(stack_id, traversal):
    """Remove what is left of a traversal that is over."""
    api.sync_point_delete_all_by_stack_and_traversal(
        CONTEXT, stack_id, traversal)


class Engine:
    """Works on a node. What dies at any point of it, another one finishes."""

    def __init__(self, generation, stack_id, traversal, node):
        self.id = '%d.%d' % (generation, os.getpid())
        self.generation = generation
        self.stack_id = stack_id
        self.stack = api.stack_get(CONTEXT, stack_id, eager_load=True)
        self.traversal = traversal
        self.node = node
        self.point = api.sync_point_get(CONTEXT, node[0], traversal, node[1])

    def work(self):
        """Return what came of it, and the nodes that can be worked on now."""
        if None in (self.stack, self.point) or (
                self.stack.current_traversal != self.traversal):
            end_traversal(self.stack_id, self.traversal)
            return 'given up, as the traversal is over', []
        try:
            outcome, value = self.update() if self.node[1] else self.clean_up()
            return outcome, self.propagate(value)
        except exception.ResourceConflict:
            return 'put off, as another engine has the lock', [self.node]
        except (exception.NotFound, exception.ConcurrentTransition):
            return 'given up, as the traversal has just ended', []

    def holder(self, row):
        """Return who may have the lock: nobody, or an engine that has died."""
        is_dead = row.engine_id and (
            int(row.engine_id.split('.')[0]) < self.generation)
        return row.engine_id if is_dead else None

    def lock(self, row, action):
        """Take the lock of a resource; return the key that it has then."""
        api.resource_update(
            CONTEXT, row.id, {'engine_id': self.id, 'action': action,
                              'status': 'IN_PROGRESS'}, row.atomic_key,
            expected_engine_id=self.holder(row))
        time.sleep(random.uniform(0, 0.01))  # what a cloud needs
        return row.atomic_key + 1

    def update(self):
        row = api.resource_get(CONTEXT, self.node[0])
        if row.replaced_by:  # by an engine that has died since
            row = api.resource_get(CONTEXT, row.replaced_by)
        image = self.stack.raw_template.template[row.name]['image']
        outcome = 'updated' if row.physical_resource_id else 'created'
        if (row.current_template_id, row.status) == (
                self.stack.raw_template_id, 'COMPLETE'):
            return 'done before', row.id
        if row.rsrc_metadata and row.rsrc_metadata['image'] != image:
            outcome = 'replaced'
            row = api.resource_create_replacement(CONTEXT, row.id, {
                'name': row.name, 'stack_id': self.stack_id, 'atomic_key': 0,
                'replaces': row.id}, row.atomic_key, self.holder(row))
        key = self.lock(row, 'UPDATE' if outcome == 'updated' else 'CREATE')
        inputs = self.point.input_data.get('input_data', {})
        api.resource_update(CONTEXT, row.id, {
            'engine_id': None, 'status': 'COMPLETE',
            'current_template_id': self.stack.raw_template_id,
            'physical_resource_id': row.uuid, 'rsrc_metadata': {
                'image': image}, 'requires': list(inputs.values())}, key,
            expected_engine_id=self.id)
        return outcome, row.id

    def clean_up(self):
        try:
            row = api.resource_get(CONTEXT, self.node[0])
        except exception.NotFound:
            return 'done before', None
        if row.name in self.stack.raw_template.template and (
                not row.replaced_by):
            return 'kept', row.id
        self.lock(row, 'DELETE')
        api.resource_delete(CONTEXT, row.id, expected_engine_id=self.id)
        return 'deleted', None

    def propagate(self, value):
        """Hand a value to the nodes that wait; return those that are ready."""
        graph, this = collections.defaultdict(set), (self.stack_id, True)
        for node, other in self.stack.current_deps['edges']:
            graph[tuple(node)].update([tuple(other)] if other else [])
        waiting = {node: others for node, others in graph.items()
                   if self.node in others}
        # Those that nobody waits for are what the stack waits for.
        roots = graph.keys() - set().union(*graph.values())
        ready = [node for node, others in (
            waiting or {this: roots}).items() if api.sync_point_add_input(
                CONTEXT, node[0], self.traversal, node[1],
                'tuple:%s' % (self.node,), value,
                ['tuple:%s' % (other,) for other in others])]
        if this not in ready:
            return ready
        if self.stack.action == 'DELETE':
            api.stack_delete(CONTEXT, self.stack_id, self.traversal)
        else:
            api.stack_update(CONTEXT, self.stack_id, {'status': 'COMPLETE'},
                             self.traversal)
        end_traversal(self.stack_id, self.traversal)
        return []
