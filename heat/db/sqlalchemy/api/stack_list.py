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

"""Stacks found by name or owner, listed page by page, and counted."""

import sqlalchemy as sa

from heat.common.i18n import _
from heat.db import exception
from heat.db.sqlalchemy.api import fence
from heat.db.sqlalchemy.api import rows
from heat.db.sqlalchemy.comparison import same_id
from heat.db.sqlalchemy.comparison import same_text
from heat.db.sqlalchemy.engine import autocommit
from heat.db.sqlalchemy.models import Stack

SORT_KEYS = {'stack_name': Stack.name, 'stack_status': Stack.status,
             'creation_time': Stack.created_at,
             'updated_time': Stack.updated_at}


def stack_get_by_name(context, stack_name):
    """Return a stack of a name, nested ones included. One SELECT.

    :param context: a RequestContext that may see the stack; soft-deleted
        stacks are found if it says so
    :returns: the models.Stack, the oldest if there are several; or None
    :raises oslo_db.exception.DBError: as the database says
    """
    return _get_by_name(context, stack_name)


def stack_get_by_name_and_owner_id(context, stack_name, owner_id):
    """Return a stack of a name right below another. One SELECT.

    :param context: as for stack_get_by_name
    :param owner_id: the id of the other stack; None is the top level
    :returns: the models.Stack, the oldest if there are several; or None
    :raises oslo_db.exception.DBError: as the database says
    """
    return _get_by_name(context, stack_name, Stack.owner_id == owner_id)


def stack_get_all_by_owner_id(context, owner_id):
    """Return the stacks right below another, of any tenant. One SELECT.

    :param context: a RequestContext; soft-deleted stacks are found if it
        says so
    :param owner_id: the id of the other stack; None is the top level
    :returns: a list of models.Stack
    :raises oslo_db.exception.DBError: as the database says
    """
    return _all(context, _query(context, False).where(
        Stack.owner_id == owner_id))


def stack_get_all(context, limit=None, sort_keys=None, marker=None,
                  sort_dir=None, filters=None, tenant_safe=True,
                  show_deleted=False, show_nested=False):
    """Return stacks in order. One SELECT, two with a marker.

    NULLs come last, and stacks that are equal in order of their ids.

    :param context: a RequestContext
    :param limit: how many stacks to return at most; None is all
    :param sort_keys: a list of stack_name, stack_status, creation_time and
        updated_time; others are ignored. None is creation_time
    :param marker: the id of the last stack of the page before; None, or an
        id that the context can not see, is the first page
    :param sort_dir: asc or desc; None is asc, or desc without sort_keys
    :param filters: a dictionary of attributes of models.Stack with the value
        that each must have, or a list of such values
    :param tenant_safe: return only stacks of the context's tenant; an
        administrator gets all
    :param show_deleted: return soft-deleted stacks as well
    :param show_nested: return nested stacks, but no backups, as well
    :returns: a list of models.Stack
    :raises heat.db.exception.InvalidValues: limit, sort_dir or a filter
        is refused
    :raises oslo_db.exception.DBError: as the database says
    """
    if limit is not None and (type(limit) is not int or limit < 0):
        raise exception.InvalidValues(_('must be 0 or more'), ['limit'])
    if sort_dir not in (None, 'asc', 'desc'):
        raise exception.InvalidValues(_('must be asc or desc'), ['sort_dir'])
    descending = sort_dir == 'desc' or not (sort_dir or sort_keys)
    columns = [SORT_KEYS[key] for key in sort_keys or ['creation_time']
               if key in SORT_KEYS] + [Stack.id]
    query = _listed(context, filters, tenant_safe, show_deleted, show_nested)
    if marker is not None:
        last = _row(context, _query(context, tenant_safe, True).where(
            same_id(Stack.id, marker)).with_only_columns(columns))
        if last is not None:
            query = query.where(_after(last, columns, descending))
    for column in columns:
        query = query.order_by(
            column.is_(None),
            column.desc() if descending else column.asc())
    return _all(context, query.limit(limit))


def stack_count_all(context, filters=None, tenant_safe=True,
                    show_deleted=False, show_nested=False):
    """Return the number of stacks that stack_get_all would. One SELECT.

    :param context: as all arguments, see stack_get_all
    :raises: as stack_get_all
    """
    query = _listed(context, filters, tenant_safe, show_deleted, show_nested)
    return _row(context, query.with_only_columns(
        sa.func.count(Stack.id), maintain_column_froms=True))[0]


def stack_get_root_id(context, stack_id):
    """Return the id of the top-level stack above one. A SELECT a level.

    :param context: a RequestContext that may see all stacks on the way
    :raises heat.db.exception.NotFound: one of them is not to be seen, or
        there is no top, because they own each other
    :raises oslo_db.exception.DBError: as the database says
    """
    passed = set()
    while stack_id not in passed:
        passed.add(stack_id)
        row = _row(context, _query(context).where(
            same_id(Stack.id, stack_id)).with_only_columns(Stack.owner_id))
        if row is None:
            break
        if row.owner_id is None:
            return stack_id
        stack_id = row.owner_id
    raise exception.NotFound(_('there is no stack %s') % stack_id)


def _query(context, tenant_safe=True, show_deleted=False):
    query = sa.select(Stack)
    if not (show_deleted or context.show_deleted):
        query = query.where(Stack.deleted_at.is_(None))
    if tenant_safe:
        query = query.where(fence.is_visible(fence.is_admin(context)))
    return query


def _listed(context, filters, tenant_safe, show_deleted, show_nested):
    query = _query(context, False, show_deleted)
    if tenant_safe and not fence.is_admin(context):
        # A stack's user project may see the stack, but does not list it.
        query = query.where(same_id(Stack.tenant, context.tenant_id))
    if show_nested:
        query = query.where(sa.or_(Stack.backup.is_(None),
                                   sa.not_(Stack.backup)))
    else:
        query = query.where(Stack.owner_id.is_(None))
    for key, value in (filters or {}).items():
        if key not in sa.inspect(Stack).column_attrs:
            raise exception.InvalidValues(_('stack has no such columns'),
                                          [str(key)])
        column = getattr(Stack, key)
        query = query.where(
            column.in_(value) if isinstance(value, (list, tuple, set))
            else column == value)
    return query


def _after(marker, columns, descending):
    """Return the condition that a stack comes after another one."""
    conditions = []
    same = []
    for column in columns:
        value = getattr(marker, column.key)
        if value is not None:
            later = column < value if descending else column > value
            conditions.append(sa.and_(
                *same, sa.or_(later, column.is_(None))))
        same.append(column == value)
    return sa.or_(*conditions)


def _get_by_name(context, stack_name, *conditions):
    query = _query(context).where(
        same_text(Stack.name, stack_name), *conditions)
    stacks = _all(context, query.order_by(
        Stack.created_at.is_(None), Stack.created_at, Stack.id).limit(1))
    return stacks[0] if stacks else None


def _all(context, query):
    # Inside a caller's transaction, the session may know older rows.
    query = query.execution_options(populate_existing=True)
    return rows.every(context, query, fence.tenant(context))


def _row(context, query):
    return autocommit.read(
        context, lambda session: session.execute(
            query, fence.tenant(context)).first())
