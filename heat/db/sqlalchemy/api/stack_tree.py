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
"""Trees of stacks: a stack owns those that are nested in it, and backups.

Each is found by owner_id in one recursive query, which ends even if stacks
own each other. Resources are counted by their root_stack_id.
"""

import functools

import sqlalchemy as sa

from heat.common.i18n import _
from heat.db import exception
from heat.db.sqlalchemy.api import fence
from heat.db.sqlalchemy.api import rows
from heat.db.sqlalchemy.api import units
from heat.db.sqlalchemy.comparison import Among
from heat.db.sqlalchemy.comparison import as_id
from heat.db.sqlalchemy.comparison import same_as
from heat.db.sqlalchemy.comparison import SameText
from heat.db.sqlalchemy.engine.prepared import FRESH
from heat.db.sqlalchemy.engine.prepared import PREPARED
from heat.db.sqlalchemy.models import Resource
from heat.db.sqlalchemy.models import Stack


def stack_get_root_id(context, stack_id):
    """Return the id of the top-level stack above one. One SELECT.

    :param context: a RequestContext that may see all stacks on the way
    :raises heat.db.exception.NotFound: one of them is not to be seen, or
        there is no top, because they own each other
    :raises oslo_db.exception.DBError: as the database says
    """
    row = rows.first_values(context, _root(
        fence.is_admin(context), bool(context.show_deleted)),
        _this(context, stack_id))
    if row is None:
        raise units.not_found(Stack, stack_id)
    return row[0]


def stack_get_all_by_root_owner_id(context, owner_id):
    """Return all stacks below another one, at any depth. One SELECT.

    :param context: a RequestContext that may see the stacks; soft-deleted
        stacks are found if it says so. What is below a stack that is not
        found is not found either
    :param owner_id: the id of the other stack
    :returns: a list of models.Stack without backups; each follows the one
        that owns it, and is followed by what is below it
    :raises heat.db.exception.InvalidValues: owner_id is None
    :raises oslo_db.exception.DBError: as the database says
    """
    if owner_id is None:
        raise exception.InvalidValues(_('must be the id of a stack'),
                                      ['owner_id'])
    found = rows.every(context, _all_below(
        fence.is_admin(context), bool(context.show_deleted)),
        _this(context, owner_id))
    return _depth_first(found, owner_id)


def stack_count_total_resources(context, stack_id):
    """Return how many resources a top-level stack and all below it have.

    One SELECT, of an index on root_stack_id: each resource names the top of
    its tree, so that the stacks are not looked at.

    :param context: a RequestContext that may see the stack
    :param stack_id: the id of a top-level stack; for others it is 0
    :raises oslo_db.exception.DBError: as the database says
    """
    return rows.first_values(context, _count_resources(
        fence.is_admin(context)), _this(context, stack_id))[0]


def not_backup():
    """Return the condition that a stack is none; NULL is the same as no."""
    return sa.or_(Stack.backup.is_(None), sa.not_(Stack.backup))


def _this(context, stack_id):
    return {'this_stack': as_id(stack_id), **fence.tenant(context)}


def _depth_first(stacks, owner_id):
    """Return stacks in the order of their tree; each list is in order."""
    below = {}
    for stack in stacks:
        below.setdefault(stack.owner_id, []).append(stack)
    found, ahead = [], below.pop(owner_id, [])[::-1]
    while ahead:
        stack = ahead.pop()
        found.append(stack)
        ahead += below.pop(stack.id, [])[::-1]
    return found


def _may_see(sees_all, shows_deleted):
    return sa.and_(fence.is_visible(sees_all), sa.true() if shows_deleted
                   else Stack.deleted_at.is_(None))


@functools.cache
def _root(sees_all, shows_deleted):
    may_see = _may_see(sees_all, shows_deleted)
    select = sa.select(Stack.id, Stack.owner_id)
    above = select.where(same_as(Stack.id, 'this_stack'), may_see).cte(
        'above', recursive=True)
    # Without duplicates: it comes to an end.
    above = above.union(select.join(
        above, SameText(Stack.id, above.c.owner_id)).where(may_see))
    return sa.select(above.c.id).where(
        above.c.owner_id.is_(None)).execution_options(**PREPARED)


def _below(first, *conditions):
    """Return the CTE of the ids of stacks, and of all that are below them."""
    below = first.cte('below', recursive=True)
    return below.union(sa.select(Stack.id).join(
        below, SameText(Stack.owner_id, below.c.id)).where(*conditions))


@functools.cache
def every():
    """Return the SELECT of the ids of this_stack and all below it."""
    below = _below(sa.select(Stack.id).where(same_as(Stack.id, 'this_stack')))
    return sa.select(below.c.id)


@functools.cache
def _all_below(sees_all, shows_deleted):
    conditions = _may_see(sees_all, shows_deleted), not_backup()
    below = _below(sa.select(Stack.id).where(
        same_as(Stack.owner_id, 'this_stack'), *conditions), *conditions)
    found = sa.select(below.c.id).scalar_subquery()
    return sa.select(Stack).where(Among(Stack.id, found)).order_by(
        Stack.created_at, Stack.id).execution_options(**FRESH)


@functools.cache
def _count_resources(sees_all):
    is_this = same_as(Stack.id, 'this_stack')
    return sa.select(sa.func.count()).select_from(Resource).where(
        same_as(Resource.root_stack_id, 'this_stack'),
        sa.exists().where(is_this, fence.is_visible(sees_all))
    ).execution_options(**PREPARED)
