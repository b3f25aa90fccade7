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

"""Letting a column hold longer texts."""

from heat.db.sqlalchemy.ddl.change import apply
from heat.db.sqlalchemy.ddl.copy_table import copy_table
from heat.db.sqlalchemy.ddl import dependents


def widen_column(engine, table, column_name):
    """Give a nullable column of a table a larger type.

    PostgreSQL changes that in place, from VARCHAR to TEXT; MariaDB, MySQL and
    SQLite copy the table, and others can not write to it meanwhile.

    :param table: a sqlalchemy.Table: how it is to be
    :raises heat.db.exception.MigrationError: others need the column as it is
    """
    column = table.columns[column_name]

    def compiled(type_):
        return type_.compile(dialect=engine.dialect).split()[0]

    def is_needed(schema):
        return (compiled(schema.column(table.name, column_name).type) !=
                compiled(column.type))

    change = {'mysql': 'MODIFY %s %s', 'postgresql': 'ALTER COLUMN %s TYPE %s'}

    def missing(schema):
        if is_needed(schema):
            yield 'ALTER TABLE %s %s' % (
                table.name, change[engine.name] % (
                    column_name, compiled(column.type)))

    if engine.name == 'sqlite':
        copy_table(engine, table, is_needed)
    else:
        dependents.refuse_dependents(engine, dependents.WIDENED, table.name,
                                     column_name, only_if=is_needed)
        apply(engine, missing,
              lambda schema: schema.set_column(table.name, column))
