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

"""Store the properties of resources and events in a table of their own."""

from sqlalchemy import Boolean
from sqlalchemy import Column
from sqlalchemy import DateTime
from sqlalchemy import ForeignKey
from sqlalchemy import Integer
from sqlalchemy import MetaData
from sqlalchemy import Table

from heat.db.sqlalchemy import ddl


def upgrade(migrate_engine):
    # Heat's own 079 copied the tables on SQLite, and may have died at that.
    ddl.recover_moved_table(migrate_engine, 'resource', 'root_stack_id')
    ddl.recover_moved_table(migrate_engine, 'event')
    ddl.clear_orphans(migrate_engine, 'resource.stack_id', 'stack.id',
                      children=['resource_data.resource_id'])
    ddl.clear_orphans(migrate_engine, 'event.stack_id', 'stack.id')
    ddl.create_table(migrate_engine, Table(
        'resource_properties_data', MetaData(),
        Column('id', Integer, primary_key=True),
        Column('data', ddl.LongText),
        Column('encrypted', Boolean),
        Column('created_at', DateTime),
        Column('updated_at', DateTime),
        mysql_engine='InnoDB', mysql_charset='utf8mb3'))
    for table, name in (('resource', 'rsrc_rsrc_prop_data_ref'),
                        ('event', 'ev_rsrc_prop_data_ref')):
        ddl.add_columns(
            migrate_engine, table,
            Column('rsrc_prop_data_id', Integer, ForeignKey(
                'resource_properties_data.id', name=name)))
