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

"""Software configurations: scripts and the like, which are never changed.

Each belongs to a tenant; an administrator sees all.
"""

import functools

import sqlalchemy as sa

from heat.common.i18n import _
from heat.db.sqlalchemy.api import checks
from heat.db.sqlalchemy.api import fence
from heat.db.sqlalchemy.api import page
from heat.db.sqlalchemy.api import rows
from heat.db.sqlalchemy.engine.prepared import FRESH
from heat.db.sqlalchemy.models import SoftwareConfig

ORDER = (SoftwareConfig.created_at, SoftwareConfig.id)


def software_config_create(context, values):
    """Store a new configuration. One INSERT, in one round trip.

    :param context: a RequestContext; the tenant comes from values, and is the
        context's unless it is an administrator's
    :param values: a dictionary of attributes of models.SoftwareConfig;
        without an id it gets a new UUID
    :returns: the models.SoftwareConfig
    :raises heat.db.exception.InvalidValues: a value is refused, or the
        tenant is another one than the context's
    :raises oslo_db.exception.DBDuplicateEntry: there is one of that id
    :raises oslo_db.exception.DBError: as the database says
    """
    fence.check_tenant(context, values)
    return rows.insert(context, SoftwareConfig, values)


def software_config_get(context, config_id):
    """Return a models.SoftwareConfig. One SELECT.

    :param context: a RequestContext that may see it
    :raises heat.db.exception.NotFound: there is none to be seen
    :raises oslo_db.exception.DBError: as the database says
    """
    return rows.get(context, SoftwareConfig, config_id,
                    scope=fence.visible(context, SoftwareConfig))


def software_config_get_all(context, limit=None, marker=None):
    """Return configurations, the newest first. One SELECT, two with a marker.

    :param context: a RequestContext that may see them
    :param limit: how many to return at most; None is all
    :param marker: the id of the last one of the page before; None, or an id
        that the context can not see, is the first page
    :returns: a list of models.SoftwareConfig
    :raises heat.db.exception.InvalidValues: limit is refused
    :raises oslo_db.exception.DBError: as the database says
    """
    checks.check_number('limit', limit)
    condition, parameters = fence.visible(context, SoftwareConfig)
    query = _query(condition)
    last = page.find_last(context, query, SoftwareConfig.id, marker, ORDER,
                          parameters)
    index = (None if fence.is_admin(context) else
             (SoftwareConfig.tenant, *ORDER))
    return page.read(context, query, parameters, ORDER, True, limit, last,
                     index)


def software_config_count_all(context):
    """Return the number of configurations. One SELECT.

    :param context: a RequestContext that may see them
    :raises oslo_db.exception.DBError: as the database says
    """
    condition, parameters = fence.visible(context, SoftwareConfig)
    return rows.count(context, _query(condition), parameters)


def software_config_delete(context, config_id):
    """Delete a configuration that no deployment has. One DELETE.

    The database decides, whoever deploys it at the same time.

    :param context: a RequestContext that may see it
    :raises heat.db.exception.NotFound: there is none to be seen
    :raises heat.db.exception.InUse: a deployment has it, of any tenant
    :raises oslo_db.exception.DBError: as the database says
    """
    rows.delete(context, SoftwareConfig, config_id, in_use=_(
        'software config %s is that of a deployment') % (config_id,),
        scope=fence.visible(context, SoftwareConfig))


@functools.cache
def _query(condition):
    return sa.select(SoftwareConfig).where(condition).execution_options(
        **FRESH)
