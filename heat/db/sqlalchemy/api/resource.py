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

"""Resources: to create, get, write and delete them.

They belong to no tenant: who has the id of one may read and write it. The
lock of a resource is taken with resource_update.
"""

import functools

import sqlalchemy as sa
from sqlalchemy import orm

from heat.common.i18n import _
from heat.db import exception
from heat.db.sqlalchemy.api import checks
from heat.db.sqlalchemy.api.cut import cut
from heat.db.sqlalchemy.api import resource_attributes
from heat.db.sqlalchemy.api import resource_lock
from heat.db.sqlalchemy.api import rows
from heat.db.sqlalchemy.api import swap
from heat.db.sqlalchemy.api import units
from heat.db.sqlalchemy.engine import write
from heat.db.sqlalchemy.models import Resource

# What belongs to a resource, and is loaded with it.
LOADED = 'data', 'attr_data', 'rsrc_prop_data'


def resource_get(context, resource_id, refresh=False, refresh_data=False):
    """Return a resource with what belongs to it. One SELECT.

    :param context: a RequestContext
    :param refresh: of no effect, as it is always read from the database
    :param refresh_data: as refresh
    :returns: the models.Resource, with data, attr_data and rsrc_prop_data
    :raises heat.db.exception.NotFound: there is none of the id
    :raises oslo_db.exception.DBError: as the database says
    """
    return rows.get(context, Resource, resource_id, *LOADED)


def resource_create(context, values):
    """Store a resource. One INSERT, in one round trip.

    If it has properties or attributes already, one SELECT more. Repeated
    like stack_update: after a lost connection, a resource that has this uuid
    and these values is taken for the one of this call.

    :param context: a RequestContext
    :param values: a dictionary of attributes of models.Resource; without a
        uuid it gets a new one. status_reason is cut to what the column holds
    :returns: the models.Resource, with what belongs to it
    :raises heat.db.exception.InvalidValues: a value is refused, or refers to
        nothing
    :raises oslo_db.exception.DBDuplicateEntry: there is one of that uuid
    :raises oslo_db.exception.DBError: as the database says
    """
    values = cut(Resource, values, 'status_reason')
    return complete(context, rows.insert(context, Resource, values))


def complete(context, new):
    """Return a resource that was just stored, with what belongs to it."""
    if (new.attr_data_id, new.rsrc_prop_data_id) != (None, None):
        return resource_get(context, new.id)
    for name, nothing in (('data', []), ('attr_data', None),
                          ('rsrc_prop_data', None)):
        orm.attributes.set_committed_value(new, name, nothing)
    return new


def resource_update_and_save(context, resource_id, values,
                             expected_engine_id=None):
    """Write to a resource whatever its key, if the lock is as expected.

    One UPDATE that commits by itself, and one SELECT. The key stays if the
    engine that has the lock writes, which so needs no newer key to give it
    back. Whoever else writes moves it on, so that those who have read the
    resource before are told.

    Repeated like stack_update. After a lost connection, a row that has these
    values already is not written again.

    :param context: a RequestContext
    :param values: a dictionary of attributes of models.Resource, at least
        one; the lock changes hands with resource_update only. status_reason
        is cut to what the column holds, and updated_at set only if it is
        there
    :param expected_engine_id: the engine that has the lock; None is nobody.
        With ANY_ENGINE, whoever has it; then values may have an engine_id
    :returns: the models.Resource as it is then, with what belongs to it
    :raises heat.db.exception.ResourceConflict: the lock is another engine's.
        One SELECT more
    :raises heat.db.exception.NotFound: there is no such resource
    :raises heat.db.exception.InvalidValues: values are empty, or one is
        refused: an unknown key, id, created_at, atomic_key, engine_id, what
        the column can not hold, a reference to nothing
    :raises heat.db.exception.OutcomeUnknown: the connection was lost, and
        with ANY_ENGINE it is not repeated: it might fence off another engine
        than was meant
    :raises oslo_db.exception.DBError: as the database says
    """
    if values in ({}, None):
        raise exception.InvalidValues(_('nothing to write'), ['values'])
    is_any = expected_engine_id is resource_lock.ANY_ENGINE
    values = cut(Resource, values, 'status_reason')
    values = checks.check(Resource, values, resource_lock.FIXED + (
        () if is_any else ('engine_id',)))
    resource_lock.check_engine(expected_engine_id)
    is_holder = not is_any and expected_engine_id is not None
    swap.swap(
        context, **resource_lock.arguments(
            resource_id, engine_id=expected_engine_id),
        values=values, moved_on=() if is_holder else ('atomic_key',),
        mark={'id': resource_id} if is_any else swap.shown(values),
        is_proof=not is_any)
    return resource_get(context, resource_id)


def resource_delete(context, resource_id, expected_engine_id=None):
    """Delete a resource and its data, and its attributes if unused.

    One SELECT and one or two DELETEs in one transaction. Its properties
    stay: events may refer to them.

    Repeated like stack_update, also after a lost connection.

    :param context: a RequestContext
    :param resource_id: the id of a resource, or of none any more
    :param expected_engine_id: as for resource_update_and_save
    :raises heat.db.exception.ResourceConflict: the lock is another engine's
    :raises heat.db.exception.InvalidValues: expected_engine_id is refused
    :raises oslo_db.exception.DBError: as the database says
    """
    resource_lock.check_engine(expected_engine_id)
    write.write(context, _Deletion(resource_id, expected_engine_id))


class _Deletion(write.Unit):
    """The end of a resource, if the lock is as expected."""

    is_statement = False
    is_repeatable = True

    def __init__(self, resource_id, engine_id):
        self.resource_id = resource_id
        self.engine_id = engine_id

    def work(self, execute):
        found = execute(_select_for_update(), units.this_row(
            Resource, self.resource_id)).first()
        if found is not None:
            self._check_lock(found)
            units.Delete(Resource, self.resource_id).work(execute)
            resource_attributes.delete_unused(execute, [found.attr_data_id])
        return True

    def _check_lock(self, found):
        if self.engine_id not in (resource_lock.ANY_ENGINE, found.engine_id):
            lock = resource_lock.arguments(
                self.resource_id, engine_id=self.engine_id)
            raise lock['lost'](found.engine_id, found.atomic_key)


@functools.cache
def _select_for_update():
    return sa.select(
        Resource.engine_id, Resource.atomic_key, Resource.attr_data_id).where(
        units.is_this_row(Resource)).with_for_update()
