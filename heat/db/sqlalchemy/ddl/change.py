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

"""Sending schema changes without making others wait.

A change needs the table for itself, if only for a moment. While it waits for
someone who is in the middle of a long transaction, everyone who comes later
queues behind it. So it waits no longer than LOCK_WAIT, steps back, and tries
again after a pause, for the lock_timeout seconds that the engine has as an
execution option.
"""

import contextlib
import time

from heat.db.sqlalchemy.ddl import autovacuum
from heat.db.sqlalchemy.ddl.patience import lock_timeout
from heat.db.sqlalchemy.ddl.patience import patiently
from heat.db.sqlalchemy.ddl.recorder import Recorder
from heat.db.sqlalchemy.ddl.schema import Schema
from heat.db.sqlalchemy.ddl.watchdog import Watchdog
from heat.db.sqlalchemy.engine import session

# Seconds for which others may have to queue behind a change.
LOCK_WAIT = 0.1

# SQLite lets nobody else write meanwhile. Who waits for it looks again after
# the first of these milliseconds, then the second, and at last always the
# last: sqliteDefaultBusyCallback() in its main.c. A pause as long as that, and
# some more, makes sure that it is seen.
_LOOKS = (1, 2, 5, 10, 15, 20, 25, 25, 25, 50, 50, 100)
_SOME_MORE = 1.2

# SQLite: KiB, negative by its rules. With the usual 2 MiB, a batch of a large
# table would read pages twice, and write some before its end.
_CACHE = 'PRAGMA cache_size = -32768'

# MySQL: a connection of utf8mb3 reads longer characters as question marks, and
# would not find the end of a batch again. The driver sends the same for both.
_UTF8MB4 = ', '.join(
    "SESSION {0} = IF(LEFT(@@SESSION.{0}, 4) = 'utf8', 'utf8mb4', "
    '@@SESSION.{0})'.format(name) for name in (
        'character_set_client', 'character_set_results',
        'character_set_connection'))

# What makes waits short, and what undoes all that is changed here. MySQL
# counts in seconds; the Watchdog is there for less.
_SESSION = {
    'mysql': (
        'SET @heat_client = @@SESSION.character_set_client, '
        '@heat_results = @@SESSION.character_set_results, '
        '@heat_collation = @@SESSION.collation_connection, '
        '@heat_wait = @@SESSION.lock_wait_timeout, '
        '@heat_innodb_wait = @@SESSION.innodb_lock_wait_timeout, '
        '@heat_checks = @@SESSION.foreign_key_checks, ' + _UTF8MB4 +
        ', SESSION lock_wait_timeout = 1, innodb_lock_wait_timeout = 1',
        'SET SESSION character_set_client = @heat_client, '
        'character_set_results = @heat_results, '
        'collation_connection = @heat_collation, '
        'lock_wait_timeout = @heat_wait, '
        'innodb_lock_wait_timeout = @heat_innodb_wait, '
        'foreign_key_checks = @heat_checks'),
    'postgresql': ("SET lock_timeout = '%dms'" % (LOCK_WAIT * 1000),
                   'RESET lock_timeout'),
}


def apply(engine, find_missing, effect, online=False):
    """Look at the database and send what is missing.

    :param engine: a sqlalchemy Engine, or a Recorder
    :param find_missing: called with a Schema, and again for each attempt;
        returns or yields statements, as text or SQLAlchemy's
    :param effect: called with the SimulatedSchema of a Recorder, to note what
        is there afterwards, whether or not it was missing
    :param online: nobody queues behind these statements while they wait, and
        PostgreSQL wants each outside of a transaction
    :raises heat.db.exception.MigrationError: others did not let it have
        a lock for lock_timeout seconds
    :raises oslo_db.exception.DBError: as the database says
    """
    if isinstance(engine, Recorder):
        engine.record(*find_missing(engine.schema))
        effect(engine.schema)
        return

    options = {'isolation_level': 'AUTOCOMMIT'} if online else {}
    is_refused = False

    def attempt():
        nonlocal is_refused
        with connection(engine, **options) as conn:
            if online:
                _wait_as_long_as_it_takes(conn)
            elif is_refused:
                autovacuum.interrupt(conn)
            is_refused = True
            with Watchdog(conn, LOCK_WAIT), writing(conn):
                for statement in list(find_missing(Schema(conn))):
                    _send(conn, statement)

    patiently(engine, attempt)


