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

"""Changing the rows of a large table, some at a time.

So a change holds few locks at once, none for long, and is not one huge write
set on Galera.
"""

import sqlalchemy as sa

from heat.db.sqlalchemy.ddl import change
from heat.db.sqlalchemy.ddl import patience
from heat.db.sqlalchemy.ddl.recorder import Recorder

# Rows of a batch, at the most.
SIZE = {'sqlite': 5000, 'mysql': 1000, 'postgresql': 2000}

# Others wait for the rows of a batch, and on SQLite for all rows: it is as
# large as takes SECONDS from its begin to its commit. The first one has FIRST
# rows, and none is smaller than LEAST, where commits would be all.
SECONDS = 0.05
FIRST = 500
LEAST = {'sqlite': 100, 'mysql': 500, 'postgresql': 500}

# PostgreSQL takes a recursion to have many rows, and would read a whole table
# for each batch, or compile what takes some milliseconds.
_FOR_FEW_ROWS = '; '.join('SET LOCAL ' + setting for setting in (
    'enable_seqscan = off', 'enable_mergejoin = off', 'random_page_cost = 1',
    'jit = off'))


def change_rows(engine, key, describe, check=None,
                only_if=lambda schema: True):
    """Change the rows of a table, or rows of others that belong to them.

    A Recorder is told the same statements for all rows at once.

    :param key: the column that is the primary key
    :param describe: called with the condition that a row is in the batch;
        returns or yields statements, which must find the same end when they
        are repeated
    :param check: called before them with a connection and the condition, to
        raise what they would not notice, or to look at what they need; not by
        a Recorder
    :param only_if: called with a Schema; whether there is something to do
    """
    if not change.look(engine, only_if):
        return
    if isinstance(engine, Recorder):
        engine.record(*describe(sa.true()))
        return
    size = min(FIRST, SIZE[engine.name])
    last, is_last = None, False
    with change.connection(engine, **_isolation(engine)) as conn:
        def attempt():
            with change.writing(conn) as hold:
                _use_indexes(conn)
                batch, end = _next_batch(conn.execute, conn, key, size, last)
                _lock(conn, key, batch)
                if check:
                    check(conn, batch)
                for statement in describe(batch):
                    conn.execute(statement)
            return end, hold.seconds

        while not is_last:
            last, seconds = patience.patiently(engine, attempt)
            is_last = last is None
            size = _next_size(engine.name, size, seconds)


def _next_size(name, size, seconds):
    # It may be too short for the clock.
    factor = min(2, max(0.5, SECONDS / (seconds or SECONDS)))
    return min(SIZE[name], max(LEAST[name], int(size * factor)))


def _isolation(engine):
    """Return the option with which MySQL locks few rows that it only reads.

    It refuses that where the log that it replicates from has statements.
    """
    if engine.name != 'mysql':
        return {}
    with engine.connect() as conn:
        logs_statements = conn.exec_driver_sql(
            "SELECT @@log_bin AND @@binlog_format = 'STATEMENT'").scalar()
    return {} if logs_statements else {'isolation_level': 'READ COMMITTED'}


def _use_indexes(conn):
    if conn.dialect.name == 'postgresql':
        conn.exec_driver_sql(_FOR_FEW_ROWS)


def _lock(conn, key, batch):
    """Let MySQL lock the rows of a batch before it reads them.

    An UPDATE that takes its values from the same table first locks what it
    reads for others who write. One of them who waits then stands before this
    one, who comes to write: a deadlock, and it is the other one who loses.
    """
    if conn.dialect.name == 'mysql':
        conn.execute(sa.select(sa.func.count()).select_from(key.table).where(
            batch).with_for_update())


def batches(engine, key, size):
    """Go through a table in the order of its key, some rows at a time.

    :param key: the column that is the primary key
    :returns: yields for each batch the condition that a row is in it
    """
    last, is_last = None, False
    while not is_last:
        batch, last = _next_batch(
            lambda select: change.read(engine, select), engine, key, size,
            last)
        is_last = last is None
        yield batch


def _next_batch(execute, bind, key, size, last):
    """Return the condition of a batch, and the key of its last row.

    :param execute: what sends a SELECT
    :param bind: has the dialect
    :param last: the key of the last row of the batch before; None for the
        first one, and returned of the last one
    """
    table = key.table
    if bind.dialect.name == 'sqlite':
        # Rows lie in this order, and not in that of a text.
        key = sa.literal_column(table.name + '.rowid', sa.Integer)
    rest = sa.true() if last is None else key > last
    end = execute(sa.select(key).select_from(table).where(
        rest).order_by(key).offset(size - 1).limit(1)).scalar()
    return rest if end is None else sa.and_(rest, key <= end), end
