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

"""Adding columns."""

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy import schema as sa_schema

from heat.common.i18n import _
from heat.db import exception
from heat.db.sqlalchemy.ddl.add_foreign_key import add_foreign_key
from heat.db.sqlalchemy.ddl.change import apply
from heat.db.sqlalchemy.ddl import foreign_key


def add_columns(engine, table_name, *columns):
    """Add nullable columns with their foreign keys; no row is rewritten.

    All columns come in one ALTER TABLE (SQLite: one each), so that there is
    only one short wait for the lock on the table.

    :param columns: a column with a foreign key has an integer type, refers to
        the only key of another table and names the constraint; one with a
        server_default has that value in every row
    :raises heat.db.exception.MigrationError: a column is there already,
        with another type, or without its key on SQLite; or there is no
        such table
    """
    # A column can be compiled only as part of a table.
    table = sa.Table(table_name, sa.MetaData(), *columns)
    keys = sorted(table.foreign_key_constraints, key=lambda key: key.name)

    def missing(schema):
        if not schema.has_table(table_name):
            raise exc.NoSuchTableError(table_name)
        clauses = list(_missing_clauses(schema, columns))
        if engine.name != 'sqlite' and clauses:
            clauses = [', '.join(clauses)]
        return ['ALTER TABLE %s %s' % (table_name, clause)
                for clause in clauses]

    apply(engine, missing,
          lambda schema: _note(schema, table_name, columns, keys))
    if engine.name != 'sqlite':
        for key in keys:
            add_foreign_key(engine, table_name, key)


def _missing_clauses(schema, columns):
    for column in columns:
        found = schema.column_type(column.table.name, column.name)
        if found is None:
            yield _add_column_clause(schema.dialect, column)
        else:
            _require_same_type(schema, column, found)


def _note(schema, table_name, columns, keys):
    for column in columns:
        if not schema.has_column(table_name, column.name):
            schema.set_column(table_name, column)
    if schema.dialect.name == 'sqlite':
        for key in keys:
            schema.add_foreign_key(table_name, key)


def _require_same_type(schema, column, found):
    # Slow to import, and rarely needed.
    from alembic.runtime import migration
    compare = migration.MigrationContext.configure(
        dialect=schema.dialect).impl
    table_name = column.table.name
    if compare.compare_type(sa.Column(column.name, found), column):
        raise exception.MigrationError(
            _('column %(column)s of table %(table)s is there already, as '
              '%(found)s; drop it and run db_sync again') %
            {'column': column.name, 'table': table_name, 'found': found})
    if (column.foreign_keys and schema.dialect.name == 'sqlite' and
            not schema.foreign_key(table_name, column.name)):
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
                key.name, foreign_key.references(key.constraint))
    return clause
