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
"""The status of a stack: to look at, and to set back when it hangs."""

import collections
import functools

import sqlalchemy as sa

from heat.db.sqlalchemy.api import checks
from heat.db.sqlalchemy.api import fence
from heat.db.sqlalchemy.api import rows
from heat.db.sqlalchemy.api import stack_tree
from heat.db.sqlalchemy.api import units
from heat.db.sqlalchemy.comparison import as_id
from heat.db.sqlalchemy.comparison import same_text
from heat.db.sqlalchemy.engine.prepared import PREPARED
from heat.db.sqlalchemy.engine import write
from heat.db.sqlalchemy.models.base import new_uuid
from heat.db.sqlalchemy.models import Resource
from heat.db.sqlalchemy.models import ResourceData
from heat.db.sqlalchemy.models import Stack
from heat.db.sqlalchemy.models import StackLock
from heat.db.sqlalchemy.models import SyncPoint

# Data of resources that wait for a user to let them go on.
HOOKS = tuple('%s-%s' % (when, action) for when in ('pre', 'post')
              for action in ('create', 'update', 'delete'))
# With many more ids in a list, MariaDB reads the whole table instead of using
# an index on it.
AT_ONCE = 100
REASON = 'The status was reset by hand'


def stack_get_status(context, stack_id):
    """Return action, status, status_reason and updated_at. One SELECT.

    :param context: a RequestContext that may see the stack, which may be
        soft-deleted
    :returns: a tuple of the four
    :raises heat.db.exception.NotFound: there is no such stack that the
        context may see
    :raises oslo_db.exception.DBError: as the database says
    """
    scope, parameters = fence.visible(context, Stack)
    row = rows.first_values(context, _select(scope), {
        **parameters, **units.this_row(Stack, stack_id)})
    if row is None:
        raise units.not_found(Stack, stack_id)
    return tuple(row)


def reset_stack_status(context, stack_id, exp_trvsl=fence.ANY_TRAVERSAL):
    """Let a stack that hangs have failed, with all stacks below it.

    Stacks and resources in progress have failed; what waits for a hook does
    so no more; locks are given back, and sync points deleted. All stacks get
    a new traversal, without a graph, and all resources the next atomic_key,
    so that whatever still works on them stops and changes nothing: it may be
    called while engines run. A current_deps that can not be read is gone.

    All or nothing, in one transaction: an UPDATE, a SELECT of the stacks, and
    for each 100 of them two UPDATEs, two UPDATEs of their resources, a
    SELECT and a DELETE of their data, the DELETE only if there is any, and a
    DELETE of sync points and one of locks. Repeated like stack_update; after
    a lost connection, the new traversal shows that it had succeeded.

    :param context: a RequestContext that may see the stack, which may be
        soft-deleted; the stacks below it may be of any tenant
    :param exp_trvsl: the traversal that hangs, as for stack_update; by
        default whatever it is
    :returns: {name of a table: number}: of stack and resource, those that
        have failed now; of the others, those that were deleted
    :raises heat.db.exception.NotFound: there is no such stack that the
        context may see
    :raises heat.db.exception.ConcurrentTransition: it is in another
        traversal than exp_trvsl, and may not hang
    :raises heat.db.exception.InvalidValues: exp_trvsl is refused
    :raises oslo_db.exception.DBError: as the database says
    """
    if exp_trvsl is not fence.ANY_TRAVERSAL:
        # What is stored may be none: then it hangs for that.
        checks.check_value(Stack, 'current_traversal', exp_trvsl, 'exp_trvsl')
    traversal = {'current_traversal': new_uuid()}
    numbers = collections.Counter()
    write.write(context, fence.unit(
        stack_id, traversal, exp_trvsl, fence.visible(context, Stack),
        mark=traversal, then=functools.partial(
            _reset, stack_id, traversal['current_traversal'], numbers)))
    return dict(numbers)


def _reset(stack_id, traversal, numbers, execute):
    # Another attempt may have been rolled back.
    numbers.clear()
    stack_ids = [row.id for row in execute(
        stack_tree.every(), {'this_stack': as_id(stack_id)})]
    for first in range(0, len(stack_ids), AT_ONCE):
        _reset_some(stack_ids[first:first + AT_ONCE], traversal, numbers,
                    execute)


def _reset_some(stack_ids, traversal, numbers, execute):
    these = {'stack_ids': stack_ids}
    fence.stop(execute, stack_ids, traversal)
    numbers['stack'] += fence.fail(execute, stack_ids, REASON)
    numbers['resource'] += execute(_fail_resources(), {
        **these, 'status': fence.FAILED, 'status_reason': REASON}).rowcount
    execute(_stop_resources(), {**these, 'engine_id': None})
    hooks = [row.id for row in execute(_hooks(), these)]
    if hooks:
        execute(_delete_data(), {'ids': hooks})
    numbers['resource_data'] += len(hooks)
    for model in SyncPoint, StackLock:
        numbers[model.__tablename__] += execute(
            _delete_of_stacks(model), these).rowcount


@functools.lru_cache
def _select(scope):
    return sa.select(
        Stack.action, Stack.status, Stack.status_reason, Stack.updated_at
    ).where(units.is_this_row(Stack, scope)).execution_options(**PREPARED)


@functools.cache
def _fail_resources():
    return sa.update(Resource.__table__).where(
        _is_one(Resource.stack_id, 'stack_ids'),
        same_text(Resource.status, fence.IN_PROGRESS))


@functools.cache
def _stop_resources():
    return sa.update(Resource.__table__).where(
        _is_one(Resource.stack_id, 'stack_ids')).values(
            atomic_key=sa.func.coalesce(Resource.atomic_key, 0) + 1)


@functools.cache
def _hooks():
    """Return the SELECT of the data to be deleted.

    MariaDB would look at all rows for a DELETE with such a condition.
    """
    return sa.select(ResourceData.id).join(
        Resource, Resource.id == ResourceData.resource_id).where(
            _is_one(Resource.stack_id, 'stack_ids'),
            ResourceData.key.in_(HOOKS))


@functools.cache
def _delete_data():
    return sa.delete(ResourceData.__table__).where(
        _is_one(ResourceData.id, 'ids'))


@functools.cache
def _delete_of_stacks(model):
    return sa.delete(model.__table__).where(
        _is_one(model.stack_id, 'stack_ids'))


def _is_one(column, parameter):
    return column.in_(sa.bindparam(parameter, expanding=True))
