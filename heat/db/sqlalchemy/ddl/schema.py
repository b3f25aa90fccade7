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

import collections

import sqlalchemy as sa

from heat.common.i18n import _
from heat.db import exception

# type is one of SQLAlchemy; has_default: also if the database numbers it.
Column = collections.namedtuple('Column', 'type nullable has_default')

# columns: a tuple of names; target: 'table.column'; on_delete: None, or such
# as 'CASCADE'; name: None if it has none (SQLite).
ForeignKey = collections.namedtuple('ForeignKey',
                                    'columns target on_delete name')

# columns: {name: Column}; indexes: {name: [column, ...]}, with those of
# unique constraints; foreign_keys: a list; primary_key: a list of names.
Table = collections.namedtuple('Table',
                               'columns indexes foreign_keys primary_key')

EMPTY = Table({}, {}, [], [])


class Questions:
    """What schema changes ask; a subclass knows the tables.

    :ivar dialect: of the database
    """

    def table(self, name):
        """Return a Table; None if there is none of that name.

        :raises heat.db.exception.MigrationError: there is a view of that name
        """
        raise NotImplementedError

    def _table(self, name):
        return self.table(name) or EMPTY

    def has_table(self, name):
        return self.table(name) is not None

    def columns(self, table_name):
        """Return the Columns of a table, by name."""
        return self._table(table_name).columns

    def has_column(self, table_name, name):
        return name in self.columns(table_name)

    def column(self, table_name, name):
        """Return a Column that has to be there.

        :raises heat.db.exception.MigrationError: it is not there
        """
        if not self.has_column(table_name, name):
            raise exception.MigrationError(
                _('there is no column %(column)s of table %(table)s, though '
                  'there is one at the version of the database: it is a '
                  'broken copy; restore a backup') %
                {'column': name, 'table': table_name})
        return self.columns(table_name)[name]

    def column_type(self, table_name, name):
        """Return the type of a column; None if there is no such column."""
        column = self.columns(table_name).get(name)
        return column and column.type

    def has_integer(self, table_name, name):
        """Tell whether there is a column, and it is one of integers."""
        return isinstance(self.column_type(table_name, name), sa.Integer)

    def indexes(self, table_name):
        """Return the names of the columns of a table's indexes, by name."""
        return self._table(table_name).indexes

    def has_index(self, table_name, name):
        return name in self.indexes(table_name)

    def primary_key(self, table_name):
        """Return the names of the columns of a primary key."""
        return self._table(table_name).primary_key

    def quoted(self, name):
        """Return a name of someone else's choice, as statements take it."""
        return self.dialect.identifier_preparer.quote(name)

    def foreign_key(self, table_name, *columns):
        """Return the ForeignKey of columns; None if there is none."""
        return next((key for key in self._table(table_name).foreign_keys
                     if key.columns == columns), None)


class Schema(Questions):
    """What the database behind a connection has now.

    A view is no table, and nothing is changed where there is one in place of a
    table: all questions about it raise MigrationError.
    """

    def __init__(self, conn):
        self.conn = conn
        self.dialect = conn.dialect
        self._inspector = sa.inspect(conn)

    def has_table(self, name):
        if name in self._inspector.get_view_names():
            raise exception.MigrationError(
                _('%s is a view where a table is to be; drop it, or restore '
                  'the table, and run db_sync again') % name)
        # Not in another schema of PostgreSQL's search_path.
        return name in self._inspector.get_table_names()

    def table(self, name):
        if not self.has_table(name):
            return None
        key = self._inspector.get_pk_constraint(name)
        return Table(self._columns(name), self._indexes(name),
                     self._foreign_keys(name), key['constrained_columns'])

    def indexes(self, table_name):
        # To read all that a table has takes more statements.
        if not self.has_table(table_name):
            return {}
        return self._indexes(table_name)

    def _columns(self, name):
        return {column['name']: Column(
            column['type'], column['nullable'],
            column['default'] not in (None, 'NULL') or
            column.get('autoincrement') is True)
            for column in self._inspector.get_columns(name)}

    def _indexes(self, name):
        return {index['name']: index['column_names']
                for index in self._inspector.get_indexes(name)}

    def _foreign_keys(self, name):
        return [ForeignKey(
            tuple(key['constrained_columns']),
            '%s.%s' % (key['referred_table'],
                       ', '.join(key['referred_columns'])),
            (key.get('options') or {}).get('ondelete'), key['name'])
            for key in self._inspector.get_foreign_keys(name)]

    def primary_key_name(self, table_name):
        return self._inspector.get_pk_constraint(table_name)['name']

    def is_invalid_index(self, name):
        """Tell whether a CREATE INDEX CONCURRENTLY has died (PostgreSQL)."""
        return self.dialect.name == 'postgresql' and bool(
            self.conn.execute(sa.text(
                'SELECT 1 FROM pg_index JOIN pg_class ON '
                'pg_class.oid = indexrelid WHERE NOT indisvalid AND '
                'relname = :name AND pg_table_is_visible(indexrelid)'),
                {'name': name}).scalar())

    def is_taken(self, name):
        """Tell whether something in the schema has a name (PostgreSQL)."""
        return self.dialect.name == 'postgresql' and self.finds(sa.text(
            'SELECT 1 FROM pg_class WHERE relname = :name AND '
            'relnamespace = current_schema()::regnamespace'
        ).bindparams(name=name))

    def is_partitioned(self, table_name):
        """Tell whether MySQL keeps a table in parts."""
        return self.finds(sa.text(
            'SELECT 1 FROM information_schema.tables '
            'WHERE table_schema = DATABASE() AND table_name = :name '
            "AND create_options LIKE '%partitioned%'"
        ).bindparams(name=table_name))

    def has_values(self, table_name, column_name):
        """Tell whether a column is there and not NULL in some row."""
        return self.has_column(table_name, column_name) and self.finds(
            sa.text('SELECT 1 FROM %s WHERE %s IS NOT NULL LIMIT 1' %
                    (table_name, column_name)))

    def has_empty(self, table_name, column_name):
        """Tell whether a column is NULL in some row."""
        return self.has_column(table_name, column_name) and self.finds(
            sa.text('SELECT 1 FROM %s WHERE %s IS NULL LIMIT 1' %
                    (table_name, column_name)))

    def count(self, query, table_name, column=None):
        """Return the number that a SELECT has as its result."""
        return self.conn.execute(sa.text(query)).scalar()

    def finds(self, query):
        """Tell whether a SELECT has a result."""
        return self.conn.execute(query).first() is not None

    def collation(self, table_name):
        """Return the collation of the id of a table, a text (MySQL).

        It need not be that of the table, which counts for new columns.

        :returns: None if there is no such table, and on other engines
        """
        if self.dialect.name != 'mysql':
            return None
        return self.conn.execute(sa.text(
            'SELECT collation_name FROM information_schema.columns '
            "WHERE table_schema = DATABASE() AND column_name = 'id' "
            'AND table_name = :name'), {'name': table_name}).scalar()

    def definitions(self, table_name):
        """Return what makes indexes and triggers, by their names (SQLite)."""
        return dict(self.conn.execute(sa.text(
            'SELECT name, sql FROM sqlite_master '
            "WHERE type IN ('index', 'trigger') "
            'AND tbl_name = :name AND sql IS NOT NULL ORDER BY name'),
            {'name': table_name}).all())
