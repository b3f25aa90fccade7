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

"""All that the database knows of a stack, as it was at one moment.

What may be secret is not read (properties, metadata and data of resources,
templates), or not kept (the values in sync points).
"""

import datetime
import functools
import json
import typing

import sqlalchemy as sa
from sqlalchemy import orm

from heat.db.sqlalchemy.api import fence
from heat.db.sqlalchemy.api import stack_tree
from heat.db.sqlalchemy.comparison import as_id
from heat.db.sqlalchemy.comparison import same_as
from heat.db.sqlalchemy.comparison import same_text
from heat.db.sqlalchemy.comparison import SameText
from heat.db.sqlalchemy.engine import snapshot
from heat.db.sqlalchemy.maintenance import services
from heat.db.sqlalchemy.models import now
from heat.db.sqlalchemy.models import Resource
from heat.db.sqlalchemy.models import Service
from heat.db.sqlalchemy.models import Stack
from heat.db.sqlalchemy.models import StackLock
from heat.db.sqlalchemy.models import SyncPoint
from heat.db.sqlalchemy.types import LongText

# In place of a current_deps that is no JSON.
NO_JSON = object()

# Of stacks that have the same name, so many are listed.
MOST_FOUND = 20


class Engine(typing.NamedTuple):
    """What the service table says of an engine.

    :ivar host: None if the table does not know it
    :ivar last_seen: when it last reported; None likewise
    :ivar is_alive: as services.is_alive() says, and not soft-deleted
    """

    id: str
    host: typing.Optional[str] = None
    last_seen: typing.Optional[datetime.datetime] = None
    is_alive: bool = False


class Report(typing.NamedTuple):
    """What was found; rows are dictionaries by the names of attributes.

    :ivar now: when it was read
    :ivar stack: with engine_id, which has its lock; current_deps is decoded,
        or NO_JSON
    :ivar resources: of this stack, by their names, with the deleted_at of
        what is nested in each as nested_deleted_at
    :ivar sync_points: of all its traversals; input_names are the names of
        what one of the current traversal has got
    :ivar nested: the live stacks below, with engine_id
    :ivar nested_work: stack_id, status, engine_id and number of resources of
        stacks below that are locked or in progress
    :ivar engines: {id: Engine} of all that have a lock
    """

    now: datetime.datetime
    stack: dict
    resources: list
    sync_points: list
    nested: list
    nested_work: list
    engines: dict


def find(engine, id_or_name):
    """Return stacks that have an id, or else a name. One SELECT.

    :param engine: a sqlalchemy Engine
    :returns: a list of dictionaries of id, name, tenant, action, status,
        created_at and deleted_at; live stacks first, MOST_FOUND and one more
        at the most
    :raises oslo_db.exception.DBError: as the database says
    """
    found = snapshot.read(engine, lambda execute: _rows(execute(
        _find(), {'this': as_id(id_or_name)})))
    return [row for row in found if row['id'] == id_or_name] or found


def read(engine, stack_id):
    """Return a Report of a stack. Six SELECTs, however large the stack is.

    :param engine: a sqlalchemy Engine
    :returns: a Report; None if there is no such live stack
    :raises oslo_db.exception.DBError: as the database says
    """
    return snapshot.read(engine, functools.partial(_read, stack_id))


def _read(stack_id, execute):
    this = {'this_stack': as_id(stack_id)}
    found = _rows(execute(_stack(), this))
    if not found:
        return None
    stack, = found
    stack['current_deps'] = _dependencies(stack['current_deps'])
    resources = _rows(execute(_resources(), this))
    sync_points = [_sync_point(row) for row in execute(
        _sync_points(), {**this, 'current': stack['current_traversal']})]
    nested = _rows(execute(_nested(), this))
    nested_work = _rows(execute(_nested_work(), this))
    holders = {row['engine_id'] for row in (
        stack, *resources, *nested, *nested_work)} - {None}
    at = now()
    engines = {id: Engine(id) for id in holders}
    for row in execute(_services(), {'engine_ids': sorted(holders)}):
        if not engines[row.engine_id].is_alive:
            engines[row.engine_id] = _engine(row, at)
    return Report(at, stack, resources, sync_points, nested, nested_work,
                  engines)


def _rows(result):
    return [dict(row) for row in result.mappings()]