def execute(engine, *statements):
    """Send statements that do no harm when they are repeated.

    None changes what a schema change asks for.
    """
    apply(engine, lambda schema: statements, lambda schema: None)


def look(engine, question):
    """Return the answer to a question about the schema or the rows.

    Whoever locks a table is waited for.

    :param engine: a sqlalchemy Engine, or a Recorder
    :param question: called with a Schema, and again for each attempt, or
        with the SimulatedSchema of a Recorder
    :raises heat.db.exception.MigrationError: it was locked for too long
    """
    if isinstance(engine, Recorder):
        return question(engine.schema)

    def attempt():
        with connection(engine) as conn:
            return question(Schema(conn))

    return patiently(engine, attempt)


def read(engine, select):
    """Return the result of a SELECT; whoever locks the table is waited for.

    :raises heat.db.exception.MigrationError: for too long
    """
    return look(engine, lambda schema: schema.conn.execute(
        select).freeze()())


def update_row(engine, statement):
    """Send an UPDATE; return whether there was the row that it changes.

    With a Recorder, that is taken for granted.
    """
    if isinstance(engine, Recorder):
        engine.record(statement)
        return True

    def attempt():
        with engine.begin() as conn:
            return conn.execute(statement).rowcount == 1

    return patiently(engine, attempt)


class Hold:
    """A transaction that writes; seconds says how long it was one."""

    seconds = None


@contextlib.contextmanager
def writing(conn):
    """Begin a transaction that comes to write, and commit it at the end.

    SQLite lets one who begins to write wait for others, but refuses one who
    has read before. After the end, it is the turn of those who wait for it.

    :returns: a Hold, which knows its seconds afterwards
    """
    hold = Hold()
    is_sqlite = conn.dialect.name == 'sqlite'
    with conn.begin():
        if is_sqlite:
            _begin_to_write(conn)
        start = time.monotonic()
        yield hold
    hold.seconds = time.monotonic() - start
    if is_sqlite:
        time.sleep(_pause_after(hold.seconds))


def _begin_to_write(conn):
    if conn.connection.in_transaction:
        # oslo.db has begun to read.
        conn.exec_driver_sql('COMMIT')
    conn.exec_driver_sql('BEGIN IMMEDIATE')
    conn.exec_driver_sql(_CACHE)


def _pause_after(seconds):
    """Return the seconds in which all look again who have waited so long."""
    waited = 0
    for look in _LOOKS:
        waited += look / 1000
        if waited > seconds:
            break
    return _SOME_MORE * look / 1000


def _send(conn, statement):
    if isinstance(statement, str):
        return conn.exec_driver_sql(statement)
    return conn.execute(statement)


@contextlib.contextmanager
def connection(engine, **options):
    """Connect, with short waits for locks.

    :param options: execution options
    """
    set_waits, reset = _SESSION.get(engine.name, (None, None))
    with (session.connection(engine, **options) as conn,
          session.setting(conn, set_waits, reset),
          _without_foreign_keys(conn)):
        yield conn


@contextlib.contextmanager
def _without_foreign_keys(conn):
    """Let SQLite replace a table that others refer to.

    Within a transaction, which SQLAlchemy may begin, it would not listen.
    """
    def pragma(value=''):
        cursor = conn.connection.execute('PRAGMA foreign_keys' + value)
        return (cursor.fetchone() or (False,))[0]

    if conn.dialect.name != 'sqlite' or not pragma():
        yield
        return
    pragma(' = OFF')
    try:
        yield
    finally:
        if not conn.invalidated:
            pragma(' = ON')


def _wait_as_long_as_it_takes(conn):
    if conn.dialect.name == 'postgresql':
        # For PostgreSQL, 0 is no end.
        conn.exec_driver_sql("SET lock_timeout = '%dms'" %
                             max(1, 1000 * lock_timeout(conn.engine)))
