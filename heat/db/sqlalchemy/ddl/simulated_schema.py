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

"""What a database will have, when what was recorded has been sent."""

import sqlalchemy as sa
from sqlalchemy import exc

from heat.db.sqlalchemy.ddl import schema


class SimulatedSchema(schema.Questions):
    """A schema that recorded operations change.

    It starts as the schema of a database, or empty. Each operation tells it
    what is there afterwards, whether or not that was there before.

    :ivar rows: the Schema of a database whose rows it has; None if nothing is
        known of them
    :param dialect: of the database
    :param live: the Schema of the database; None is an empty one
    :param collation: of the table stack, which no version says; None takes
        that of the database
    """

    def __init__(self, dialect, live=None, collation=None):
        self.dialect = dialect
        self._live = live
        self._collation = collation
        self.rows = live
        self._tables = {}
        self._named = None
        self._asked = set()
        # {(table, column): value} of columns that the database does not have:
        # True if they have a value in all rows, False if in none, None if
        # there are no rows.
        self._new = {}

    def table(self, name):
        if name not in self._tables:
            self._tables[name] = self._live and self._live.table(name)
        return self._tables[name]

    def _existing(self, name):
        table = self.table(name)
        if table is None:
            # As the database itself would tell; see engine/session.py.
            raise exc.NoSuchTableError(name)
        return table

    def primary_key_name(self, table_name):
        live = self._live or self._named
        return (live.primary_key_name(table_name)
                if live and live.has_table(table_name)
                else table_name + '_pkey')

    def is_invalid_index(self, name):
        return bool(self._live) and self._live.is_invalid_index(name)

    def is_taken(self, name):
        return bool(self._live) and self._live.is_taken(name)

    def is_partitioned(self, table_name):
        return bool(self._live) and self._live.is_partitioned(table_name)

    def take_rows(self, live):
        """Forget about new columns: rows are those of a database now.

        :param live: its Schema; None if nothing is known of them
        """
        self.rows = live
        self._new = {}

    def take_names(self, live):
        """Let keys be called as in a database, where it has the same.

        :param live: its Schema; None changes nothing
        """
        self._named = live
        for name, table in self._tables.items():
            if live and table:
                table.foreign_keys[:] = [
                    self._as_named(live, name, key)
                    for key in table.foreign_keys]

    def _as_named(self, live, name, key):
        found = live.foreign_key(name, *key.columns)
        return key._replace(name=found.name) if found else key

    def is_asked_first(self, *question):
        """Tell whether no version before has asked that of the rows."""
        is_first = question not in self._asked
        self._asked.add(question)
        return is_first

    def has_values(self, table_name, column_name):
        if (table_name, column_name) in self._new:
            return bool(self._new[table_name, column_name])
        if not self.rows:
            return self.has_column(table_name, column_name)
        return self.rows.has_values(table_name, column_name)

    def has_empty(self, table_name, column_name):
        if (table_name, column_name) in self._new:
            return self._new[table_name, column_name] is False
        return not self.rows or self.rows.has_empty(table_name, column_name)

    def count(self, query, table_name, column=None):
        """Return what a database has now; None if that is not known."""
        is_known = self.rows and self.rows.has_table(table_name) and (
            column is None or self.rows.has_column(table_name, column))
        return self.rows.count(query, table_name) if is_known else None

    def finds(self, query):
        return bool(self._live) and self._live.finds(query)

    def collation(self, table_name):
        return self._collation or (
            self._live and self._live.collation(table_name))

    def definitions(self, table_name):
        return self._live.definitions(table_name) if self._live else {}

    def create_table(self, table):
        """Note that a table is as a sqlalchemy.Table says.

        Indexes of others stay.
        """
        before = self.indexes(table.name)
        if not self.has_table(table.name):
            self._new.update(((table.name, name), None)
                             for name in table.columns.keys())
        self._tables[table.name] = schema.Table(
            {}, {}, [], table.primary_key.columns.keys())
        for column in table.columns:
            self._set_column(table.name, column)
        self._add_unique_constraints(table)
        numbered = 0
        for key in _in_order(table):
            numbered += key.name is None
            self.add_foreign_key(
                table.name, key, key.name or self._default_name(
                    table.name, key, numbered))
        for index in table.indexes:
            self.add_index(table.name, index.name, index.columns.keys())
        indexes = self.indexes(table.name)
        indexes.update({
            name: columns for name, columns in before.items()
            if name not in indexes and columns not in indexes.values() and
            set(columns) <= self.columns(table.name).keys()})

    def drop_table(self, name):
        self._tables[name] = None

    def rename_table(self, name, new_name):
        self._tables[new_name] = self._existing(name)
        self._tables[name] = None

    def set_column(self, table_name, column):
        """Note that a column is as a sqlalchemy.Column says."""
        if not self.has_column(table_name, column.name):
            self._new[table_name, column.name] = bool(column.server_default)
        self._set_column(table_name, column)

    def _set_column(self, table_name, column):
        self._existing(table_name).columns[column.name] = schema.Column(
            column.type, column.nullable, bool(column.server_default))

    def drop_column(self, table_name, name):
        table = self._existing(table_name)
        table.columns.pop(name, None)
        self.drop_foreign_key(table_name, name)
        for index, columns in list(table.indexes.items()):
            if name in columns:
                del table.indexes[index]

    def add_index(self, table_name, name, columns):
        self._existing(table_name).indexes[name] = list(columns)

    def add_foreign_key(self, table_name, key, name=None):
        """Note a foreign key, and the index that MySQL makes for it.

        :param key: a sqlalchemy.ForeignKeyConstraint
        """
        columns = tuple(key.column_keys)
        self.drop_foreign_key(table_name, *columns)
        table = self._existing(table_name)
        table.foreign_keys.append(schema.ForeignKey(
            columns, key.elements[0].target_fullname, key.ondelete,
            name or key.name))
        if self.dialect.name == 'mysql' and not any(
                tuple(found[:len(columns)]) == columns for found in
                [table.primary_key, *table.indexes.values()]):
            self.add_index(table_name, key.name or columns[0], columns)

    def drop_foreign_key(self, table_name, *columns):
        keys = self._existing(table_name).foreign_keys
        keys[:] = [key for key in keys if key.columns != columns]

    def _default_name(self, table_name, key, number):
        return {'mysql': '%s_ibfk_%d' % (table_name, number),
                'postgresql': '%s_%s_fkey' % (
                    table_name, '_'.join(key.column_keys))
                }.get(self.dialect.name)

    def _add_unique_constraints(self, table):
        for key in table.constraints:
            if (isinstance(key, sa.UniqueConstraint) and
                    self.dialect.name != 'sqlite'):
                self.add_index(table.name, key.name, key.columns.keys())


def _in_order(table):
    """Return the foreign keys as CREATE TABLE has them, which MySQL counts."""
    return sorted(table.foreign_key_constraints, key=lambda key: [
        table.columns.keys().index(name) for name in key.column_keys])
