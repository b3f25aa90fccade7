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

"""Store how deep a stack is nested, counted from its top-level stack."""

from sqlalchemy import Boolean
from sqlalchemy import Column
from sqlalchemy import Integer
from sqlalchemy import MetaData
from sqlalchemy import String
from sqlalchemy import Table

from heat.db.sqlalchemy import ddl


def upgrade(migrate_engine):
    stack = Table(
        'stack', MetaData(),
        Column('id', String(36), primary_key=True),
        Column('owner_id', String(36)),
        Column('backup', Boolean))
    ddl.add_filled_column(migrate_engine, stack.c.id,
                          Column('nested_depth', Integer), 0)

    def set_depths(batch):
        yield ddl.set_nested_depths(stack, batch)

    ddl.change_rows(migrate_engine, stack.c.id, set_depths)
