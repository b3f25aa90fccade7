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

"""The attributes of resources, which are rows of their own."""

import functools

from oslo_db import exception as db_exception
import sqlalchemy as sa

from heat.common.i18n import _
from heat.db import exception
from heat.db.sqlalchemy.api import checks
from heat.db.sqlalchemy.api import references
from heat.db.sqlalchemy.api import resource_lock
from heat.db.sqlalchemy.api import swap
from heat.db.sqlalchemy.api import units
from heat.db.sqlalchemy.comparison import as_key
from heat.db.sqlalchemy.engine import write
from heat.db.sqlalchemy.models import Resource
from heat.db.sqlalchemy.models import ResourcePropertiesData


def resource_attr_id_set(context, resource_id, atomic_key, attr_id):
    """Let a resource have the attributes that the caller has stored.

    One UPDATE that commits by itself, in one round trip, if nobody has
    written to the resource or locked it since, and it has no other
    attributes. It moves atomic_key on. Of a loser, the attributes are
    deleted, unless something refers to them.

    Repeated like stack_update; after a lost connection, a row that has the
    next key and these attributes is taken for that of this call.

    :param context: a RequestContext. A resource belongs to no tenant: who
        has the id of one may write to it
    :param atomic_key: the key that the caller has read; None is none yet
    :param attr_id: the id of a models.ResourcePropertiesData, made for this
        resource
    :returns: True
    :raises heat.db.exception.ResourceConflict: it is locked, or has another
        key or other attributes. One SELECT and one DELETE more
    :raises heat.db.exception.NotFound: there is no such resource. One SELECT
        and one DELETE more
    :raises heat.db.exception.InvalidValues: atomic_key or attr_id is refused,
        or there are no such attributes
    :raises oslo_db.exception.DBError: as the database says
    """
    values = {'attr_data_id': attr_id,
              'atomic_key': resource_lock.next_key(atomic_key)}
    if attr_id is None:
        raise exception.InvalidValues(_('must not be None'), ['attr_id'])
    checks.check_value(Resource, 'attr_data_id', attr_id, 'attr_id')
    try:
        return swap.swap(
            context, **resource_lock.arguments(
                resource_id, atomic_key=atomic_key, engine_id=None,
                attr_data_id=attr_id),
            or_null=('attr_data_id',), values=values, mark=values)
    except (exception.ResourceConflict, exception.NotFound):
        write.write(context, _Loser(attr_id))
        raise


def resource_attr_data_delete(context, resource_id, attr_id):
    """Delete attributes, and let their resource have none.

    One UPDATE and one DELETE in one transaction. A resource that has others
    by now keeps them, and so do others that refer to these. The key of the
    resource stays, and so does its lock. Repeated like stack_update, also
    after a lost connection.

    :param context: as for resource_attr_id_set
    :param resource_id: the id of a resource, or of none any more
    :param attr_id: the id of a models.ResourcePropertiesData, or of none any
        more
    :raises oslo_db.exception.DBError: as the database says
    """
    write.write(context, _Removal(resource_id, attr_id))


def delete_unused(execute, attr_ids):
    """Delete attributes or properties that nothing refers to any more.

    :param attr_ids: a list of their ids; None is none
    :raises oslo_db.exception.DBDeadlock: something has begun to; PostgreSQL
        does not see it in time
    """
    attr_ids = [one for one in attr_ids if one is not None]
    if not attr_ids:
        return
    is_one = len(attr_ids) == 1
    try:
        execute(_delete_unused(is_one),
                {'these': attr_ids[0] if is_one else attr_ids})
    except db_exception.DBReferenceError as error:
        raise db_exception.DBDeadlock(error) from error


@functools.cache
def _delete_unused(is_one):
    data = ResourcePropertiesData.__table__
    # Only one can be sent without SQLAlchemy.
    is_this = (data.c.id == sa.bindparam('these', type_=data.c.id.type)
               if is_one else
               data.c.id.in_(sa.bindparam('these', expanding=True)))
    return sa.delete(data).where(is_this, references.is_unused(data))


@functools.cache
def _forget():
    return sa.update(Resource.__table__).where(
        units.is_this_row(Resource),
        Resource.attr_data_id == sa.bindparam(
            'this_data', type_=sa.Integer())).values(
        attr_data_id=None)


class _Loser(write.Unit):
    """The end of attributes that were stored in vain."""

    is_repeatable = True

    def __init__(self, attr_id):
        self.attr_id = attr_id

    def work(self, execute):
        delete_unused(execute, [
            as_key(ResourcePropertiesData.id, self.attr_id)])
        return True


class _Removal(_Loser):
    """The end of attributes that a resource is not to have any more."""

    is_statement = False

    def __init__(self, resource_id, attr_id):
        super().__init__(attr_id)
        self.resource_id = resource_id

    def work(self, execute):
        execute(_forget(), {
            **units.this_row(Resource, self.resource_id),
            'this_data': as_key(ResourcePropertiesData.id, self.attr_id)})
        return super().work(execute)
