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

"""Services: heat-engine processes, and when they were last heard of.

They belong to no tenant: who has the id of one may read and change it.
"""

import functools

import sqlalchemy as sa

from heat.db.sqlalchemy.api import checks
from heat.db.sqlalchemy.api import rows
from heat.db.sqlalchemy.api import units
from heat.db.sqlalchemy.comparison import as_text
from heat.db.sqlalchemy.comparison import same_as
from heat.db.sqlalchemy.engine.prepared import FRESH
from heat.db.sqlalchemy.engine import write
from heat.db.sqlalchemy.models import now
from heat.db.sqlalchemy.models import Service

FIXED = ('id', 'created_at')

_IS_LIVE = Service.deleted_at.is_(None)
_IS_THIS = sa.and_(*(same_as(getattr(Service, name), 'this_' + name)
                     for name in ('host', 'binary', 'hostname')))


def service_create(context, values):
    """Store a new service. One INSERT, in one round trip.

    :param context: a RequestContext
    :param values: a dictionary of attributes of models.Service; without an
        id it gets a new UUID
    :returns: the models.Service
    :raises heat.db.exception.InvalidValues: a value is refused
    :raises oslo_db.exception.DBDuplicateEntry: there is a service of that id
    :raises oslo_db.exception.DBError: as the database says
    """
    return rows.insert(context, Service, values)


def service_get(context, service_id):
    """Return a models.Service, a soft-deleted one as well. One SELECT.

    :param context: a RequestContext
    :raises heat.db.exception.NotFound: there is none
    :raises oslo_db.exception.DBError: as the database says
    """
    return rows.get(context, Service, service_id)


def service_get_all(context):
    """Return a list of all models.Service not soft-deleted. One SELECT.

    :param context: a RequestContext
    :raises oslo_db.exception.DBError: as the database says
    """
    return rows.every(context, _query(_IS_LIVE))


def service_get_all_by_args(context, host, binary, hostname):
    """Return the services of a host, a binary and a hostname. One SELECT.

    Texts have to be exactly the same. Soft-deleted services are returned too.

    :param context: a RequestContext
    :returns: a list of models.Service
    :raises oslo_db.exception.DBError: as the database says
    """
    return rows.every(context, _query(_IS_THIS), {
        'this_' + name: as_text(value) for name, value in (
            ('host', host), ('binary', binary), ('hostname', hostname))})


def service_update(context, service_id, values):
    """Change a service, and note when. One SELECT, and one UPDATE.

    No UPDATE if nothing differs. The last of several writers wins.

    :param context: a RequestContext
    :param values: a dictionary of attributes of models.Service; deleted_at
        None revives a soft-deleted one
    :returns: the models.Service as it is now
    :raises heat.db.exception.NotFound: there is none
    :raises heat.db.exception.InvalidValues: a value is refused
    :raises oslo_db.exception.DBError: as the database says
    """
    values = checks.check(Service, values, FIXED)
    return rows.change_if_other(context, Service, service_id, {
        **values, 'updated_at': now()})


def service_delete(context, service_id, soft_delete=True):
    """Delete a service. One UPDATE, or one DELETE.

    :param context: a RequestContext
    :param soft_delete: only note when it was deleted, until it is purged
    :raises heat.db.exception.NotFound: there is none
    :raises oslo_db.exception.DBError: as the database says
    """
    if soft_delete:
        write.write(context, units.Change(Service, service_id,
                                          {'deleted_at': now()}))
    else:
        rows.delete(context, Service, service_id)


@functools.cache
def _query(condition):
    return sa.select(Service).where(condition).order_by(
        Service.created_at, Service.id).execution_options(**FRESH)
