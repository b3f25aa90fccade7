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

"""What a database holds, as plain values that tests can compare."""

import re

import sqlalchemy as sa

VERSION_TABLE = 'migrate_version'


def describe(engine):
    """Return {(table, kind, name): description} of a whole schema.

    Left out are CHECKs, which servers of Kilo's time did not store and
    Heat's table copies doubled on SQLite, and the order of columns.
    """
    found = {}
    with engine.connect() as conn:
        inspector = sa.inspect(conn)
        for table in inspector.get_table_names():
            for kind, name, description in _describe_table(
                    conn, inspector, table):
                found[table, kind, name] = description
        if engine.name == 'postgresql':
            for name, owner in conn.execute(sa.text(_SEQUENCES)):
                found[name, 'sequence', owner] = True
    return found


def rows(engine):
    """Return {table: [row, ...]}, values as the driver gives them."""
    with engine.connect() as conn:
        return {table: sorted(
            ({key: bytes(value) if isinstance(value, memoryview) else value
              for key, value in row.items()} for row in
             conn.exec_driver_sql('SELECT * FROM %s' % table).mappings()),
            key=repr) for table in sa.inspect(conn).get_table_names()}


def difference(expected, found):
    """Return what differs, as {key: (expected, found)}; equal gives {}."""
    return {key: (expected.get(key), found.get(key))
            for key in expected.keys() | found.keys()
            if expected.get(key) != found.get(key)}


# Sequences with the column that owns them.
_SEQUENCES = '''
    SELECT c.relname, d.refobjid::regclass || '.' || a.attname
    FROM pg_class c
    LEFT JOIN pg_depend d ON d.objid = c.oid AND d.deptype = 'a'
    LEFT JOIN pg_attribute a
        ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
    WHERE c.relkind = 'S' '''


def _describe_table(conn, inspector, table):
    for column in inspector.get_columns(table):
        yield 'column', column['name'], (
            column['type'].compile(dialect=conn.dialect),
            column['nullable'], column['default'],
            column.get('autoincrement') is True)
    key = inspector.get_pk_constraint(table)
    yield 'primary key', key['name'], key['constrained_columns']
    foreign_keys = inspector.get_foreign_keys(table)
    if conn.dialect.name == 'sqlite':
        _name_inline_foreign_keys(conn, table, foreign_keys)
    for key in foreign_keys:
        # Without a name, all that can tell it is what it is.
        name = key['name'] or tuple(key['constrained_columns'])
        yield 'foreign key', name, (
            key['constrained_columns'], key['referred_table'],
            key['referred_columns'], key['options'])
    for index in inspector.get_indexes(table):
        yield 'index', index['name'], (
            index['column_names'], bool(index['unique']),
            index.get('dialect_options', {}).get('mysql_length'))
    for key in inspector.get_unique_constraints(table):
        yield 'unique', key['name'], key['column_names']
    # sqlalchemy-migrate makes its table with the default of the database.
    if conn.dialect.name == 'mysql' and table != VERSION_TABLE:
        options = inspector.get_table_options(table)
        yield 'table', 'options', (options['mysql_engine'],
                                   options['mysql_collate'])


def _name_inline_foreign_keys(conn, table, foreign_keys):
    """SQLAlchemy 1.4 does not see the names of keys within a column."""
    sql = conn.exec_driver_sql(
        "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?",
        (table,)).scalar()
    names = dict(re.findall(
        r'(\w+) INTEGER CONSTRAINT (\w+) REFERENCES', sql))
    for key in foreign_keys:
        key['name'] = key['name'] or names.get(key['constrained_columns'][0])