def _engine(service, at):
    last_seen = services.last_report(service)
    is_alive = service.deleted_at is None and services.is_alive(service, at)
    return Engine(service.engine_id, service.host, last_seen, is_alive)


def _dependencies(text):
    """Return what is stored, or NO_JSON."""
    try:
        return None if text is None else json.loads(text)
    except (ValueError, RecursionError):
        return NO_JSON


def _sync_point(row):
    values = dict(row._mapping)
    values['input_names'] = _input_names(values.pop('inputs'))
    return values


def _input_names(text):
    """Return the names of inputs as Heat's engines store them."""
    try:
        inputs = json.loads(text or 'null')
    except (ValueError, RecursionError):
        return []
    if isinstance(inputs, dict):
        inputs = inputs.get('input_data', inputs)
    return list(inputs) if isinstance(inputs, dict) else []


def _this_stack():
    return sa.bindparam('this_stack', type_=sa.String())


@functools.cache
def _find():
    return sa.select(
        Stack.id, Stack.name, Stack.tenant, Stack.action, Stack.status,
        Stack.created_at, Stack.deleted_at
    ).where(sa.or_(same_as(Stack.id, 'this'), same_as(Stack.name, 'this'))
            ).order_by(sa.case((Stack.deleted_at.is_(None), 0), else_=1),
                       Stack.created_at, Stack.id).limit(MOST_FOUND + 1)


def _stacks(*others):
    """Return the SELECT of live stacks, and who has their locks.

    Heat works on a backup under the lock of the stack that owns it.
    """
    locked = sa.case((Stack.backup, Stack.owner_id), else_=Stack.id)
    return sa.select(
        Stack.id, Stack.name, Stack.owner_id, Stack.backup, Stack.action,
        Stack.status, Stack.status_reason, Stack.convergence,
        Stack.current_traversal, Stack.created_at, Stack.updated_at,
        StackLock.engine_id, *others
    ).join_from(Stack, StackLock, StackLock.stack_id == locked,
                isouter=True).where(Stack.deleted_at.is_(None))


@functools.cache
def _stack():
    return _stacks(
        Stack.tenant, Stack.timeout, Stack.raw_template_id,
        Stack.prev_raw_template_id,
        sa.type_coerce(Stack.current_deps, LongText).label('current_deps')
    ).where(same_as(Stack.id, 'this_stack'))


@functools.cache
def _resources():
    nested = orm.aliased(Stack)
    return sa.select(
        Resource.id, Resource.name, Resource.action, Resource.status,
        Resource.status_reason, Resource.engine_id,
        Resource.current_template_id, Resource.replaces, Resource.replaced_by,
        Resource.created_at, Resource.updated_at,
        nested.deleted_at.label('nested_deleted_at')
    ).join_from(Resource, nested, SameText(
        nested.id, Resource.physical_resource_id), isouter=True
    ).where(same_as(Resource.stack_id, 'this_stack')
            ).order_by(Resource.name, Resource.id)


@functools.cache
def _sync_points():
    is_current = same_as(SyncPoint.traversal_id, 'current')
    return sa.select(
        SyncPoint.entity_id, SyncPoint.traversal_id, SyncPoint.is_update,
        SyncPoint.created_at, SyncPoint.updated_at, sa.case((
            is_current, sa.type_coerce(SyncPoint.input_data, LongText))
        ).label('inputs')
    ).where(same_as(SyncPoint.stack_id, 'this_stack'))


@functools.cache
def _nested():
    tree = stack_tree.every().subquery()
    return _stacks().join(tree, Stack.id == tree.c.id).where(
        Stack.id != _this_stack()).order_by(Stack.created_at, Stack.id)


@functools.cache
def _nested_work():
    tree = stack_tree.every().subquery()
    columns = Resource.stack_id, Resource.status, Resource.engine_id
    return sa.select(*columns, sa.func.count().label('number')).join(
        tree, Resource.stack_id == tree.c.id
    ).where(Resource.stack_id != _this_stack(), sa.or_(
        Resource.engine_id.is_not(None),
        same_text(Resource.status, fence.IN_PROGRESS))
    ).group_by(*columns)


@functools.cache
def _services():
    return sa.select(
        Service.engine_id, Service.host, Service.created_at,
        Service.updated_at, Service.deleted_at, Service.report_interval
    ).where(Service.engine_id.in_(sa.bindparam('engine_ids', expanding=True)))
