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
"""What a reset of a stack's status would change; see reset_stack_status."""

import functools

import sqlalchemy as sa

from heat.db.sqlalchemy.api import fence
from heat.db.sqlalchemy.api import stack_status
from heat.db.sqlalchemy.api import stack_tree
from heat.db.sqlalchemy.comparison import as_id
from heat.db.sqlalchemy.comparison import same_as
from heat.db.sqlalchemy.comparison import same_text
from heat.db.sqlalchemy.engine import snapshot
from heat.db.sqlalchemy.models import Resource
from heat.db.sqlalchemy.models import ResourceData
from heat.db.sqlalchemy.models import Stack
from heat.db.sqlalchemy.models import StackLock
from heat.db.sqlalchemy.models import SyncPoint


def reset_plan(engine, stack_id):
    """Return what reset_stack_status would do. Seven SELECTs.

    :param engine: a sqlalchemy Engine
    :returns: the current traversal, and a dictionary of numbers as
        reset_stack_status returns it, with the stacks of the tree as
        stacks; None if there is no such live stack
    :raises oslo_db.exception.DBError: as the database says
    """
    return snapshot.read(engine, functools.partial(_plan, stack_id))


def _plan(stack_id, execute):
    this = {'this_stack': as_id(stack_id)}
    row = execute(_traversal(), this).first()
    if row is None:
        return None
    numbers = {name: execute(count, this).scalar()
               for name, count in _counts().items()}
    return row.current_traversal, numbers


@functools.cache
def _traversal():
    return sa.select(Stack.current_traversal).where(
        same_as(Stack.id, 'this_stack'),
        Stack.deleted_at.is_(None))


@functools.cache
def _counts():
    """Return {name: SELECT of a number}."""
    tree = stack_tree.every().subquery()

    def count(model, column, *conditions):
        return sa.select(sa.func.count()).select_from(model).join(
            tree, column == tree.c.id).where(*conditions)

    in_progress = [same_text(model.status, fence.IN_PROGRESS)
                   for model in (Stack, Resource)]
    hooks = sa.select(sa.func.count()).select_from(ResourceData).join(
        Resource, Resource.id == ResourceData.resource_id).join(
        tree, Resource.stack_id == tree.c.id).where(
        ResourceData.key.in_(stack_status.HOOKS))
    return {
        'stacks': sa.select(sa.func.count()).select_from(tree),
        'stack': count(Stack, Stack.id, in_progress[0]),
        'resource': count(Resource, Resource.stack_id, in_progress[1]),
        'resource_data': hooks,
        'sync_point': count(SyncPoint, SyncPoint.stack_id),
        'stack_lock': count(StackLock, StackLock.stack_id)}
