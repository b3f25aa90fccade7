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

"""Raw templates: what users gave, stored as they gave it.

They belong to no tenant: who has the id of one may read and change it.
"""

import functools

import sqlalchemy as sa

from heat.common.i18n import _
from heat.db.sqlalchemy.api import checks
from heat.db.sqlalchemy.api import references
from heat.db.sqlalchemy.api import rows
from heat.db.sqlalchemy.api import units
from heat.db.sqlalchemy.models import now
from heat.db.sqlalchemy.models import RawTemplate
from heat.db.sqlalchemy.models import RawTemplateFiles

FIXED = ('id', 'created_at')


def raw_template_create(context, values):
    """Store a template. One INSERT.

    :param context: a RequestContext
    :param values: a dictionary of attributes of models.RawTemplate
    :returns: the models.RawTemplate
    :raises heat.db.exception.InvalidValues: a value is refused
    :raises heat.db.exception.OutcomeUnknown: the connection was lost when
        it was to be committed; a template that nobody knows may be there
    :raises oslo_db.exception.DBError: as the database says
    """
    return rows.insert(context, RawTemplate, values)


def raw_template_get(context, template_id):
    """Return the models.RawTemplate with an id. One SELECT.

    :param context: a RequestContext
    :raises heat.db.exception.NotFound: there is none
    :raises oslo_db.exception.DBError: as the database says
    """
    return rows.get(context, RawTemplate, template_id)


def raw_template_update(context, template_id, values):
    """Change a template. One SELECT, and one UPDATE if anything differs.

    :param context: a RequestContext
    :param values: a dictionary of attributes of models.RawTemplate
    :returns: the models.RawTemplate as it is now
    :raises heat.db.exception.NotFound: there is none
    :raises heat.db.exception.InvalidValues: a value is refused
    :raises oslo_db.exception.DBError: as the database says
    """
    values = checks.check(RawTemplate, values, FIXED)
    return rows.change_if_other(context, RawTemplate, template_id, values)


def raw_template_delete(context, template_id):
    """Delete a template that no stack needs any more, and its files.

    Whoever drops the last reference to a template deletes it, after the
    write that dropped it has won. The row of its files goes with it unless
    another template has it. One UPDATE and one DELETE in one transaction; a
    SELECT and a DELETE more if it has a row of files.

    :param context: a RequestContext
    :raises heat.db.exception.NotFound: there is none
    :raises heat.db.exception.InUse: a stack has it as its current or
        its previous template, a soft-deleted stack included, or a resource
        has it
    :raises oslo_db.exception.DBError: as the database says
    """
    rows.delete(context, RawTemplate, template_id, in_use=_(
        'raw template %s is the current or the previous template of a stack, '
        'or the template of a resource') % (template_id,), unit=Deletion)


class Deletion(units.Delete):
    """The end of a template, and of its files if no other one has them."""

    is_statement = False

    def work(self, execute):
        this = units.this_row(RawTemplate, self.key)
        files_id = None
        if execute(_touch_files(), {**this, 'touched_at': now()}).rowcount:
            files_id = execute(_select_files_id(), this).scalar()
        result = super().work(execute)
        if files_id is not None:
            execute(_delete_unused_files(), {'these_files': files_id})
        return result


@functools.cache
def _touch_files():
    files = RawTemplateFiles.__table__
    return references.touch(
        files, files.c.id == _select_files_id().scalar_subquery())


@functools.cache
def _select_files_id():
    return sa.select(RawTemplate.files_id).where(
        units.is_this_row(RawTemplate))


@functools.cache
def _delete_unused_files():
    files = RawTemplateFiles.__table__
    return sa.delete(files).where(
        files.c.id == sa.bindparam('these_files'),
        references.is_unused(files))
