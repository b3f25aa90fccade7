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

"""Forget which template another one came after: nobody asks."""

from sqlalchemy import Column
from sqlalchemy import DateTime
from sqlalchemy import Integer
from sqlalchemy import MetaData
from sqlalchemy import Table

from heat.common.i18n import _
from heat.db.sqlalchemy import ddl

NEEDS_STOPPED_SERVICES = _('it drops the column raw_template.predecessor')


def upgrade(migrate_engine):
    # Heat's own 064 copied the table on SQLite, and may have died at that.
    ddl.recover_copied_table(migrate_engine, 'raw_template',
                             copy='new_raw_template')
    raw_template = Table(
        'raw_template', MetaData(),
        Column('id', Integer, primary_key=True),
        Column('created_at', DateTime),
        Column('updated_at', DateTime),
        Column('template', ddl.LongText),
        Column('files', ddl.LongText),
        Column('environment', ddl.LongText))
    ddl.tell_count(
        migrate_engine, 'raw_template', column='predecessor',
        query='SELECT COUNT(*) FROM raw_template '
              'WHERE predecessor IS NOT NULL',
        text=_('templates that lose their predecessor: %d'))
    ddl.drop_column(migrate_engine, 'raw_template', 'predecessor',
                    without_it=raw_template)
