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

"""Resources found by their stack, their name or what they are to a cloud."""

import functools

import sqlalchemy as sa

from heat.common.i18n import _
from heat.db import exception
from heat.db.sqlalchemy.api import detached
from heat.db.sqlalchemy.api import fence
from heat.db.sqlalchemy.api import listing
from heat.db.sqlalchemy.api import resource
from heat.db.sqlalchemy.api import rows
from heat.db.sqlalchemy.comparison import as_id
from heat.db.sqlalchemy.comparison import as_text
from heat.db.sqlalchemy.comparison import same_as
from heat.db.sqlalchemy.comparison import same_text
from heat.db.sqlalchemy.engine.prepared import FRESH
from heat.db.sqlalchemy.engine.prepared import PREPARED
from heat.db.sqlalchemy.models import Resource
from heat.db.sqlalchemy.models import Stack


def resource_get_all(context):
    """Return every resource, of all tenants. One SELECT.

    :param context: a RequestContext
    :returns: a list of models.Resource, with what belongs to each, in order
        of their ids
    :raises heat.db.exception.NotFound: there is none
    :raises oslo_db.exception.DBError: as the database says
    """
    found = rows.every(context, _query(sa.true()))
    if not found:
        raise exception.NotFound(_('there is no resource'))
    return found


def resource_get_all_by_stack(context, stack_id, filters=None):
    """Return the resources of a stack by their names. One SELECT.

    :param context: a RequestContext; the stack may be any tenant's
    :param filters: a dictionary of attributes of models.Resource with the
        value that each must have, or a list of such values; None is no
        filter
    :returns: a dictionary of models.Resource, with what belongs to each; the
        newest of those that have the same name
    :raises heat.db.exception.InvalidValues: a filter is refused
    :raises oslo_db.exception.DBError: as the database says
    """
    return {row.name: row for row in _every_of(
        context, Resource.stack_id, stack_id, filters)}


def resource_get_all_active_by_stack(context, stack_id):
    """Return the resources of a stack whose deletion is not over. One SELECT.

    :param context: as for resource_get_all_by_stack
    :returns: a dictionary of models.Resource by their ids, with what belongs
        to each
    :raises oslo_db.exception.DBError: as the database says
    """
    return {row.id: row for row in rows.every(
        context, _select_active(), {'this_stack': as_id(stack_id)})}


def resource_get_all_by_root_stack(context, stack_id, filters=None,
                                   stack_id_only=False):
    """Return the resources of all stacks of a tree. One SELECT.

    :param context: as for resource_get_all_by_stack
    :param stack_id: the id of the stack at the top
    :param filters: as for resource_get_all_by_stack
    :param stack_id_only: return a Place for each, which takes a tenth of
        the time
    :returns: a dictionary of models.Resource by their ids, with what belongs
        to each; or of Places
    :raises heat.db.exception.InvalidValues: a filter is refused
    :raises oslo_db.exception.DBError: as the database says
    """
    if not stack_id_only:
        return {row.id: row for row in _every_of(
            context, Resource.root_stack_id, stack_id, filters)}
    return {row[0]: Place(*row) for row in rows.every_values(
        context, listing.filtered(
            _places(), listing.matching(Resource, filters)),
        {'this_stack': as_id(stack_id)})}


class Place:
    """The id of a resource, and that of its stack; reads like a row."""

    __slots__ = ('id', 'stack_id')

    def __init__(self, id, stack_id):
        self.id = id
        self.stack_id = stack_id

    def keys(self):
        return self.__slots__

    def __getitem__(self, name):
        return getattr(self, name)


def resource_get_by_name_and_stack(context, resource_name, stack_id):
    """Return a resource of a stack by its name. One SELECT.

    :param context: as for resource_get_all_by_stack
    :returns: the models.Resource, with what belongs to it, the newest if
        there are several; or None
    :raises oslo_db.exception.DBError: as the database says
    """
    return rows.first(context, _newest(), {
        'this_name': as_text(resource_name), 'this_stack': as_id(stack_id)})


def resource_get_all_by_physical_resource_id(context, physical_resource_id):
    """Return the resources that are something of a cloud. One SELECT.

    :param context: a RequestContext that may see the stack of the resource,
        which may be soft-deleted; an administrator sees all
    :returns: a list of models.Resource, with what belongs to each, in order
        of their ids
    :raises oslo_db.exception.DBError: as the database says
    """
    return rows.every(context, _physical(fence.is_admin(context)), {
        **fence.tenant(context), 'this_thing': as_text(physical_resource_id)})


def resource_get_by_physical_resource_id(context, physical_resource_id):
    """Return a resource that is something of a cloud. One SELECT.

    :param context: as for resource_get_all_by_physical_resource_id
    :returns: the first models.Resource of those, or None
    :raises oslo_db.exception.DBError: as the database says
    """
    return next(iter(resource_get_all_by_physical_resource_id(
        context, physical_resource_id)), None)


def engine_get_all_locked_by_stack(context, stack_id):
    """Return the engines that have locks of a stack's resources. One SELECT.

    :param context: as for resource_get_all_by_stack
    :returns: a set of engine ids
    :raises oslo_db.exception.DBError: as the database says
    """
    return {engine_id for engine_id, in rows.every_values(
        context, _engines(), {'this_stack': as_id(stack_id)})}


def _every_of(context, column, stack_id, filters):
    return rows.every(context, listing.filtered(
        _query(_is_of(column)), listing.matching(Resource, filters)),
        {'this_stack': as_id(stack_id)})


@functools.cache
def _query(condition):
    return detached.select_with(Resource, *resource.LOADED).where(
        condition).order_by(Resource.id).execution_options(**FRESH)


@functools.cache
def _is_of(column):
    return same_as(column, 'this_stack')


@functools.cache
def _places():
    return sa.select(Resource.id, Resource.stack_id).where(
        _is_of(Resource.root_stack_id)).execution_options(**PREPARED)


@functools.cache
def _engines():
    return sa.select(Resource.engine_id).where(
        _is_of(Resource.stack_id), Resource.engine_id.is_not(None)
    ).execution_options(**PREPARED)


@functools.cache
def _select_active():
    is_deleted = sa.and_(same_text(Resource.action, 'DELETE'),
                         same_text(Resource.status, 'COMPLETE'))
    return _query(_is_of(Resource.stack_id)).where(sa.or_(
        Resource.action.is_(None), Resource.status.is_(None),
        sa.not_(is_deleted)))


@functools.cache
def _newest():
    return _query(Resource.id == sa.select(sa.func.max(Resource.id)).where(
        same_as(Resource.name, 'this_name'),
        _is_of(Resource.stack_id)).scalar_subquery())


@functools.cache
def _physical(sees_all):
    return _query(sa.and_(
        same_as(Resource.physical_resource_id, 'this_thing'),
        sa.select(Stack.id).where(
            Stack.id == Resource.stack_id,
            fence.is_visible(sees_all)).exists()))
