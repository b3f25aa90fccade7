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

"""Let the data of a resource go with it."""

from sqlalchemy import Boolean
from sqlalchemy import Column
from sqlalchemy import DateTime
from sqlalchemy import ForeignKey
from sqlalchemy import Integer
from sqlalchemy import MetaData
from sqlalchemy import String
from sqlalchemy import Table
from sqlalchemy import Text

from heat.common.i18n import _
from heat.db.sqlalchemy import ddl

# The servers replace the key in place.
NEEDS_STOPPED_SERVICES = {'sqlite': _(
    'it copies the table resource_data, and nothing can be written to the '
    'database meanwhile')}


def upgrade(migrate_engine):
    # Heat's own 073 copied the table on SQLite, and may have died at that.
    ddl.recover_moved_table(migrate_engine, 'resource_data')
    resource_data = Table(
        'resource_data', MetaData(),
        Column('id', Integer, primary_key=True),
        Column('created_at', DateTime),
        Column('updated_at', DateTime),
        Column('key', String(255)),
        Column('value', Text),
        Column('redact', Boolean(create_constraint=True)),
        Column('decrypt_method', String(64)),
        Column('resource_id', Integer, ForeignKey(
            'resource.id', name='fk_resource_id', ondelete='CASCADE'),
            nullable=False))
    ddl.clear_orphans(migrate_engine, 'resource_data.resource_id',
                      'resource.id')
    ddl.replace_foreign_key(migrate_engine, resource_data, 'resource_id')
