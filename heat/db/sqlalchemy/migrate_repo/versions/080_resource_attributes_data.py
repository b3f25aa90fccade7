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

"""Store the attributes of a resource, so that others need not ask for them."""

from sqlalchemy import Column
from sqlalchemy import ForeignKey
from sqlalchemy import Integer

from heat.db.sqlalchemy import ddl


def upgrade(migrate_engine):
    # Heat's own 080 copied the table on SQLite, and may have died at that.
    ddl.recover_moved_table(migrate_engine, 'resource', 'root_stack_id')
    ddl.add_columns(
        migrate_engine, 'resource',
        Column('attr_data_id', Integer, ForeignKey(
            'resource_properties_data.id', name='rsrc_attr_data_ref')))
