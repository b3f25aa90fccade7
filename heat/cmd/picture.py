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
"""What a picture of a traversal shows: boxes, and arrows between them.

A box is a node of the graph. Where there are too many to be looked at, nodes
of one layer and one state share a box: first those that are complete, then
those that wait, then all. A layer are the nodes that could be at work at the
same time; of many layers, neighbours are taken together. Then an arrow is
left out where others lead to the same box.
"""

import collections
import graphlib
import typing

from heat.cmd import stacks
from heat.common.i18n import _
from heat.db import exception
from heat.db.sqlalchemy.maintenance import traversal

MOST_BOXES = 80
MOST_LAYERS = 16
# Steps of folding: which states share a box, and of how many nodes on.
_STEPS = (((), 0), ((traversal.COMPLETE,), 4),
          ((traversal.COMPLETE, traversal.WAITING), 4),
          (traversal.STATES, 6), (traversal.STATES, 2))
# Of names in a box, and of characters of a name, so many are shown.
_NAMES = 3
_LENGTH = 40


class Box(typing.NamedTuple):
    """A box.

    :ivar lines: its text
    :ivar state: one of traversal.STATES
    :ivar is_update: False if it is a cleanup
    """

    lines: list
    state: str
    is_update: bool


class Picture(typing.NamedTuple):
    """A picture; it is the same each time it is drawn.

    :ivar title: lines above it
    :ivar boxes: a list of Boxes
    :ivar arrows: a sorted list of pairs of their numbers: what is done first,
        and what waits for it
    """

    title: list
    boxes: list
    arrows: list


def draw(report, graph):
    """Return the Picture of a Traversal.

    :param report: the Report that it was made from
    """
    names = {str(row['id']): row['name'] for row in report.resources}
    groups = _folded(graph)
    numbers = {node: number for number, group in enumerate(groups)
               for node in group}
    arrows = {(numbers[first], numbers[node])
              for node, required in graph.requires.items()
              for first in required if numbers[first] != numbers[node]}
    row = report.stack
    return Picture(
        [_text(_('Stack "%s"') % row['name'], 3 * _LENGTH), row['id'],
         _('%(status)s, traversal %(id)s') % {
             'status': stacks.status(row),
             'id': row['current_traversal'] or _('none')},
         *([] if groups else [_('there is no graph of it that can be read')])],
        [_box(group, graph, names) for group in groups],
        sorted(arrows if len(groups) == len(graph.states) else
               _without_detours(arrows)))


LEGEND = _('What waits is right of what it waits for')


def legend():
    """Return a Box for each thing that there is to know."""
    return [Box([state], state, True) for state in traversal.STATES] + [
        Box([_('cleanup')], traversal.WAITING, False)]


def _folded(graph):
    """Return lists of the nodes that share a box."""
    layers = _layers(graph.requires)
    number = max(layers.values(), default=0) + 1
    groups = collections.defaultdict(list)
    for node in sorted(graph.states):
        layer = layers[node] * min(number, MOST_LAYERS) // number
        groups[layer, node.is_update, graph.states[node]].append(node)
    for states, least in _STEPS:
        folded = [some for (_layer, _is_update, state), group in sorted(
            groups.items()) for some in (
                [group] if state in states and len(group) >= least else
                ([node] for node in group))]
        if len(folded) <= MOST_BOXES:
            break
    return folded


def _layers(requires):
    """Return {node: layer}; the first layer, 0, requires nothing."""
    required_by = collections.defaultdict(list)
    for node, required in requires.items():
        for first in required:
            required_by[first].append(node)
    left = {node: len(required) for node, required in requires.items()}
    # What is in a circle, and waits for ever, stays in the first layer.
    layers = dict.fromkeys(requires, 0)
    free = [node for node, number in left.items() if not number]
    for node in free:
        for next_one in required_by[node]:
            layers[next_one] = max(layers[next_one], layers[node] + 1)
            left[next_one] -= 1
            if not left[next_one]:
                free.append(next_one)
    return layers


def _without_detours(arrows):
    """Leave out an arrow where others lead to the same box.

    In a circle, which boxes of several layers may make, all of them stay.
    """
    required = collections.defaultdict(set)
    for first, node in arrows:
        required[node].add(first)
    above = {}
    try:
        for node in graphlib.TopologicalSorter(required).static_order():
            near = required.get(node, set())
            above[node] = near.union(*(above[first] for first in near))
    except graphlib.CycleError:
        return arrows
    return {(first, node) for first, node in arrows
            if not any(first in above[other] for other in required[node])}


def _box(group, graph, names):
    state, is_update = graph.states[group[0]], group[0].is_update
    shown = [_text(names.get(node.entity_id) or _('resource %s') %
                   node.entity_id) for node in group[:_NAMES]]
    if len(group) == 1:
        lines = [shown[0] if is_update else _('cleanup of %s') % shown[0],
                 state]
    else:
        number = _('%d resources') if is_update else _('%d cleanups')
        lines = [number % len(group), state, *shown]
        if len(group) > _NAMES:
            lines.append(_('and %d more') % (len(group) - _NAMES))
    return Box(lines, state, is_update)


def _text(name, length=_LENGTH):
    """Return a name as it can be shown: of one line, and not too long."""
    name = exception.printable(str(name))
    return name if len(name) <= length else name[:length] + '...'
