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

"""Adding foreign keys to tables in use."""

import sqlalchemy as sa
from sqlalchemy import schema as sa_schema

from heat.common.i18n import _
from heat.db.sqlalchemy.ddl.change import apply
from heat.db.sqlalchemy.ddl.change import look
from heat.db.sqlalchemy.ddl import foreign_key
from heat.db.sqlalchemy.ddl.refusal import refuse


def add_foreign_key(engine, table_name, key):
    """Make a column a foreign key without blocking writers for long.

    On MySQL its index comes with it, under the name of the constraint. On
    SQLite the key can only come with its column.

    :param key: a sqlalchemy.ForeignKeyConstraint of one column, with a name
    :raises heat.db.exception.MigrationError: MySQL can not have one there
    """
    add = {'mysql': _add_on_mysql, 'postgresql': _add_on_postgresql}
    add[engine.name](engine, table_name, key.column_keys[0], key)


def _add_on_mysql(engine, table_name, column_name, key):
    """Add the key in place; with checks on, MySQL copies the whole table.

    A column without values, as add_columns makes it, needs no check.
    """
    table = sa.Table(table_name, sa.MetaData(), sa.Column(column_name))
    index = sa.Index(key.name, table.c[column_name])

    def missing(schema):
        if schema.foreign_key(table_name, column_name):
            return
        if key.name not in schema.indexes(table_name):
            yield sa_schema.CreateIndex(index)
        is_used = schema.has_values(table_name, column_name)
        if not is_used:
            yield 'SET SESSION foreign_key_checks = 0'
        yield _alter(table_name, key)
        if not is_used:
            yield 'SET SESSION foreign_key_checks = 1'

    if look(engine, lambda schema: schema.is_partitioned(table_name) and
            not schema.foreign_key(table_name, column_name)):
        refuse(engine, _('table %s is partitioned, and can have no foreign '
                         'key') % table_name,
               _('use ALTER TABLE ... REMOVE PARTITIONING, and run db_sync '
                 'again'))
    apply(engine, missing,
          lambda schema: schema.add_foreign_key(table_name, key))


def _add_on_postgresql(engine, table_name, column_name, key):
    def missing(schema):
        if not schema.foreign_key(table_name, column_name):
            yield _alter(table_name, key) + ' NOT VALID'

    apply(engine, missing,
          lambda schema: schema.add_foreign_key(table_name, key))
    validate(engine, table_name, column_name)


def validate(engine, table_name, column_name):
    """Let PostgreSQL look at the rows that were there before a key."""
    def unvalidated(schema):
        # To repeat it on a valid key does nothing.
        yield 'ALTER TABLE %s VALIDATE CONSTRAINT %s' % (
            table_name, schema.quoted(
                schema.foreign_key(table_name, column_name).name))

    # Reads the table, but lets everyone else write to it.
    apply(engine, unvalidated, lambda schema: None, online=True)


def _alter(table_name, key):
    return 'ALTER TABLE %s %s' % (table_name, foreign_key.constraint(key))
