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

"""The whole schema of Juno, for a database that starts empty."""

from sqlalchemy import Boolean
from sqlalchemy import Column
from sqlalchemy import DateTime
from sqlalchemy import ForeignKey
from sqlalchemy import Index
from sqlalchemy import Integer
from sqlalchemy import LargeBinary
from sqlalchemy import MetaData
from sqlalchemy import Sequence
from sqlalchemy import String
from sqlalchemy import Table
from sqlalchemy import Text
from sqlalchemy import UniqueConstraint

from heat.db.sqlalchemy import ddl

# Heat's own history left these on PostgreSQL, where the types of two keys
# had been changed.
POSTGRESQL_SEQUENCES = (
    'CREATE SEQUENCE IF NOT EXISTS evt',
    "ALTER TABLE event ALTER COLUMN id SET DEFAULT nextval('evt')",
    'CREATE SEQUENCE IF NOT EXISTS resource_id_seq AS integer '
    'OWNED BY resource.id',
    'ALTER TABLE resource ALTER COLUMN id '
    "SET DEFAULT nextval('resource_id_seq')",
)


def upgrade(migrate_engine):
    metadata = MetaData()
    for define in (_templates_and_creds, _stacks, _resources, _events,
                   _watch_rules, _software):
        define(metadata, migrate_engine.name)
    for table in metadata.sorted_tables:
        ddl.create_table(migrate_engine, table)
    if migrate_engine.name == 'postgresql':
        ddl.execute(migrate_engine, *POSTGRESQL_SEQUENCES)


def _table(metadata, name, *items):
    return Table(name, metadata, *items,
                 mysql_engine='InnoDB', mysql_charset='utf8mb3')


def _timestamps():
    return Column('created_at', DateTime), Column('updated_at', DateTime)


def _stack_id(**options):
    return Column('stack_id', String(36), ForeignKey('stack.id'),
                  nullable=False, **options)


def _templates_and_creds(metadata, backend):
    _table(
        metadata, 'raw_template',
        Column('id', Integer, primary_key=True),
        *_timestamps(),
        Column('template', ddl.LongText),
        Column('files', ddl.LongText))
    _table(
        metadata, 'user_creds',
        Column('id', Integer, primary_key=True),
        *_timestamps(),
        Column('username', String(255)),
        Column('password', String(255)),
        Column('tenant', String(1024)),
        Column('auth_url', Text),
        Column('tenant_id', String(256)),
        Column('trustor_user_id', String(64)),
        Column('trust_id', String(255)),
        Column('decrypt_method', String(64)))


def _stacks(metadata, backend):
    _table(
        metadata, 'stack',
        Column('id', String(36), primary_key=True),
        *_timestamps(),
        Column('name', String(255)),
        Column('raw_template_id', Integer, ForeignKey('raw_template.id'),
               nullable=False),
        Column('user_creds_id', Integer, ForeignKey('user_creds.id')),
        Column('username', String(256)),
        Column('owner_id', String(36)),
        Column('status', String(255)),
        Column('status_reason', String(255)),
        Column('parameters', ddl.LongText),
        Column('timeout', Integer),
        Column('tenant', String(256)),
        Column('disable_rollback', Boolean(create_constraint=True),
               nullable=False),
        Column('action', String(255)),
        Column('deleted_at', DateTime),
        Column('stack_user_project_id', String(64)),
        Column('backup', Boolean))
    _table(
        metadata, 'stack_lock',
        _stack_id(primary_key=True),
        *_timestamps(),
        Column('engine_id', String(36)))
    _table(
        metadata, 'snapshot',
        Column('id', String(36), primary_key=True),
        _stack_id(),
        Column('name', String(255)),
        *_timestamps(),
        Column('status', String(255)),
        Column('status_reason', String(255)),
        Column('data', ddl.LongText),
        Column('tenant', String(64), nullable=False),
        Index('ix_snapshot_tenant', 'tenant'))


def _resources(metadata, backend):
    _table(
        metadata, 'resource',
        Column('id', String(36), primary_key=True),
        Column('nova_instance', String(255)),
        Column('name', String(255)),
        *_timestamps(),
        Column('status', String(255)),
        Column('status_reason', String(255)),
        _stack_id(),
        Column('rsrc_metadata', ddl.LongText),
        Column('action', String(255)),
        Column('properties_data', ddl.LongText))
    _table(
        metadata, 'resource_data',
        Column('id', Integer, primary_key=True),
        *_timestamps(),
        Column('key', String(255)),
        Column('value', Text),
        Column('redact', Boolean(create_constraint=True)),
        Column('resource_id', String(36), ForeignKey('resource.id'),
               nullable=False),
        Column('decrypt_method', String(64)))


def _events(metadata, backend):
    # PostgreSQL counts from a sequence of its own, SQLite names no key.
    sequence = [Sequence('evt')] if backend == 'postgresql' else []
    _table(
        metadata, 'event',
        _stack_id(),
        *_timestamps(),
        Column('resource_status', String(255)),
        Column('resource_name', String(255)),
        Column('physical_resource_id', String(255)),
        Column('resource_status_reason', String(255)),
        Column('resource_type', String(255)),
        Column('resource_properties', LargeBinary),
        Column('resource_action', String(255)),
        Column('uuid', String(36)),
        Column('id', Integer, *sequence, primary_key=True),
        UniqueConstraint(
            'uuid', name=None if backend == 'sqlite' else 'event_uuid_key'))


def _watch_rules(metadata, backend):
    _table(
        metadata, 'watch_rule',
        Column('id', Integer, primary_key=True),
        *_timestamps(),
        Column('name', String(255)),
        Column('state', String(255)),
        Column('rule', ddl.LongText),
        Column('last_evaluated', DateTime),
        _stack_id())
    _table(
        metadata, 'watch_data',
        Column('id', Integer, primary_key=True),
        *_timestamps(),
        Column('data', ddl.LongText),
        Column('watch_rule_id', Integer, ForeignKey('watch_rule.id'),
               nullable=False))


def _software(metadata, backend):
    _table(
        metadata, 'software_config',
        Column('id', String(36), primary_key=True),
        *_timestamps(),
        Column('name', String(255)),
        Column('group', String(255)),
        Column('config', ddl.LongText),
        Column('tenant', String(64), nullable=False),
        Index('ix_software_config_tenant', 'tenant'))
    _table(
        metadata, 'software_deployment',
        Column('id', String(36), primary_key=True),
        Column('created_at', DateTime, index=True),
        Column('updated_at', DateTime),
        Column('server_id', String(36), nullable=False, index=True),
        Column('config_id', String(36), ForeignKey('software_config.id'),
               nullable=False),
        Column('input_values', ddl.LongText),
        Column('output_values', ddl.LongText),
        Column('action', String(255)),
        Column('status', String(255)),
        Column('status_reason', String(255)),
        Column('tenant', String(64), nullable=False, index=True),
        Column('stack_user_project_id', String(64)))
