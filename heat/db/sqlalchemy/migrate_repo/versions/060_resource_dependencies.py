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

"""Store what a resource needs, is needed by, replaces and is made from."""

from sqlalchemy import Column
from sqlalchemy import ForeignKey
from sqlalchemy import Integer

from heat.db.sqlalchemy import ddl


def upgrade(migrate_engine):
    # Heat's own 060 copied the table on SQLite, and may have died at that.
    ddl.recover_moved_table(migrate_engine, 'resource')
    ddl.add_columns(
        migrate_engine, 'resource',
        Column('needed_by', ddl.LongText),
        Column('requires', ddl.LongText),
        Column('replaces', Integer),
        Column('replaced_by', Integer),
        Column('current_template_id', Integer, ForeignKey(
            'raw_template.id', name='current_template_fkey_ref')))
