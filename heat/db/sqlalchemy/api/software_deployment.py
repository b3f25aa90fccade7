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

"""Software deployments: a configuration that is applied to a server.

Each belongs to a tenant, and to the project of the stack's users: both see
it, and so does an administrator. A row that is returned has its config.
"""

import functools

import sqlalchemy as sa
from sqlalchemy import orm

from heat.common.i18n import _
from heat.db import exception
from heat.db.sqlalchemy.api import checks
from heat.db.sqlalchemy.api import cut
from heat.db.sqlalchemy.api import detached
from heat.db.sqlalchemy.api import fence
from heat.db.sqlalchemy.api import rows
from heat.db.sqlalchemy.api.software_config import software_config_get
from heat.db.sqlalchemy.comparison import as_id
from heat.db.sqlalchemy.comparison import same_as
from heat.db.sqlalchemy.engine.prepared import FRESH
from heat.db.sqlalchemy.models import SoftwareDeployment

FIXED = ('id', 'created_at', 'tenant')


def software_deployment_create(context, values):
    """Store a new deployment. One SELECT and one INSERT.

    :param context: a RequestContext; the tenant comes from values, and is the
        context's unless it is an administrator's
    :param values: a dictionary of attributes of models.SoftwareDeployment;
        without an id it gets a new UUID, and too long a status_reason is cut
    :returns: the models.SoftwareDeployment
    :raises heat.db.exception.InvalidValues: a value is refused, the tenant
        is another one than the context's, or the context can see no such
        config
    :raises oslo_db.exception.DBDuplicateEntry: there is one of that id
    :raises oslo_db.exception.DBError: as the database says
    """
    fence.check_tenant(context, values)
    values = cut.cut(SoftwareDeployment, values, 'status_reason')
    checks.check(SoftwareDeployment, values, new=True)
    config = _config(context, values)
    return _with(config, rows.insert(context, SoftwareDeployment, values))


def software_deployment_get(context, deployment_id):
    """Return a models.SoftwareDeployment. One SELECT.

    :param context: a RequestContext that may see it
    :raises heat.db.exception.NotFound: there is none to be seen
    :raises oslo_db.exception.DBError: as the database says
    """
    return rows.get(context, SoftwareDeployment, deployment_id, 'config',
                    scope=fence.visible(context, SoftwareDeployment))


def software_deployment_get_all(context, server_id=None):
    """Return deployments, the oldest first. One SELECT.

    :param context: a RequestContext that may see them
    :param server_id: the server that they are for; None is any
    :returns: a list of models.SoftwareDeployment
    :raises oslo_db.exception.DBError: as the database says
    """
    condition, parameters = fence.visible(context, SoftwareDeployment)
    return rows.every(context, _list(condition, server_id is not None),
                      {**parameters, 'this_server': as_id(server_id)})


def software_deployment_count_all(context):
    """Return the number of deployments. One SELECT.

    :param context: a RequestContext that may see them
    :raises oslo_db.exception.DBError: as the database says
    """
    condition, parameters = fence.visible(context, SoftwareDeployment)
    return rows.count(context, _query(condition), parameters)


def software_deployment_update(context, deployment_id, values):
    """Change a deployment. One SELECT, and one UPDATE if anything differs.

    One SELECT more for a config_id. The last of several writers wins.

    :param context: a RequestContext that may see it
    :param values: a dictionary of attributes of models.SoftwareDeployment;
        too long a status_reason is cut
    :returns: the models.SoftwareDeployment as it is now
    :raises heat.db.exception.NotFound: there is none to be seen
    :raises heat.db.exception.InvalidValues: a value is refused, or the
        context can see no such config
    :raises oslo_db.exception.DBError: as the database says
    """
    values = cut.cut(SoftwareDeployment, values, 'status_reason')
    values = checks.check(SoftwareDeployment, values, FIXED)
    config = _config(context, values)
    return _with(config, rows.change_if_other(
        context, SoftwareDeployment, deployment_id, values, 'config',
        scope=fence.visible(context, SoftwareDeployment)))


def software_deployment_delete(context, deployment_id):
    """Delete a deployment. One DELETE.

    :param context: a RequestContext that may see it
    :raises heat.db.exception.NotFound: there is none to be seen
    :raises oslo_db.exception.DBError: as the database says
    """
    rows.delete(context, SoftwareDeployment, deployment_id,
                scope=fence.visible(context, SoftwareDeployment))


def _config(context, values):
    """Return the config that values name; None if they name none.

    Its foreign key refuses one that is deleted meanwhile.
    """
    if 'config_id' in values:
        try:
            return software_config_get(context, values['config_id'])
        except exception.NotFound as error:
            raise exception.InvalidValues(
                _('refers to nothing that exists'), ['config_id']) from error


def _with(config, row):
    """Return a deployment with a config as if it was loaded with it."""
    if config is not None:
        orm.attributes.set_committed_value(row, 'config', config)
    return row


@functools.cache
def _query(condition):
    return sa.select(SoftwareDeployment).where(condition).execution_options(
        **FRESH)


@functools.cache
def _list(condition, is_of_server):
    query = detached.join(_query(condition), SoftwareDeployment, ['config'])
    if is_of_server:
        query = query.where(same_as(
            SoftwareDeployment.server_id, 'this_server'))
    return query.order_by(SoftwareDeployment.created_at,
                          SoftwareDeployment.id)
