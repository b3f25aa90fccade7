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

"""What a database has, as far as schema changes ask."""

import sqlalchemy as sa


def copy_name(table_name):
    """Return how sqlalchemy-migrate named the copy of a table on SQLite."""
    return table_name + '__tmp__'


class Schema:
    """What the database behind a connection has now."""

    def __init__(self, conn):
        self.conn = conn
        self._inspector = sa.inspect(conn)

    def has_table(self, name):
        return self._inspector.has_table(name)

    def _real_name(self, table_name):
        """Tell where the table is now: its copy is renamed first."""
        copy = copy_name(table_name)
        return table_name if (self.has_table(table_name) or
                              not self.has_table(copy)) else copy

    def columns(self, table_name):
        """Return the types of a table's columns, by name."""
        return {column['name']: column['type'] for column in
                self._inspector.get_columns(self._real_name(table_name))}

    def has_column(self, table_name, name):
        return name in self.columns(table_name)

    def indexes(self, table_name):
        """Return the names of the columns of a table's indexes, by name."""
        return {index['name']: index['column_names']
                for index in self._inspector.get_indexes(
                    self._real_name(table_name))}

    def has_index(self, table_name, name):
        return name in self.indexes(table_name)

    def foreign_keys(self, table_name):
        """Return the names of foreign keys, by their columns."""
        return {tuple(key['constrained_columns']): key['name']
                for key in self._inspector.get_foreign_keys(
                    self._real_name(table_name))}

    def is_invalid_index(self, name):
        """Tell whether a CREATE INDEX CONCURRENTLY has died (PostgreSQL)."""
        return self.conn.dialect.name == 'postgresql' and bool(
            self.conn.execute(sa.text(
                'SELECT 1 FROM pg_index WHERE NOT indisvalid '
                'AND indexrelid = to_regclass(:name)'),
                {'name': name}).scalar())

    def has_values(self, table_name, column_name):
        """Tell whether a column is there and not NULL in some row."""
        return self.has_column(table_name, column_name) and bool(
            self.conn.exec_driver_sql(
                'SELECT 1 FROM %s WHERE %s IS NOT NULL LIMIT 1' %
                (table_name, column_name)).scalar())

    def finds(self, query):
        """Tell whether a SELECT has a result."""
        return self.conn.execute(query).first() is not None

    def collation(self, table_name):
        """Return the collation of a table; None if there is none (MySQL)."""
        if not self.has_table(table_name):
            return None
        return self._inspector.get_table_options(table_name).get(
            'mysql_collate')


class Clean:
    """What a database has that is exactly at the version before a script.

    Nothing of what the script makes is there; all of what it drops, or needs
    to be there, is.

    :param schema: the Schema to take the collation from, which no version
        says; None is a database that no one has converted
    """

    def __init__(self, schema=None):
        self._schema = schema

    def has_table(self, name):
        return False

    def columns(self, table_name):
        return {}

    def has_column(self, table_name, name):
        return True

    def indexes(self, table_name):
        return {}

    def has_index(self, table_name, name):
        return True

    def foreign_keys(self, table_name):
        return {}

    def is_invalid_index(self, name):
        return False

    def has_values(self, table_name, column_name):
        return False

    def finds(self, query):
        return False

    def collation(self, table_name):
        return self._schema and self._schema.collation(table_name)
