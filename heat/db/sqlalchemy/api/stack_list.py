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

import functools

import sqlalchemy as sa

from heat.common.i18n import _
from heat.db import exception
from heat.db.sqlalchemy.api import checks
from heat.db.sqlalchemy.api import detached
from heat.db.sqlalchemy.api import fence
from heat.db.sqlalchemy.api import listing
from heat.db.sqlalchemy.api import page
from heat.db.sqlalchemy.api import rows
from heat.db.sqlalchemy.api import stack_tags
from heat.db.sqlalchemy.api import stack_tree
from heat.db.sqlalchemy.comparison import as_id
from heat.db.sqlalchemy.comparison import as_text
from heat.db.sqlalchemy.comparison import same_as
from heat.db.sqlalchemy.engine.prepared import FRESH
from heat.db.sqlalchemy.engine.prepared import once
from heat.db.sqlalchemy.models import Stack

SORT_KEYS = {'stack_name': Stack.name, 'stack_status': Stack.status,
             'creation_time': Stack.created_at,
             'updated_time': Stack.updated_at}

_IS_TOP = Stack.owner_id.is_(None)
_IS_BELOW = same_as(Stack.owner_id, 'this_owner')


def stack_get_by_name(context, stack_name):
    """Return a stack of a name, nested ones included. One SELECT.

    :param context: a RequestContext that may see the stack; soft-deleted
        stacks are found if it says so
    :returns: the models.Stack with its raw_template, the oldest if there are
        several; or None
    :raises oslo_db.exception.DBError: as the database says
    """
    return _get_by_name(context, stack_name)


def stack_get_by_name_and_owner_id(context, stack_name, owner_id):
    """Return a stack of a name right below another. One SELECT.

    :param context: as for stack_get_by_name
    :param owner_id: the id of the other stack; None is the top level
    :returns: the models.Stack with its raw_template, the oldest if there are
        several; or None
    :raises oslo_db.exception.DBError: as the database says
    """
    if owner_id is None:
        return _get_by_name(context, stack_name, _IS_TOP)
    return _get_by_name(context, stack_name, _IS_BELOW,
                        this_owner=as_id(owner_id))


def stack_get_all_by_owner_id(context, owner_id):
    """Return the stacks right below another. One SELECT.

    :param context: a RequestContext that may see the stacks; soft-deleted
        stacks are found if it says so
    :param owner_id: the id of the other stack
    :returns: a list of models.Stack, without backups
    :raises heat.db.exception.InvalidValues: owner_id is None: the top
        level belongs to no stack
    :raises oslo_db.exception.DBError: as the database says
    """
    if owner_id is None:
        raise exception.InvalidValues(_('must be the id of a stack'),
                                      ['owner_id'])
    return rows.every(context, _below(_query(
        fence.is_admin(context), bool(context.show_deleted))),
        {**fence.tenant(context), 'this_owner': as_id(owner_id)})


def stack_get_all(context, limit=None, sort_keys=None, marker=None,
                  sort_dir=None, filters=None, tenant_safe=True,
                  show_deleted=False, show_nested=False, show_hidden=False,
                  tags=None, tags_any=None, not_tags=None, not_tags_any=None,
                  eager_load=False):
    """Return stacks in order, with their tags.

    One SELECT, two with a marker. NULLs come last, and stacks that are equal
    in order of their ids.

    :param context: a RequestContext
    :param limit: how many stacks to return at most; None is all
    :param sort_keys: a list of stack_name, stack_status, creation_time and
        updated_time, or one of them; others are ignored. None is
        creation_time
    :param marker: the id of the last stack of the page before; None, or an
        id that the context can not see, is the first page
    :param sort_dir: asc or desc; None is asc, or desc without sort_keys
    :param filters: a dictionary of attributes of models.Stack with the value
        that each must have, or a list of such values; None is no filter
    :param tenant_safe: return only stacks of the context's tenant; an
        administrator gets all
    :param show_deleted: return soft-deleted stacks as well
    :param show_nested: return nested stacks, but no backups, as well
    :param show_hidden: return stacks with one of the tags that [DEFAULT]
        hidden_stack_tags names as well
    :param tags: up to 100 tags, of which each stack has every one; None, and
        no tags, is no condition, here and below
    :param tags_any: tags of which each stack has at least one
    :param not_tags: tags of which no stack has every one
    :param not_tags_any: tags of which no stack has any
    :param eager_load: load raw_template and prev_raw_template too
    :returns: a list of models.Stack
    :raises heat.db.exception.InvalidValues: limit, sort_keys, sort_dir, tags
        or a filter is refused
    :raises oslo_db.exception.DBError: as the database says
    """
    checks.check_number('limit', limit)
    order = listing.sort_columns(sort_keys, SORT_KEYS, Stack.created_at)
    order.append(Stack.id)
    descending = listing.is_descending(sort_dir, default=not sort_keys)
    query, parameters = _listed(context, tenant_safe, show_deleted,
                                show_nested, show_hidden)
    conditions = [*stack_tags.matching(tags, tags_any, not_tags, not_tags_any),
                  *listing.matching(Stack, filters)]
    last = page.find_last(
        context, _query(_is_of_all(context, tenant_safe), True), Stack.id,
        marker, order, fence.tenant(context))
    return page.read(
        context, listing.filtered(query, conditions), parameters, order,
        descending, limit, last,
        _index(context, tenant_safe, show_nested),
        ('tags', *(('raw_template', 'prev_raw_template') if eager_load
                   else ())), bool(filters or tags or tags_any))


