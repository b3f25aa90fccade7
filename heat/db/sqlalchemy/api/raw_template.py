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

"""Raw templates: what users gave, stored as they gave it."""

from heat.common import exception
from heat.common.i18n import _
from heat.db.sqlalchemy.api import values as api_values
from heat.db.sqlalchemy.engine import context_manager
from heat.db.sqlalchemy import models


def raw_template_create(context, values):
    """Store a template. One INSERT.

    :param context: a RequestContext; templates belong to no tenant
    :param values: a dictionary of attributes of models.RawTemplate
    :returns: the models.RawTemplate
    :raises heat.common.exception.InvalidValues: a key is no attribute
    :raises oslo_db.exception.DBError: as the database says
    """
    api_values.check_keys(models.RawTemplate, values)
    template = models.RawTemplate(**values)
    with context_manager.writer.using(context) as session:
        session.add(template)
        session.flush()
    return template


def raw_template_get(context, template_id):
    """Return the models.RawTemplate with an id. One SELECT.

    :param context: a RequestContext; templates belong to no tenant
    :raises heat.common.exception.NotFound: there is none
    :raises oslo_db.exception.DBError: as the database says
    """
    with context_manager.reader.using(context) as session:
        template = session.get(models.RawTemplate, template_id,
                               populate_existing=True)
    if template is None:
        raise exception.NotFound(
            _('there is no raw template %s') % template_id)
    return template
