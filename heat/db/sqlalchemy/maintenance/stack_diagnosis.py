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
"""What is wrong with a stack that hangs, by what the database knows of it.

What an engine has in hand, or in a queue, may look like lost for a moment:
what only looks like it counts when it has stayed so for PATIENCE. Whether an
engine is alive is what the service table says; see stack_report.
"""

import typing

from heat.db.sqlalchemy.api import fence
from heat.db.sqlalchemy.maintenance import stack_report
from heat.db.sqlalchemy.maintenance import traversal

# Seconds.
PATIENCE = 300

STACK_LOCK = 'stack_locked_by_dead_engine'
NO_LOCK = 'stack_in_progress_without_lock'
RESOURCE_LOCK = 'resource_locked_by_dead_engine'
NO_ENGINE = 'resource_in_progress_without_engine'
NESTED_GONE = 'nested_stack_gone'
UNREADABLE = 'dependencies_unreadable'
NO_JSON = 'dependencies_no_json'
NOT_STARTED = 'traversal_not_started'
NO_SYNC_POINT = 'sync_point_missing'
LOST_TURN = 'turn_lost'
ROW_GONE = 'resource_row_gone'
NOT_ENDED = 'traversal_not_ended'
NESTED = 'nested_stack_hangs'


class Finding(typing.NamedTuple):
    """Something that is wrong.

    :ivar kind: one of the names above
    :ivar subject: the row of the resource or nested stack; None if it is the
        stack itself
    :ivar engine_id: the engine that has died; None if there is none
    :ivar nodes: the Nodes of the graph that it is about
    :ivar seconds: for how long; None if nobody knows
    """

    kind: str
    subject: typing.Optional[dict] = None
    engine_id: typing.Optional[str] = None
    nodes: tuple = ()
    seconds: typing.Optional[float] = None


def diagnose(report, graph):
    """Return a list of Findings; an empty one if nothing is wrong.

    :param report: a Report of stack_report
    :param graph: its Traversal
    """
    return [*_of_lock(report, graph), *_of_resources(report, graph),
            *_of_traversal(report, graph), *_of_nested(report, graph)]


def is_in_progress(row):
    """Tell whether a stack or a resource is."""
    return row['status'] == fence.IN_PROGRESS


def _age(report, *times):
    """Return the seconds since the last of some times."""
    times = [time for time in times if time is not None]
    return (report.now - max(times)).total_seconds() if times else None


def _age_of(report, row):
    return _age(report, row['created_at'], row['updated_at'])


def _is_late(seconds):
    return seconds is None or seconds > PATIENCE


def _of_lock(report, graph):
    stack, engine_id = report.stack, report.stack['engine_id']
    seconds = _age_of(report, stack)
    if graph.is_dead(engine_id):
        yield Finding(STACK_LOCK, None, engine_id, seconds=seconds)
    elif (engine_id is None and not stack['convergence'] and
            is_in_progress(stack) and _is_late(seconds)):
        yield Finding(NO_LOCK, seconds=seconds)


def _has_holder(report):
    """Tell whether an engine has the lock of the stack.

    Heat suspends, resumes, checks and snapshots a stack under that lock,
    without a traversal and without locks of resources.
    """
    return report.stack['engine_id'] is not None


def _of_resources(report, graph):
    for row in report.resources:
        seconds = _age_of(report, row)
        if graph.is_dead(row['engine_id']):
            yield Finding(RESOURCE_LOCK, row, row['engine_id'],
                          seconds=seconds)
        elif (row['engine_id'] is None and is_in_progress(row) and
                not _waits_for_lock(report) and not _has_holder(report) and
                _is_late(seconds)):
            yield Finding(NO_ENGINE, row, seconds=seconds)
        elif _waits_for_deleted(row):
            seconds = _age(report, row['nested_deleted_at'])
            if _is_late(seconds):
                yield Finding(NESTED_GONE, row, seconds=seconds)


