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

"""Rows that refer to rows that are not there."""

import sqlalchemy as sa

from heat.common.i18n import _
from heat.db.sqlalchemy.ddl import change
from heat.db.sqlalchemy.ddl.change_rows import batches
from heat.db.sqlalchemy.ddl.change_rows import change_rows
from heat.db.sqlalchemy.ddl.create_index import create_index
from heat.db.sqlalchemy.ddl.recorder import Recorder
from heat.db.sqlalchemy.ddl.refusal import refuse
from heat.db.sqlalchemy.ddl.tell import teller

# What is done with them: the execution option "orphans" of an engine.
REFUSE = 'refuse'
DELETE = 'delete'
WAYS = (REFUSE, DELETE)

_REMEDY = _('correct what they refer to, or let db_sync delete them with '
            '--orphans delete')

# Of many, so many are named.
SHOWN = 10

# Rows that are looked at by one statement. No one waits for it on a server.
_SIZE = {'sqlite': 20000, 'mysql': 100000, 'postgresql': 100000}


def clear_orphans(engine, column, target, children=()):
    """Stop a script that has changed nothing, if there are orphans.

    Or delete them in batches, if the engine says so, and tell how many. A
    Recorder that is to look for them notes in refused what it finds, once for
    all versions. Nothing is looked for in columns that are not there, or of
    types that do not match: another operation is half done.

    On PostgreSQL, the children of what is deleted get an index on what they
    refer to, which stays: the one that the last step of db_sync makes.

    :param column: 'table.column', which refers to a row of another table; the
        table has a column id
    :param target: 'table.column', to which it refers
    :param children: each a 'table.column' that refers to the id of the first
        table, and whose rows are deleted with it
    :raises heat.db.exception.MigrationError: there are some, and the engine
        does not say to delete them; the text has their number and ids of some
    """
    column, target = _column(column), _column(target)
    children = [_column(child) for child in children]
    database = _database(engine, column, target, children)
    found = database and _words(database, column, target)
    if not found:
        return
    way = engine.orphans if isinstance(engine, Recorder) else (
        engine.get_execution_options().get('orphans', REFUSE))
    if way == DELETE:
        _tell(engine, database, found, column, target, children)
        # A run that dies finds the data of an orphan by the orphan.
        for child in children:
            _delete(engine, column, target, child)
            _index(engine, child)
        _delete(engine, column, target, None)
    else:
        refuse(engine, found, _REMEDY)


def _column(text):
    table, column = text.split('.')
    return sa.table(table, *map(sa.column, {'id', column})).c[column]


def _database(engine, column, target, children):
    """Return the Engine of what is to be looked at; None for nothing."""
    pairs = [(column, target),
             *((child, column.table.c.id) for child in children)]
    if isinstance(engine, Recorder):
        rows = engine.orphans and engine.schema.rows
        is_new = engine.schema.is_asked_first(
            column.table.name, target.table.name)
        return rows.conn.engine if (
            rows and is_new and _match(rows, pairs)) else None
    is_there = change.look(engine, lambda schema: _match(schema, pairs))
    return engine if is_there else None


def _match(schema, pairs):
    """Tell whether columns are there, in pairs of types that match."""
    return all(
        schema.has_column(one.table.name, one.name) and
        schema.has_column(other.table.name, other.name) and
        schema.has_integer(one.table.name, one.name) ==
        schema.has_integer(other.table.name, other.name)
        for one, other in pairs)


def _key(column, child):
    return (column if child is None else child).table.c.id


def _orphans(batch, column, target, child):
    """Return a SELECT of the ids of orphans in a batch.

    :param child: the column that refers to them, for the ids of its rows; the
        batch is one of these then
    """
    rows = column.table
    if child is not None:
        rows = child.table.join(rows, child == rows.c.id)
    # For NOT EXISTS, MariaDB would read the whole other table.
    return sa.select(_key(column, child)).select_from(
        rows.outerjoin(target.table, target == column)).where(
        batch, column.is_not(None), target.is_(None)).correlate(None)


def _read(engine, column, target, child=None):
    """Yield the ids of orphans, or of rows of a child, some at a time."""
    key = _key(column, child)
    for batch in batches(engine, key, _SIZE[engine.name]):
        yield change.read(engine, _orphans(
            batch, column, target, child).order_by(key)).scalars().all()


def _words(engine, column, target):
    """Tell how many orphans there are, and ids of some; None for none."""
    table = column.table
    count, ids = 0, []
    for found in _read(engine, column, target):
        count += len(found)
        ids += found[:SHOWN - len(ids)]
    return count and _(
        'rows of %(table)s that refer to a row of %(target)s that is not '
        'there: %(count)d (id %(ids)s%(more)s)') % {
            'table': table.name, 'target': target.table.name, 'count': count,
            'ids': ', '.join(map(str, ids)),
            'more': ', ...' if count > SHOWN else ''}


def _tell(engine, database, found, column, target, children):
    tell = teller(engine)
    tell(_('%s; they are deleted') % found)
    for child in children:
        count = sum(map(len, _read(database, column, target, child)))
        if count:
            tell(_('rows of %(table)s that belong to them: %(count)d; they '
                   'are deleted') % {'table': child.table.name,
                                     'count': count})


def _delete(engine, column, target, child):
    """Delete orphans, or rows of a child, in batches of their own table.

    It may have no index on what it refers to.
    """
    key = _key(column, child)

    def deletion(batch):
        orphans = _orphans(batch, column, target, child)
        if engine.name != 'mysql':
            return [key.table.delete().where(key.in_(orphans))]
        # It reads a whole table for IN, and selects from the one that it
        # deletes from if the rows are put aside, as DISTINCT does.
        found = orphans.distinct().subquery('orphan')
        return [key.table.delete().where(key == found.c.id)]

    change_rows(engine, key, deletion)


def _index(engine, child):
    """Let PostgreSQL see that nothing refers to what is deleted.

    It looks for each row. InnoDB has made the index for the foreign key, and
    SQLite has keys switched off.
    """
    if engine.name == 'postgresql':
        table, column = child.table.name, child.name
        create_index(engine, 'ix_%s_%s' % (table, column), table, column)
