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

"""Properties and attributes of resources, as engines give them.

They belong to no tenant: who has the id may read and change them. Engines
encrypt the values, or not, and say which in encrypted; here they stay as they
are.
"""

from heat.db import exception
from heat.db.sqlalchemy.api import checks
from heat.db.sqlalchemy.api import rows
from heat.db.sqlalchemy.models import ResourcePropertiesData

FIXED = ('id', 'created_at')


def resource_prop_data_create(context, values):
    """Store properties or attributes. One INSERT.

    :param context: a RequestContext
    :param values: a dictionary of attributes of
        models.ResourcePropertiesData: data, and whether it is encrypted
    :returns: the models.ResourcePropertiesData
    :raises heat.db.exception.InvalidValues: a value is refused
    :raises heat.db.exception.OutcomeUnknown: the connection was lost when
        it was to be committed; a row that nobody knows may be there
    :raises oslo_db.exception.DBError: as the database says
    """
    return rows.insert(context, ResourcePropertiesData, values)


def resource_prop_data_create_or_update(context, values, rpd_id=None):
    """Change properties or attributes, or store them if there are none.

    One SELECT, and one UPDATE if anything differs; one INSERT, and a SELECT
    before it if rpd_id is given, where there is no such row.

    :param context: a RequestContext
    :param values: as for resource_prop_data_create
    :param rpd_id: the id of the row to be changed; None, or the id of no
        row, is a new row, which gets an id of its own
    :returns: the models.ResourcePropertiesData as it is now
    :raises: as resource_prop_data_create
    """
    checked = checks.check(ResourcePropertiesData, values, FIXED)
    if rpd_id is not None:
        try:
            return rows.change_if_other(
                context, ResourcePropertiesData, rpd_id, checked)
        except exception.NotFound:
            pass
    return rows.insert(context, ResourcePropertiesData, values)


def resource_prop_data_get(context, resource_prop_data_id):
    """Return the models.ResourcePropertiesData with an id. One SELECT.

    :param context: a RequestContext
    :raises heat.db.exception.NotFound: there is none
    :raises oslo_db.exception.DBError: as the database says
    """
    return rows.get(context, ResourcePropertiesData, resource_prop_data_id)
