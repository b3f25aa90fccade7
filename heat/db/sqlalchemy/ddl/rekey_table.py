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

"""Giving a table an integer key in place of a text.

The old key becomes a column of its own, and another table that refers to it
follows. The names in between are those of Heat's own migration, so that what
it has left half done is finished, too.
"""

import collections

import sqlalchemy as sa

from heat.common.i18n import _
from heat.db.sqlalchemy.ddl.change import apply
from heat.db.sqlalchemy.ddl.change import look
from heat.db.sqlalchemy.ddl.change_rows import change_rows
from heat.db.sqlalchemy.ddl.copy_table import copy_table
from heat.db.sqlalchemy.ddl.create_table import create_table
from heat.db.sqlalchemy.ddl import foreign_key
from heat.db.sqlalchemy.ddl.orphans import clear_orphans
from heat.db.sqlalchemy.ddl.rekey_checks import old_reference
from heat.db.sqlalchemy.ddl.rekey_checks import OLD_REFERENCE
from heat.db.sqlalchemy.ddl.rekey_checks import refuse_what_is_in_the_way
from heat.db.sqlalchemy.ddl.swap_keys import alter
from heat.db.sqlalchemy.ddl.swap_keys import has_old_key
from heat.db.sqlalchemy.ddl.swap_keys import NEW_KEY
from heat.db.sqlalchemy.ddl.swap_keys import swap_keys
from heat.db.sqlalchemy.ddl.tell import teller
from heat.db.sqlalchemy.ddl.update_from import UpdateFrom

# table: with the new key, id, and the old one; old_key: what id is called
# afterwards; child: the table that refers to it, with an id; column: in which
# it does; sequence: that PostgreSQL counts from.
Rekeying = collections.namedtuple(
    'Rekeying', 'table old_key child column sequence')


def rekey_table(engine, rekeying):
    """Count the rows of a table in the order of created_at, 1, 2, ...

    On MariaDB, MySQL and PostgreSQL, rows are numbered in batches, and the
    old key keeps its values where they are; the swap itself needs the table
    for as long as it takes to build two indexes (MySQL: to build the table).
    SQLite copies both tables. What others insert meanwhile may stop it; it
    can be run again.

    :param rekeying: a Rekeying; its tables are as they are to be
    :raises heat.db.exception.MigrationError: rows of the child refer to rows
        that are not there, and the engine does not say to delete them; or
        others need a key or the old reference, or have made a column of
        the name
    """
    _clear_orphans(engine, rekeying)
    refuse_what_is_in_the_way(engine, rekeying)
    if engine.name == 'sqlite':
        _copy(engine, rekeying)
        return
    _tell_lost_indexes(engine, rekeying)
    _move_reference(engine, rekeying)
    _number_rows(engine, rekeying)
    swap_keys(engine, rekeying)
    _fill_reference(engine, rekeying)
    # Rows that others have inserted meanwhile.
    _clear_orphans(engine, rekeying)
    _finish_reference(engine, rekeying)


def _clear_orphans(engine, r):
    def names(schema):
        return old_reference(schema, r), (
            'id' if has_old_key(schema, r) or not schema.has_column(
                r.table.name, r.old_key) else r.old_key)

    reference, key = look(engine, names)
    if reference:
        clear_orphans(engine, '%s.%s' % (r.child.name, reference),
                      '%s.%s' % (r.table.name, key))


def _copy(engine, r):
    name = r.table.name
    copy_table(
        engine, r.table, lambda schema: has_old_key(schema, r),
        lambda schema: {
            'id': 'row_number() OVER (ORDER BY %s.created_at, %s.rowid)' % (
                name, name),
            r.old_key: name + '.id'})
    copy_table(
        engine, r.child, lambda schema: old_reference(schema, r) is not None,
        lambda schema: {r.column: name + '.id'},
        lambda schema: '%s JOIN %s ON %s.%s = %s.%s' % (
            r.child.name, name, name, r.old_key, r.child.name,
            old_reference(schema, r)),
        drops=[OLD_REFERENCE])


def _tell_lost_indexes(engine, r):
    """Tell of indexes of others, which go with the old reference."""
    for name in look(engine, lambda schema: _others_indexes(
            schema, r, r.column) if old_reference(
                schema, r) == r.column else []):
        teller(engine)(_('index %(name)s of %(table)s is dropped, as it is on '
                         'the old %(column)s') % {
            'name': name, 'table': r.child.name, 'column': r.column})


def _others_indexes(schema, r, column):
    """Return the names of indexes on a column of the child and on more."""
    return sorted(name for name, columns in schema.indexes(
        r.child.name).items() if column in columns and len(columns) > 1)


