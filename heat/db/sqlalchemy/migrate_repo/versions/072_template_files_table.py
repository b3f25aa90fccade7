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

"""Store the files of templates once, for all templates that have them."""

from sqlalchemy import Column
from sqlalchemy import DateTime
from sqlalchemy import ForeignKey
from sqlalchemy import Integer
from sqlalchemy import MetaData
from sqlalchemy import Table

from heat.db.sqlalchemy import ddl


def upgrade(migrate_engine):
    # Heat's own 072 copied the table on SQLite, and may have died at that.
    ddl.recover_moved_table(migrate_engine, 'raw_template')
    ddl.create_table(migrate_engine, Table(
        'raw_template_files', MetaData(),
        Column('id', Integer, primary_key=True),
        Column('files', ddl.LongText),
        Column('created_at', DateTime),
        Column('updated_at', DateTime),
        mysql_engine='InnoDB', mysql_charset='utf8mb3'))
    ddl.add_columns(
        migrate_engine, 'raw_template',
        Column('files_id', Integer, ForeignKey(
            'raw_template_files.id', name='raw_tmpl_files_fkey_ref')))
