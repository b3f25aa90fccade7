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

from oslo_db import exception as db_exception
import sqlalchemy as sa

from heat.common.i18n import _
from heat.db import exception
from heat.db.sqlalchemy.api.explain import explained
from heat.db.sqlalchemy.api import values as api_values
from heat.db.sqlalchemy.engine import autocommit
from heat.db.sqlalchemy.engine.facade import context_manager
from heat.db.sqlalchemy.models import RawTemplate

FIXED = ('id', 'created_at')


def raw_template_create(context, values):
    """Store a template. One INSERT.

    :param context: a RequestContext; templates belong to no tenant
    :param values: a dictionary of attributes of models.RawTemplate
    :returns: the models.RawTemplate
    :raises heat.db.exception.InvalidValues: a value is refused
    :raises oslo_db.exception.DBError: as the database says
    """
    api_values.check(RawTemplate, values, new=True)
    template = RawTemplate(**values)
    with context_manager.writer.using(context) as session:
        with explained(RawTemplate, values):
            session.add(template)
            session.flush()
    return template


def raw_template_get(context, template_id):
    """Return the models.RawTemplate with an id. One SELECT.

    :param context: a RequestContext; templates belong to no tenant
    :raises heat.db.exception.NotFound: there is none
    :raises oslo_db.exception.DBError: as the database says
    """
    return autocommit.read(
        context, lambda session: _get(session, template_id))


def raw_template_update(context, template_id, values):
    """Change a template. One SELECT, and one UPDATE if anything differs.

    :param context: a RequestContext; templates belong to no tenant
    :param values: a dictionary of attributes of models.RawTemplate
    :returns: the models.RawTemplate as it is now
    :raises heat.db.exception.NotFound: there is none
    :raises heat.db.exception.InvalidValues: a value is refused
    :raises oslo_db.exception.DBError: as the database says
    """
    api_values.check(RawTemplate, values, FIXED)
    with context_manager.writer.using(context) as session:
        template = _get(session, template_id)
        for key, value in values.items():
            if getattr(template, key) != value:
                setattr(template, key, value)
        with explained(RawTemplate, values):
            session.flush()
    return template


def raw_template_delete(context, template_id):
    """Delete a template that no stack needs any more. One DELETE.

    Whoever drops the last reference to a template deletes it, after the
    write that dropped it has won.

    :param context: a RequestContext; templates belong to no tenant
    :raises heat.db.exception.NotFound: there is none
    :raises heat.db.exception.InUse: a stack has it as its current or
        its previous template, a soft-deleted stack included
    :raises oslo_db.exception.DBError: as the database says
    """
    try:
        with context_manager.writer.using(context) as session:
            deleted = session.execute(
                sa.delete(RawTemplate).where(RawTemplate.id == template_id),
                execution_options={'synchronize_session': False}).rowcount
    except db_exception.DBReferenceError as error:
        raise exception.InUse(
            _('raw template %s is the current or the previous template of a '
              'stack') % template_id) from error
    if not deleted:
        raise _not_found(template_id)


def _get(session, template_id):
    template = None
    if type(template_id) is int:
        template = session.get(RawTemplate, template_id,
                               populate_existing=True)
    if template is None:
        raise _not_found(template_id)
    return template


def _not_found(template_id):
    return exception.NotFound(
        _('there is no raw template %s') % template_id)