def _move_reference(engine, r):
    """Make room for the new reference, and keep the old one beside it."""
    old_type = r.table.c[r.old_key].type.compile(dialect=engine.dialect)
    rename = {
        'mysql': 'CHANGE %s %s %s' % (r.column, OLD_REFERENCE, old_type),
        'postgresql': 'RENAME %s TO %s' % (r.column, OLD_REFERENCE)}
    drop = {'mysql': 'DROP FOREIGN KEY', 'postgresql': 'DROP CONSTRAINT'}

    def missing(schema):
        if old_reference(schema, r) == r.column:
            key = schema.foreign_key(r.child.name, r.column)
            if key:
                yield alter(r.child, drop[engine.name] + ' ' +
                            schema.quoted(key.name))
            yield alter(r.child, rename[engine.name])
        elif schema.has_column(r.child.name, r.column):
            return
        yield alter(r.child, 'ADD COLUMN %s INTEGER' % r.column)

    def effect(schema):
        if old_reference(schema, r) == r.column:
            schema.drop_column(r.child.name, r.column)
            schema.set_column(r.child.name, sa.Column(
                OLD_REFERENCE, r.table.c[r.old_key].type))
        schema.set_column(r.child.name, sa.Column(r.column, sa.Integer))

    apply(engine, missing, effect)


def _number_rows(engine, r):
    """Store the new key of each row beside the old one.

    The numbers come from a table of their own: to count the rows for each
    batch would take too long.
    """
    if not look(engine, lambda schema: has_old_key(schema, r)):
        return
    numbers = sa.Table(
        r.table.name + '_number', sa.MetaData(),
        sa.Column('number', sa.Integer, primary_key=True,
                  autoincrement=False),
        sa.Column('id', r.table.c[r.old_key].type, nullable=False),
        sa.Index('ix_%s_number_id' % r.table.name, 'id', unique=True),
        mysql_engine='InnoDB', mysql_charset='utf8mb3')
    old_table = sa.Table(r.table.name, sa.MetaData(), sa.Column(
        'id', r.table.c[r.old_key].type, primary_key=True))

    def room(schema):
        if not schema.has_column(r.table.name, NEW_KEY):
            yield alter(r.table, 'ADD COLUMN %s INTEGER' % NEW_KEY)
        if schema.has_column(r.table.name, r.old_key):
            # Heat's copy of the old key, complete or not.
            yield alter(r.table, 'DROP COLUMN ' + r.old_key)

    def counted(schema):
        yield 'DELETE FROM ' + numbers.name
        yield ('INSERT INTO %s (number, id) SELECT row_number() OVER '
               '(ORDER BY created_at, id), id FROM %s' % (
                   numbers.name, r.table.name))

    apply(engine, room, lambda schema: schema.set_column(
        r.table.name, sa.Column(NEW_KEY, sa.Integer)))
    create_table(engine, numbers)
    apply(engine, counted, lambda schema: None)
    change_rows(engine, old_table.c.id, lambda batch: [UpdateFrom(
        old_table, numbers, sa.and_(numbers.c.id == old_table.c.id, batch),
        {NEW_KEY: numbers.c.number})])


def _fill_reference(engine, r):
    child = sa.Table(r.child.name, sa.MetaData(),
                     sa.Column('id', sa.Integer, primary_key=True),
                     sa.Column(OLD_REFERENCE, sa.String))
    change_rows(engine, child.c.id, lambda batch: [UpdateFrom(
        child, r.table, sa.and_(
            r.table.c[r.old_key] == child.c[OLD_REFERENCE], batch),
        {r.column: r.table.c.id})],
        only_if=lambda schema: schema.has_column(r.child.name, OLD_REFERENCE))


def _finish_reference(engine, r):
    key, = (key.constraint for key in r.child.c[r.column].foreign_keys)
    not_null = {'mysql': 'MODIFY %s INTEGER NOT NULL',
                'postgresql': 'ALTER COLUMN %s SET NOT NULL'}[engine.name]

    def missing(schema):
        clauses = []
        if schema.column(r.child.name, r.column).nullable:
            clauses.append(not_null % r.column)
        if schema.has_column(r.child.name, OLD_REFERENCE):
            clauses.append('DROP COLUMN ' + OLD_REFERENCE)
            if engine.name == 'mysql':
                # It would keep them, without the column.
                clauses += ['DROP INDEX ' + schema.quoted(name) for name in
                            _others_indexes(schema, r, OLD_REFERENCE)]
        if engine.name == 'mysql' and not schema.has_index(
                r.child.name, key.name):
            clauses.append('ADD INDEX %s (%s)' % (key.name, r.column))
        if clauses:
            yield alter(r.child, ', '.join(clauses))
        if not schema.foreign_key(r.child.name, r.column):
            yield alter(r.child, foreign_key.constraint(key))

    apply(engine, missing, lambda schema: schema.create_table(r.child))
