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
"""How far the current traversal of a stack is, node by node.

A node of the dependency graph is a resource that is to be created or updated,
or one that is to be cleaned up. When it is done, it tells all that wait for it
by an input to their sync points; who waits for nobody else is told by the
stack's. Heat's engines work like this, and the rules are theirs:
heat/engine/stack.py, check_resource.py and sync_point.py of Heat 25.
"""

import re
import typing

from heat.db.sqlalchemy.api import fence

COMPLETE = 'complete'
IN_PROGRESS = 'in progress'
FAILED = 'failed'
# All that it waits for is there, and no engine has it: its turn is lost, or
# it is in a queue.
DUE = 'due'
WAITING = 'waiting'
DEAD = 'locked by a dead engine'
STATES = (COMPLETE, IN_PROGRESS, FAILED, DUE, WAITING, DEAD)

# 'tuple:(1, True)' is how Heat's engines call the input of a node.
_TUPLE = re.compile(r"tuple:\('?([^']*?)'?, (true|false)\)", re.IGNORECASE)


class Node(typing.NamedTuple):
    """A node of the graph.

    :ivar entity_id: that of a resource, or of the stack, as a text
    :ivar is_update: False if it is a cleanup
    """

    entity_id: str
    is_update: bool


class Progress(typing.NamedTuple):
    """What a node waits for.

    :ivar awaited: a set of Nodes
    :ivar present: those of them that are done; None if the node has no sync
        point
    :ivar since: when the sync point was last written
    """

    awaited: frozenset
    present: typing.Optional[frozenset]
    since: typing.Any

    @property
    def is_due(self):
        return self.present is not None and self.awaited <= self.present


class Traversal:
    """The current traversal of a stack.

    :param report: a Report of stack_report
    :ivar is_readable: whether current_deps has what is known to be stored
    :ivar requires: {Node: set of Nodes that have to be done before it}
    :ivar is_under_way: whether there are sync points of it
    :ivar progress: {Node: Progress}, that of the stack's own Node, too
    :ivar states: {Node: one of STATES}, without the stack's own Node
    """

    def __init__(self, report):
        self._report = report
        self._resources = {str(row['id']): row for row in report.resources}
        self.is_readable, self.requires = _read(report.stack['current_deps'])
        self.stack_node = Node(report.stack['id'], True)
        self.progress = self._progress()
        self.is_under_way = any(
            one.present is not None for one in self.progress.values())
        self._told, self._untold = self._find_told()
        self.states = {node: self._state(node) for node in self.requires}

    def resource(self, node):
        """Return the row of the resource that a Node is about, or None.

        A replacement stands in for the resource that it replaces.
        """
        row = self._resources.get(node.entity_id)
        seen = set()
        while node.is_update and row and row['replaced_by'] is not None:
            replacement = self._resources.get(str(row['replaced_by']))
            if replacement is None or replacement['id'] in seen:
                break
            seen.add(replacement['id'])
            row = replacement
        return row

    def is_dead(self, engine_id):
        """Tell whether an engine has a lock that has died."""
        return (engine_id is not None and
                not self._report.engines[engine_id].is_alive)

    def _progress(self):
        current = self._report.stack['current_traversal']
        points = {Node(row['entity_id'], row['is_update']): row
                  for row in self._report.sync_points
                  if row['traversal_id'] == current}
        required = set().union(*self.requires.values())
        awaited = {**self.requires,
                   self.stack_node: self.requires.keys() - required}
        return {node: _progress(awaited[node], points.get(node))
                for node in awaited}

    def _find_told(self):
        """Return the nodes that have told others, and those that have not.

        Who was to tell several, and died before the last, is in both.
        """
        told, untold = set(), set()
        for awaited, present, since in self.progress.values():
            if present is not None:
                told |= awaited & present
                untold |= awaited - present
        return told, untold

    def _state(self, node):
        row = self.resource(node)
        if node in self._told - self._untold:
            return COMPLETE
        if node not in self._untold:
            return self._state_of_row(node, row)
        if row is not None and self.is_dead(row['engine_id']):
            return DEAD
        if not self.progress[node].is_due:
            return WAITING
        return _working(row) or DUE

    def _state_of_row(self, node, row):
        """Return what a resource says where no sync point tells."""
        if row is None:
            return WAITING if node.is_update else COMPLETE
        if self.is_dead(row['engine_id']):
            return DEAD
        template = self._report.stack['raw_template_id']
        if (row['status'] == 'COMPLETE' and row['action'] != 'INIT' and
                row['current_template_id'] == template):
            return COMPLETE
        return _working(row) or WAITING


def _working(row):
    if row is None:
        return None
    if row['engine_id'] is not None or row['status'] == fence.IN_PROGRESS:
        return IN_PROGRESS
    return FAILED if row['status'] == fence.FAILED else None


def _progress(awaited, point):
    if point is None:
        return Progress(frozenset(awaited), None, None)
    return Progress(
        frozenset(awaited),
        frozenset(filter(None, map(_named, point['input_names']))),
        point['updated_at'] or point['created_at'])


def _named(name):
    """Return the Node that an input is called after."""
    match = _TUPLE.fullmatch(name)
    if match:
        return Node(match[1], match[2].lower() == 'true')
    return Node(name, True)


def _read(deps):
    """Return whether all edges can be read, and {Node: set of Nodes}."""
    edges = deps.get('edges') if isinstance(deps, dict) else deps
    if not isinstance(edges, list):
        return deps is None, {}
    is_readable, requires = True, {}
    for edge in edges:
        pair = isinstance(edge, list) and len(edge) == 2
        requirer, required = map(_node, edge) if pair else (None, None)
        if requirer is None or (required is None and edge[1] is not None):
            is_readable = False
            continue
        requires.setdefault(requirer, set())
        if required is not None:
            requires[requirer].add(required)
            requires.setdefault(required, set())
    return is_readable, requires


def _node(value):
    """Return a Node of [id, is_update], or of an id alone; None of others."""
    if (isinstance(value, list) and len(value) == 2 and
            isinstance(value[1], bool)):
        entity_id, is_update = value
    else:
        entity_id, is_update = value, True
    if isinstance(entity_id, (int, str)) and not isinstance(entity_id, bool):
        return Node(str(entity_id), is_update)
