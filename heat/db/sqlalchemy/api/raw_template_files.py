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

"""The files of raw templates: one row for those of one or several templates.

They belong to no tenant: who has the id may read them. A row is never changed,
for engines keep what they have read: other files get a row of their own.
raw_template_delete deletes it with the last template that has it.
"""

from heat.db.sqlalchemy.api import rows
from heat.db.sqlalchemy.models import RawTemplateFiles


def raw_template_files_create(context, values):
    """Store the files of templates. One INSERT.

    :param context: a RequestContext
    :param values: a dictionary of attributes of models.RawTemplateFiles:
        files is a dictionary of names and contents
    :returns: the models.RawTemplateFiles
    :raises heat.db.exception.InvalidValues: a value is refused
    :raises heat.db.exception.OutcomeUnknown: the connection was lost when
        it was to be committed; files that nobody knows may be there
    :raises oslo_db.exception.DBError: as the database says
    """
    return rows.insert(context, RawTemplateFiles, values)


def raw_template_files_get(context, files_id):
    """Return the models.RawTemplateFiles with an id. One SELECT.

    :param context: a RequestContext
    :raises heat.db.exception.NotFound: there is none
    :raises oslo_db.exception.DBError: as the database says
    """
    return rows.get(context, RawTemplateFiles, files_id)
