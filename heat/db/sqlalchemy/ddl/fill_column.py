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

"""Adding a column that has the same value in every row."""

import sqlalchemy as sa

from heat.db.sqlalchemy.ddl.add_columns import add_columns
from heat.db.sqlalchemy.ddl.change import apply
from heat.db.sqlalchemy.ddl.change_rows import change_rows


def add_filled_column(engine, key, column, value):
    """Add a nullable column, with a value in each row that is there.

    MariaDB, MySQL and PostgreSQL write no row for that: they take a default
    that comes with the column, and keep it for the rows that were there when
    it is dropped. On SQLite it could not be dropped.

    :param key: the column that is the primary key of the table
    :param value: False or a number
    """
    table_name = key.table.name
    table = sa.table(table_name, sa.column(key.name, key.type),
                     sa.column(column.name, column.type))
    if engine.name == 'sqlite':
        add_columns(engine, table_name, column)
    else:
        add_columns(engine, table_name, sa.Column(
            column.name, column.type, server_default=sa.text(str(value))))
        _drop_default(engine, table_name, column)
    # On the servers, too: a run may have died that wrote to all rows, or
    # someone has inserted a row without the default.
    change_rows(
        engine, table.c[key.name], lambda batch: [table.update().where(
            batch, table.c[column.name].is_(None)
        ).values({column.name: value})],
        only_if=lambda schema: schema.has_empty(table_name, column.name))


def _drop_default(engine, table_name, column):
    # MariaDB would want a value for a column that has no default at all.
    change = {'mysql': 'SET DEFAULT NULL',
              'postgresql': 'DROP DEFAULT'}[engine.name]

    def present(schema):
        if schema.column(table_name, column.name).has_default:
            yield 'ALTER TABLE %s ALTER COLUMN %s %s' % (
                table_name, column.name, change)

    apply(engine, present,
          lambda schema: schema.set_column(table_name, column))
