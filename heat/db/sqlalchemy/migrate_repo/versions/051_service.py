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

"""Let every heat-engine process report that it is alive."""

from sqlalchemy import Column
from sqlalchemy import DateTime
from sqlalchemy import Integer
from sqlalchemy import MetaData
from sqlalchemy import String
from sqlalchemy import Table

from heat.db.sqlalchemy import ddl


def upgrade(migrate_engine):
    service = Table(
        'service', MetaData(),
        Column('id', String(36), primary_key=True),
        Column('engine_id', String(36), nullable=False),
        Column('host', String(255), nullable=False),
        Column('hostname', String(255), nullable=False),
        Column('binary', String(255), nullable=False),
        Column('topic', String(255), nullable=False),
        Column('report_interval', Integer, nullable=False),
        Column('created_at', DateTime),
        Column('updated_at', DateTime),
        Column('deleted_at', DateTime),
        mysql_engine='InnoDB', mysql_charset='utf8mb3')
    ddl.create_table(migrate_engine, service)
