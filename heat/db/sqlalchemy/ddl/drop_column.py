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

"""Dropping columns."""

from heat.common.i18n import _
from heat.db.sqlalchemy.ddl.change import apply
from heat.db.sqlalchemy.ddl.change import look
from heat.db.sqlalchemy.ddl.copy_table import copy_table
from heat.db.sqlalchemy.ddl import dependents
from heat.db.sqlalchemy.ddl.tell import teller


def drop_column(engine, table_name, column_name, without_it=None):
    """Drop a column with its foreign key and its indexes.

    SQLite drops a column in place, from 3.35 on, but not one with a key.

    :param without_it: for a column with a foreign key, the sqlalchemy.Table
        without it
    :raises heat.db.exception.MigrationError: others need the column
    """
    def present(schema):
        if schema.has_column(table_name, column_name):
            clauses = ['DROP COLUMN ' + column_name]
            key = schema.foreign_key(table_name, column_name)
            if key and engine.name == 'mysql':
                clauses.insert(0, 'DROP FOREIGN KEY ' +
                               schema.quoted(key.name))
            yield 'ALTER TABLE %s %s' % (table_name, ', '.join(clauses))

    if without_it is not None and engine.name == 'sqlite':
        copy_table(engine, without_it, lambda schema: schema.has_column(
            table_name, column_name), drops=[column_name])
        return
    dependents.refuse_dependents(
        engine, dependents.DROPPED, table_name, column_name,
        only_if=lambda schema: schema.has_column(table_name, column_name))
    for name in look(engine, lambda schema: _indexes_of_others(
            schema, table_name, column_name)):
        teller(engine)(
            _('index %(name)s of %(table)s is on the column %(column)s, which '
              'is dropped') % {'name': name, 'table': table_name,
                               'column': column_name})
    apply(engine, present,
          lambda schema: schema.drop_column(table_name, column_name))


def _indexes_of_others(schema, table_name, column_name):
    """Return the names of indexes on a column, but for that of its key."""
    has_key = schema.foreign_key(table_name, column_name)
    return sorted(name for name, columns in schema.indexes(table_name).items()
                  if column_name in columns and not (
                      has_key and columns == [column_name]))
