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

"""Store the reason of a status in full."""

from sqlalchemy import Boolean
from sqlalchemy import Column
from sqlalchemy import DateTime
from sqlalchemy import ForeignKey
from sqlalchemy import Index
from sqlalchemy import Integer
from sqlalchemy import MetaData
from sqlalchemy import String
from sqlalchemy import Table
from sqlalchemy import Text
from sqlalchemy import UniqueConstraint

from heat.common.i18n import _
from heat.db.sqlalchemy import ddl

# PostgreSQL widens a column in place.
_COPIES = _('it copies the tables stack, resource and software_deployment, '
            'which can not be written to meanwhile')
# Who inserts a row in MariaDB does not lock the table that the row refers to,
# and finds none while the copy is renamed (MariaDB 10.11; that nothing is
# locked is MDEV-37365): error 1452.
_UNREFERABLE = _('it copies the tables stack, resource and '
                 'software_deployment, which can not be written to meanwhile; '
                 'at the end of each copy, rows that refer to one can be '
                 'refused')
NEEDS_STOPPED_SERVICES = {'mysql': _UNREFERABLE, 'sqlite': _COPIES}


def upgrade(migrate_engine):
    # Heat's own 061 copied the tables on SQLite, and may have died at that.
    ddl.recover_moved_table(migrate_engine, 'stack', 'name', 'tenant')
    ddl.recover_moved_table(migrate_engine, 'resource')
    ddl.recover_moved_table(migrate_engine, 'software_deployment',
                            'created_at', 'server_id', 'tenant')
    metadata = MetaData()
    for table in (_stack(metadata), _resource(metadata, migrate_engine.name),
                  _software_deployment(metadata)):
        ddl.widen_column(migrate_engine, table, 'status_reason')


def _stack(metadata):
    return Table(
        'stack', metadata,
        Column('id', String(36), primary_key=True),
        Column('created_at', DateTime),
        Column('updated_at', DateTime),
        Column('name', String(255), index=True),
        Column('raw_template_id', Integer, ForeignKey('raw_template.id'),
               nullable=False, index=True),
        Column('user_creds_id', Integer, ForeignKey('user_creds.id')),
        Column('username', String(256)),
        Column('owner_id', String(36)),
        Column('status', String(255)),
        Column('status_reason', Text),
        Column('timeout', Integer),
        Column('tenant', String(256), index=True),
        Column('disable_rollback', Boolean(create_constraint=True),
               nullable=False),
        Column('action', String(255)),
        Column('deleted_at', DateTime),
        Column('stack_user_project_id', String(64)),
        Column('backup', Boolean),
        Column('nested_depth', Integer),
        Column('convergence', Boolean),
        Column('prev_raw_template_id', Integer, ForeignKey(
            'raw_template.id', name='prev_raw_template_ref'), index=True),
        Column('current_traversal', String(36)),
        Column('current_deps', ddl.LongText))


def _resource(metadata, backend):
    return Table(
        'resource', metadata,
        Column('id', Integer, primary_key=True),
        Column('stack_id', String(36), ForeignKey('stack.id'),
               nullable=False),
        Column('uuid', String(36)),
        Column('name', String(255)),
        Column('nova_instance', String(255)),
        Column('action', String(255)),
        Column('status', String(255)),
        Column('status_reason', Text),
        Column('rsrc_metadata', ddl.LongText),
        Column('properties_data', ddl.LongText),
        Column('created_at', DateTime),
        Column('updated_at', DateTime),
        Column('engine_id', String(36)),
        Column('atomic_key', Integer),
        Column('needed_by', ddl.LongText),
        Column('requires', ddl.LongText),
        Column('replaces', Integer),
        Column('replaced_by', Integer),
        Column('current_template_id', Integer, ForeignKey(
            'raw_template.id', name='current_template_fkey_ref')),
        UniqueConstraint('uuid', name=None if backend == 'sqlite' else
                         'resource_uuid_key'))


def _software_deployment(metadata):
    return Table(
        'software_deployment', metadata,
        Column('id', String(36), primary_key=True),
        Column('created_at', DateTime),
        Column('updated_at', DateTime),
        Column('server_id', String(36), nullable=False),
        Column('config_id', String(36), ForeignKey('software_config.id'),
               nullable=False),
        Column('input_values', ddl.LongText),
        Column('output_values', ddl.LongText),
        Column('action', String(255)),
        Column('status', String(255)),
        Column('status_reason', Text),
        Column('tenant', String(64), nullable=False),
        Column('stack_user_project_id', String(64)),
        Index('ix_software_deployment_created_at', 'created_at'),
        Index('ix_software_deployment_server_id', 'server_id'),
        Index('ix_software_deployment_tenant', 'tenant'))