def _waits_for_deleted(row):
    """Tell whether a resource waits for a nested stack that was deleted.

    The engine asks until the stack is timed out; only a deletion ends so.
    """
    return (row['nested_deleted_at'] is not None and is_in_progress(row) and
            row['action'] != 'DELETE')


def _waits_for_lock(report):
    """Tell whether NO_LOCK says of all its resources that nobody has them."""
    return not report.stack['convergence'] and is_in_progress(report.stack)


def _of_traversal(report, graph):
    if report.stack['current_deps'] is stack_report.NO_JSON:
        yield Finding(NO_JSON)
        return
    if not graph.is_readable:
        yield Finding(UNREADABLE)
        return
    if not (report.stack['convergence'] and is_in_progress(report.stack)):
        return
    seconds = _age_of(report, report.stack)
    if not graph.is_under_way:
        if _is_late(seconds) and not _has_holder(report):
            yield Finding(NOT_STARTED, seconds=seconds)
        return
    missing = [node for node in sorted(graph.progress)
               if graph.progress[node].present is None]
    if missing and _is_late(seconds):
        yield Finding(NO_SYNC_POINT, nodes=tuple(missing), seconds=seconds)
    yield from _of_turns(report, graph)


def _of_turns(report, graph):
    """Find what should be at work by now, and is not."""
    end = graph.progress[graph.stack_node]
    seconds = _age(report, end.since)
    if end.is_due and _is_late(seconds):
        yield Finding(NOT_ENDED, seconds=seconds)
    for node, state in sorted(graph.states.items()):
        seconds = _age(report, graph.progress[node].since)
        if state in (traversal.DUE, traversal.FAILED) and _is_late(seconds):
            row = graph.resource(node)
            yield Finding(LOST_TURN if row else ROW_GONE, row, nodes=(node,),
                          seconds=seconds)


def _of_nested(report, graph):
    """Return what is found of stacks below.

    Those of dead engines come first, and of these what the others are above
    of: there the work hangs.
    """
    holders = {row['id']: {row['engine_id']} for row in report.nested}
    for row in report.nested_work:
        holders.setdefault(row['stack_id'], set()).add(row['engine_id'])
    found = []
    for row in report.nested:
        if _is_locked_with_owner(row):
            continue
        engines = holders[row['id']] - {None}
        dead = sorted(filter(graph.is_dead, engines))
        seconds = _age_of(report, row)
        if dead or (not engines and is_in_progress(row) and
                    _is_late(seconds)):
            found.append(Finding(NESTED, row, dead[0] if dead else None,
                                 seconds=seconds))
    owners = _owners(report)
    above = {stack_id for one in found
             for stack_id in _above(owners, one.subject['id'])}
    return sorted(found, key=lambda one: (
        one.engine_id is None, one.subject['id'] in above))


def _owners(report):
    return {row['id']: row['owner_id'] for row in report.nested}


def _above(owners, stack_id):
    """Return the ids of the nested stacks that one is in.

    It ends even if stacks own each other.
    """
    seen = {}
    while stack_id in owners and stack_id not in seen:
        seen[stack_id] = None
        stack_id = owners[stack_id]
    return list(seen)[1:]


def _is_locked_with_owner(row):
    """Tell whether a stack is a backup, and its owner has a lock."""
    return bool(row['backup']) and row['engine_id'] is not None


def to_reset(report, findings):
    """Return the ids of the stacks whose status is to be reset.

    What hangs below is reset with a stack that is in progress, or hangs.
    """
    kinds = {finding.kind for finding in findings}
    if kinds - {NESTED, UNREADABLE} or (
            kinds and is_in_progress(report.stack)):
        return [report.stack['owner_id' if _is_locked_with_owner(report.stack)
                             else 'id']]
    nested = [finding.subject['id'] for finding in findings
              if finding.kind == NESTED]
    owners, hanging = _owners(report), set(nested)
    return [stack_id for stack_id in nested
            if hanging.isdisjoint(_above(owners, stack_id))]
