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

"""Changing a table of SQLite in a way that SQLite itself can not.

It is copied into a new one, within one transaction: whoever looks sees the
old one or the new one, and whoever writes waits.
See https://www.sqlite.org/lang_altertable.html#otheralter.
"""

from sqlalchemy import schema as sa_schema

from heat.common.i18n import _
from heat.db import exception
from heat.db.sqlalchemy.ddl.change import apply
from heat.db.sqlalchemy.ddl import foreign_key
from heat.db.sqlalchemy.ddl.recorder import Recorder


class ForeignStatement(str):
    """The statement for what no version script has made."""


def copy_table(engine, table, is_needed, values=None, source=None, drops=()):
    """Replace a table of SQLite by one that is defined otherwise.

    Indexes and triggers that others have made are made again. On other engines
    this does nothing.

    :param table: a sqlalchemy.Table: how it is to be
    :param is_needed: called with a Schema: whether it is not like that yet
    :param values: called with a Schema; returns {column: expression as text}
        for columns whose values are not those of the old column of that name
    :param source: called with a Schema; returns what to select from, as text;
        None is the table itself
    :param drops: names of columns that are meant to be lost
    :raises heat.db.exception.MigrationError: the table has another column
        that would be lost
    """
    def copied(schema):
        if not is_needed(schema):
            return []
        _require_known_columns(schema, table, drops)
        return list(_statements(
            schema, table, values(schema) if values else {},
            source(schema) if source else table.name))

    def recorded(schema):
        statements = copied(schema)
        if statements:
            # The client begins no transaction by itself.
            statements = ['PRAGMA foreign_keys = OFF', 'BEGIN IMMEDIATE',
                          *statements, 'COMMIT']
        return statements

    if engine.name == 'sqlite':
        apply(engine, recorded if isinstance(engine, Recorder) else copied,
              lambda schema: schema.create_table(table))


def _require_known_columns(schema, table, drops):
    lost = set(schema.columns(table.name)) - {*table.columns.keys(), *drops}
    if lost:
        raise exception.MigrationError(
            _('table %(table)s has columns that Heat does not know '
              '(%(columns)s) and that would be lost; drop them, or move them '
              'to another table, and run db_sync again') %
            {'table': table.name, 'columns': ', '.join(sorted(lost))})


def _statements(schema, table, values, source):
    copy = 'new_' + table.name
    quote = schema.dialect.identifier_preparer.quote
    present = schema.columns(table.name)
    columns = [name for name in table.columns.keys()
               if name in present or name in values]
    # A copy that died with a driver that commits each change of the schema.
    yield 'DROP TABLE IF EXISTS %s' % copy
    yield _create(schema, table, copy)
    yield 'INSERT INTO %s (%s) SELECT %s FROM %s' % (
        copy, ', '.join(map(quote, columns)), ', '.join(
            values.get(name) or '%s.%s' % (table.name, quote(name))
            for name in columns), source)
    yield 'DROP TABLE %s' % table.name
    # Views of others name a table that is not there at this moment.
    yield 'PRAGMA legacy_alter_table = ON'
    yield 'ALTER TABLE %s RENAME TO %s' % (copy, table.name)
    yield 'PRAGMA legacy_alter_table = OFF'
    for index in sorted(table.indexes, key=lambda index: index.name):
        yield sa_schema.CreateIndex(index)
    yield from _others(schema, table)


def _create(schema, table, name):
    """Return the CREATE TABLE of a copy.

    SQLAlchemy's own copy of a Table has its constraints in any order, and
    db_status compares what is sent with what was to be expected.
    """
    foreign_key.know_targets(table)
    return str(sa_schema.CreateTable(table).compile(
        dialect=schema.dialect)).strip().replace(table.name, name, 1)


def _others(schema, table):
    known = {index.name for index in table.indexes}
    for name, statement in schema.definitions(table.name).items():
        if name not in known:
            yield ForeignStatement(statement)
