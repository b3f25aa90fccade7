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

"""Snapshots of stacks.

Each belongs to a tenant. Nobody else sees it, not even an administrator.
"""

import functools

import sqlalchemy as sa

from heat.common.i18n import _
from heat.db import exception
from heat.db.sqlalchemy.api import checks
from heat.db.sqlalchemy.api import cut
from heat.db.sqlalchemy.api import fence
from heat.db.sqlalchemy.api import rows
from heat.db.sqlalchemy.comparison import as_id
from heat.db.sqlalchemy.comparison import same_as
from heat.db.sqlalchemy.engine.prepared import FRESH
from heat.db.sqlalchemy.models import Snapshot

FIXED = ('id', 'created_at', 'tenant')


def snapshot_create(context, values):
    """Store a new snapshot. One INSERT, in one round trip.

    :param context: a RequestContext; the snapshot's tenant comes from values,
        and is the context's unless it is an administrator's
    :param values: a dictionary of attributes of models.Snapshot; without an
        id it gets a new UUID, and too long a status_reason is cut
    :returns: the models.Snapshot
    :raises heat.db.exception.InvalidValues: a value is refused, the tenant
        is another one than the context's, or there is no such stack
    :raises oslo_db.exception.DBDuplicateEntry: there is one of that id
    :raises oslo_db.exception.DBError: as the database says
    """
    fence.check_tenant(context, values)
    return rows.insert(context, Snapshot, cut.cut(
        Snapshot, values, 'status_reason'))


def snapshot_get(context, snapshot_id):
    """Return a models.Snapshot. One SELECT.

    :param context: a RequestContext of its tenant
    :raises heat.db.exception.NotFound: there is none to be seen
    :raises oslo_db.exception.DBError: as the database says
    """
    return rows.get(context, Snapshot, snapshot_id,
                    scope=fence.owned(context, Snapshot))


def snapshot_get_by_stack(context, snapshot_id, stack):
    """Return a models.Snapshot of a certain stack. One SELECT.

    :param context: a RequestContext of its tenant
    :param stack: anything whose id is that of the stack
    :raises heat.db.exception.NotFound: there is none to be seen, or it is
        of another stack
    :raises heat.db.exception.InvalidValues: stack has no id
    :raises oslo_db.exception.DBError: as the database says
    """
    if not hasattr(stack, 'id'):
        raise exception.InvalidValues(_('must have an id'), ['stack'])
    return rows.get(context, Snapshot, snapshot_id,
                    scope=_of_stack(context, stack.id))


def snapshot_get_all_by_stack(context, stack_id):
    """Return the snapshots of a stack, the oldest first. One SELECT.

    :param context: a RequestContext of their tenant
    :returns: a list of models.Snapshot
    :raises oslo_db.exception.DBError: as the database says
    """
    condition, parameters = _of_stack(context, stack_id)
    return rows.every(context, _query(condition), parameters)


def snapshot_count_all_by_stack(context, stack_id):
    """Return the number of snapshots of a stack. One SELECT.

    :param context: a RequestContext of their tenant
    :raises oslo_db.exception.DBError: as the database says
    """
    condition, parameters = _of_stack(context, stack_id)
    return rows.count(context, sa.select(Snapshot).where(condition),
                      parameters)


def snapshot_update(context, snapshot_id, values):
    """Change a snapshot. One SELECT, and one UPDATE if anything differs.

    The last of several writers wins.

    :param context: a RequestContext of its tenant
    :param values: a dictionary of attributes of models.Snapshot; too long a
        status_reason is cut
    :returns: the models.Snapshot as it is now
    :raises heat.db.exception.NotFound: there is none to be seen
    :raises heat.db.exception.InvalidValues: a value is refused, or there is
        no such stack
    :raises oslo_db.exception.DBError: as the database says
    """
    values = cut.cut(Snapshot, values, 'status_reason')
    values = checks.check(Snapshot, values, FIXED)
    return rows.change_if_other(context, Snapshot, snapshot_id, values,
                                scope=fence.owned(context, Snapshot))


def snapshot_delete(context, snapshot_id):
    """Delete a snapshot. One DELETE.

    :param context: a RequestContext of its tenant
    :raises heat.db.exception.NotFound: there is none to be seen
    :raises oslo_db.exception.DBError: as the database says
    """
    rows.delete(context, Snapshot, snapshot_id,
                scope=fence.owned(context, Snapshot))


def _of_stack(context, stack_id):
    """Return the scope of a tenant's snapshots of a stack."""
    parameters = fence.owned(context, Snapshot)[1]
    return _is_of_stack(), {**parameters, 'this_stack': as_id(stack_id)}


@functools.cache
def _is_of_stack():
    return sa.and_(fence.is_owned(Snapshot),
                   same_as(Snapshot.stack_id, 'this_stack'))


@functools.lru_cache(maxsize=256)
def _query(condition):
    return sa.select(Snapshot).where(condition).order_by(
        Snapshot.created_at, Snapshot.id).execution_options(**FRESH)