def stack_count_all(context, filters=None, tenant_safe=True,
                    show_deleted=False, show_nested=False, show_hidden=False,
                    tags=None, tags_any=None, not_tags=None,
                    not_tags_any=None):
    """Return the number of stacks that stack_get_all would. One SELECT.

    All arguments are as for stack_get_all.

    :raises: as stack_get_all
    """
    query, parameters = _listed(context, tenant_safe, show_deleted,
                                show_nested, show_hidden)
    query = listing.filtered(query, [
        *stack_tags.matching(tags, tags_any, not_tags, not_tags_any),
        *listing.matching(Stack, filters)])

    def count(query):
        return rows.count(context, query, parameters)

    if show_nested or filters or tags or tags_any:
        return count(query)
    return page.by_index(count, query, _index(context, tenant_safe, False))


@functools.cache
def _query(sees_all, show_deleted):
    query = sa.select(Stack).where(fence.is_visible(sees_all))
    if not show_deleted:
        query = query.where(Stack.deleted_at.is_(None))
    return query.execution_options(**FRESH)


@once
def _below(query):
    return query.where(_IS_BELOW, stack_tree.not_backup())


def _listed(context, tenant_safe, show_deleted, show_nested, show_hidden):
    """Return a SELECT of all that is listed, and its parameters."""
    if _is_of_all(context, tenant_safe):
        condition, parameters = sa.true(), {}
    else:
        # A stack's user project may see the stack, but does not list it.
        condition, parameters = fence.owned(context, Stack)
    return _select(condition, bool(show_deleted or context.show_deleted),
                   bool(show_nested), sa.true() if show_hidden else
                   stack_tags.is_shown()), parameters


@functools.lru_cache(maxsize=256)
def _select(condition, show_deleted, show_nested, is_shown):
    return _query(True, show_deleted).where(
        condition, stack_tree.not_backup() if show_nested else _IS_TOP,
        is_shown)


def _is_of_all(context, tenant_safe):
    return fence.is_admin(context) or not tenant_safe


def _index(context, tenant_safe, show_nested):
    """Return the columns of the index that has stacks by their age."""
    known = [] if _is_of_all(context, tenant_safe) else [Stack.tenant]
    if not show_nested:
        known.append(Stack.owner_id)
    return [*known, Stack.created_at, Stack.id]


def _get_by_name(context, stack_name, condition=sa.true(), **parameters):
    return rows.first(context, _by_name(
        fence.is_admin(context), bool(context.show_deleted), condition), {
            **fence.tenant(context), **parameters,
            'this_name': as_text(stack_name)})


@functools.lru_cache(maxsize=256)
def _by_name(sees_all, show_deleted, condition):
    return detached.join(_query(sees_all, show_deleted).where(
        same_as(Stack.name, 'this_name'), condition),
        Stack, ['raw_template']).order_by(
        Stack.created_at.is_(None), Stack.created_at, Stack.id).limit(1)
