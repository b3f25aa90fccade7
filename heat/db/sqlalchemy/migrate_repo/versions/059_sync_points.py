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

"""Count what a node of a traversal still waits for."""

from sqlalchemy import Boolean
from sqlalchemy import Column
from sqlalchemy import DateTime
from sqlalchemy import ForeignKey
from sqlalchemy import Integer
from sqlalchemy import MetaData
from sqlalchemy import String
from sqlalchemy import Table

from heat.db.sqlalchemy import ddl


def upgrade(migrate_engine):
    sync_point = Table(
        'sync_point', MetaData(),
        Column('entity_id', String(36), primary_key=True),
        Column('traversal_id', String(36), primary_key=True),
        Column('is_update', Boolean(create_constraint=True),
               primary_key=True),
        Column('atomic_key', Integer, nullable=False),
        Column('stack_id', String(36),
               ForeignKey('stack.id', name='fk_stack_id'), nullable=False),
        Column('input_data', ddl.LongText),
        Column('created_at', DateTime),
        Column('updated_at', DateTime),
        mysql_engine='InnoDB', mysql_charset='utf8mb3')
    ddl.create_table(migrate_engine, sync_point)
