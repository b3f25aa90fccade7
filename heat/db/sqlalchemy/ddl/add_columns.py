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

"""Adding and dropping columns."""

import sqlalchemy as sa
from sqlalchemy import schema as sa_schema

from heat.common.i18n import _
from heat.db import exception
from heat.db.sqlalchemy.ddl.change import apply
from heat.db.sqlalchemy.ddl import foreign_key


def add_columns(engine, table_name, *columns):
    """Add nullable columns with their foreign keys; no row is rewritten.

    All columns come in one ALTER TABLE (SQLite: one each), so that there is
    only one short wait for the lock on the table.

    :param columns: a column with a foreign key has an integer type, refers to
        the only key of another table and names the constraint
    :raises heat.db.exception.MigrationError: a column is there already,
        with another type, or without its key on SQLite
    """
    # A column can be compiled only as part of a table.
    sa.Table(table_name, sa.MetaData(), *columns)

    def missing(schema):
        present = schema.columns(table_name)
        clauses = []
        for column in columns:
            if column.name in present:
                _require_same_type(schema, column, present[column.name])
            else:
                clauses.append(_add_column_clause(engine.dialect, column))
        if engine.name != 'sqlite' and clauses:
            clauses = [', '.join(clauses)]
        return ['ALTER TABLE %s %s' % (table_name, clause)
                for clause in clauses]

    apply(engine, missing)
    for column in columns:
        for key in column.foreign_keys:
            if engine.name != 'sqlite':
                foreign_key.add(engine, table_name, column.name, key)


def drop_column(engine, table_name, column_name):
    """Drop a column; SQLite can do that from 3.35 on."""
    def present(schema):
        if schema.has_column(table_name, column_name):
            yield 'ALTER TABLE %s DROP COLUMN %s' % (table_name, column_name)

    apply(engine, present)


def _require_same_type(schema, column, found):
    # Slow to import, and rarely needed.
    from alembic.runtime import migration
    compare = migration.MigrationContext.configure(schema.conn).impl
    table_name = column.table.name
    if compare.compare_type(sa.Column(column.name, found), column):
        raise exception.MigrationError(
            _('column %(column)s of table %(table)s is there already, as '
              '%(found)s; drop it and run db_sync again') %
            {'column': column.name, 'table': table_name, 'found': found})
    if (column.foreign_keys and schema.conn.dialect.name == 'sqlite' and
            (column.name,) not in schema.foreign_keys(table_name)):
        raise exception.MigrationError(
            _('column %(column)s of table %(table)s was not made by '
              'heat-manage: it has no foreign key; drop it and run db_sync '
              'again') % {'column': column.name, 'table': table_name})


def _add_column_clause(dialect, column):
    clause = 'ADD COLUMN %s' % sa_schema.CreateColumn(column).compile(
        dialect=dialect)
    if dialect.name == 'sqlite':
        for key in column.foreign_keys:
            clause += ' CONSTRAINT %s %s' % (
                key.name, foreign_key.references(key))
    return clause
