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

"""Schema changes for version scripts, safe to run again after a crash.

A version script may die between any two statements, and its version number
is stored in a transaction of its own. So each change here looks at the
database first and sends only what is missing. Scripts of the past rely on
what these functions do: extend them, but do not change their results.
"""

import contextlib

import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy import schema
from sqlalchemy import types

from heat.common import exception
from heat.common.i18n import _

# MySQL's TEXT ends at 65,535 bytes.
LongText = types.Text().with_variant(mysql.LONGTEXT(), 'mysql')


def create_table(engine, table):
    """Create a table and its indexes, or what of them is missing.

    :raises heat.common.exception.MigrationError: there is a table of that
        name with other columns
    """
    with engine.begin() as conn:
        if sa.inspect(conn).has_table(table.name):
            _require_same_columns(conn, table)
        else:
            if engine.name == 'mysql':
                _use_collation_of_stack(conn, table)
            conn.execute(schema.CreateTable(table))
        present = _index_columns(conn, table.name)
        for index in sorted(table.indexes, key=lambda index: index.name):
            if index.name not in present:
                conn.execute(schema.CreateIndex(index))


def add_columns(engine, table_name, *columns):
    """Add nullable columns with their foreign keys; no row is rewritten.

    All columns come in one ALTER TABLE (SQLite: one each), so that there is
    only one short wait for the lock on the table.

    :param columns: a column with a foreign key has an integer type, refers to
        the only key of another table and names the constraint
    """
    # A column can be compiled only as part of a table.
    sa.Table(table_name, sa.MetaData(), *columns)
    with engine.begin() as conn:
        present = _column_names(conn, table_name)
        clauses = [_add_column_clause(engine.dialect, column)
                   for column in columns if column.name not in present]
        if engine.name != 'sqlite' and clauses:
            clauses = [', '.join(clauses)]
        for clause in clauses:
            conn.exec_driver_sql('ALTER TABLE %s %s' % (table_name, clause))
    for column in columns:
        for key in column.foreign_keys:
            add_foreign_key(engine, table_name, column.name, key)


def drop_column(engine, table_name, column_name):
    """Drop a column; SQLite can do that from 3.35 on."""
    with engine.begin() as conn:
        if column_name in _column_names(conn, table_name):
            conn.exec_driver_sql('ALTER TABLE %s DROP COLUMN %s' %
                                 (table_name, column_name))


def create_index(engine, name, table_name, column_name, **options):
    """Create an index on a table in use, without blocking its writers.

    :param options: options of sqlalchemy.Index, such as mysql_length
    :raises heat.common.exception.MigrationError: there is an index of that
        name on something else
    """
    table = sa.Table(table_name, sa.MetaData(), sa.Column(column_name))
    index = sa.Index(name, table.c[column_name],
                     postgresql_concurrently=True, **options)
    # CREATE INDEX CONCURRENTLY must be outside of a transaction, and waits
    # for every older one: nothing else may be open here.
    with _autocommit(engine) as conn:
        if engine.name == 'postgresql':
            _drop_invalid_index(conn, name)
        found = _index_columns(conn, table_name).get(name)
        if found is None:
            conn.execute(schema.CreateIndex(index))
        elif found != [column_name]:
            raise exception.MigrationError(
                _('there is an index %(name)s on another column than '
                  '%(column)s; drop it and run db_sync again') %
                {'name': name, 'column': column_name})


def add_foreign_key(engine, table_name, column_name, key):
    """Make a column a foreign key without blocking writers for long.

    On MySQL its index comes with it, under the name of the constraint. On
    SQLite the key can only come with its column, from add_columns.

    :param key: a sqlalchemy.ForeignKey with a name
    :raises heat.common.exception.MigrationError: the column is there, but
        SQLite can not add the key to it
    """
    with engine.connect() as conn:
        names = {tuple(found['constrained_columns']): found['name']
                 for found in sa.inspect(conn).get_foreign_keys(table_name)}
    is_there = (column_name,) in names
    if engine.name == 'postgresql':
        if not is_there:
            _execute(engine, _foreign_key_clause(table_name, column_name, key)
                     + ' NOT VALID')
        # Reads the table, but lets everyone else write to it. To repeat it
        # on a valid key does nothing.
        _execute(engine, 'ALTER TABLE %s VALIDATE CONSTRAINT %s' %
                 (table_name, names.get((column_name,), key.name)))
    elif is_there:
        return
    elif engine.name == 'mysql':
        create_index(engine, key.name, table_name, column_name)
        _add_mysql_foreign_key(engine, table_name, column_name, key)
    else:
        raise exception.MigrationError(
            _('column %(column)s of table %(table)s was not made by '
              'heat-manage: it has no foreign key; drop it and run db_sync '
              'again') % {'column': column_name, 'table': table_name})


