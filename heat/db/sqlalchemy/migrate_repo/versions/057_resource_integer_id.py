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

"""Give resources an integer key; what was their key becomes their UUID."""

from sqlalchemy import Boolean
from sqlalchemy import Column
from sqlalchemy import DateTime
from sqlalchemy import ForeignKey
from sqlalchemy import Integer
from sqlalchemy import MetaData
from sqlalchemy import String
from sqlalchemy import Table
from sqlalchemy import Text
from sqlalchemy import UniqueConstraint

from heat.common.i18n import _
from heat.db.sqlalchemy import ddl

NEEDS_STOPPED_SERVICES = _('it changes the type of resource.id')


def upgrade(migrate_engine):
    _recover(migrate_engine)
    # rekey_table looks at the data of resources.
    ddl.clear_orphans(migrate_engine, 'resource.stack_id', 'stack.id',
                      children=['resource_data.resource_id'])
    is_sqlite = migrate_engine.name == 'sqlite'
    metadata = MetaData()
    resource = Table(
        'resource', metadata,
        Column('id', Integer, primary_key=True),
        Column('stack_id', String(36), ForeignKey('stack.id'),
               nullable=False),
        Column('uuid', String(36)),
        Column('name', String(255)),
        Column('nova_instance', String(255)),
        Column('action', String(255)),
        Column('status', String(255)),
        Column('status_reason', String(255)),
        Column('rsrc_metadata', ddl.LongText),
        Column('properties_data', ddl.LongText),
        Column('created_at', DateTime),
        Column('updated_at', DateTime),
        # SQLite names no key.
        UniqueConstraint(
            'uuid', name=None if is_sqlite else 'resource_uuid_key'))
    resource_data = Table(
        'resource_data', metadata,
        Column('id', Integer, primary_key=True),
        Column('created_at', DateTime),
        Column('updated_at', DateTime),
        Column('key', String(255)),
        Column('value', Text),
        Column('redact', Boolean(create_constraint=True)),
        Column('decrypt_method', String(64)),
        Column('resource_id', Integer, ForeignKey(
            'resource.id', name=None if is_sqlite else
            'resource_data_resource_id_fkey'), nullable=False))
    ddl.rekey_table(migrate_engine, ddl.Rekeying(
        resource, 'uuid', resource_data, 'resource_id', sequence='res'))


def _recover(migrate_engine):
    """Undo what Heat's own 057 has left of its copies on SQLite."""
    for table in ('resource_data', 'resource'):
        ddl.recover_copied_table(migrate_engine, table, copy='new_' + table)
    ddl.recover_moved_table(migrate_engine, 'resource_data')