def batches(engine, key, size=1000):
    """Go through a table in the order of its key, some rows at a time.

    So a change to a large table holds few locks at once, none for long, and
    is not one huge write set on Galera.

    :param key: the column that is the primary key
    :returns: yields for each batch the condition that a row is in it
    """
    page = sa.select(key).order_by(key).limit(size)
    with engine.connect() as conn:
        keys = conn.execute(page).scalars().all()
    while keys:
        yield key.between(keys[0], keys[-1])
        with engine.connect() as conn:
            keys = conn.execute(page.where(key > keys[-1])).scalars().all()


def _execute(engine, statement):
    with engine.begin() as conn:
        conn.exec_driver_sql(statement)


@contextlib.contextmanager
def _autocommit(engine):
    with engine.connect() as conn:
        yield conn.execution_options(isolation_level='AUTOCOMMIT')


def _column_names(conn, table_name):
    return [column['name']
            for column in sa.inspect(conn).get_columns(table_name)]


def _index_columns(conn, table_name):
    return {index['name']: index['column_names']
            for index in sa.inspect(conn).get_indexes(table_name)}


def _require_same_columns(conn, table):
    found = set(_column_names(conn, table.name))
    if found != set(table.columns.keys()):
        raise exception.MigrationError(
            _('table %(table)s is there already, with other columns '
              '(%(columns)s); a database older than Juno (version 046) is '
              "brought there by Juno's own heat-manage first") %
            {'table': table.name, 'columns': ', '.join(
                sorted(found ^ set(table.columns.keys())))})


def _use_collation_of_stack(conn, table):
    """A string key and what it refers to must have the same collation."""
    collation = conn.exec_driver_sql(
        'SELECT table_collation FROM information_schema.tables '
        "WHERE table_schema = DATABASE() AND table_name = 'stack'").scalar()
    if collation:
        table.kwargs['mysql_charset'] = collation.partition('_')[0]
        table.kwargs['mysql_collate'] = collation


def _add_column_clause(dialect, column):
    clause = 'ADD COLUMN %s' % schema.CreateColumn(column).compile(
        dialect=dialect)
    if dialect.name == 'sqlite':
        for key in column.foreign_keys:
            clause += ' CONSTRAINT %s %s' % (key.name, _references(key))
    return clause


def _references(key):
    table_name, column_name = key.target_fullname.split('.')
    return 'REFERENCES %s (%s)' % (table_name, column_name)


def _foreign_key_clause(table_name, column_name, key):
    return 'ALTER TABLE %s ADD CONSTRAINT %s FOREIGN KEY (%s) %s' % (
        table_name, key.name, column_name, _references(key))


def _add_mysql_foreign_key(engine, table_name, column_name, key):
    """Add a key in place; with checks on, MySQL copies the whole table.

    A column without values, as add_columns makes it, needs no check.
    """
    with engine.connect() as conn:
        used = conn.exec_driver_sql(
            'SELECT 1 FROM %s WHERE %s IS NOT NULL LIMIT 1' %
            (table_name, column_name)).scalar()
        if not used:
            conn.exec_driver_sql('SET SESSION foreign_key_checks = 0')
        try:
            conn.exec_driver_sql(
                _foreign_key_clause(table_name, column_name, key))
        finally:
            conn.exec_driver_sql('SET SESSION foreign_key_checks = 1')


def _drop_invalid_index(conn, name):
    """Remove what a CREATE INDEX CONCURRENTLY that died has left."""
    if conn.execute(sa.text(
            'SELECT 1 FROM pg_index WHERE NOT indisvalid '
            'AND indexrelid = to_regclass(:name)'), {'name': name}).scalar():
        conn.exec_driver_sql('DROP INDEX CONCURRENTLY %s' % name)
