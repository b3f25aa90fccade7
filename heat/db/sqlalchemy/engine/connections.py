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

"""The connections of a process: one pool, whichever way they are used.

In the pool, connections commit each statement by themselves. A transaction
changes that for as long as it lasts: MySQL is told by a BEGIN, and to tell
psycopg2 takes no round trip.
"""

import threading
import time

from sqlalchemy import event
from sqlalchemy import pool

from heat.db.sqlalchemy.engine import options

# Seconds: a connection above [database] max_pool_size is closed when it was
# not used for so long.
IDLE = 60

# Seconds, as the driver for SQLite has it by default.
PATIENCE = 5

# In the info of a connection: when it was used; a transaction is to begin, or
# has begun; oslo.db's note that SQLite was told so.
_USED = 'heat_used'
IS_TO_BEGIN = 'heat_is_to_begin'
_HAS_BEGUN = 'heat_has_begun'
_SQLITE_HAS_BEGUN = 'in_transaction'


class Pool(pool.QueuePool):
    """Keeps connections for as long as they are used.

    A pool of SQLAlchemy's closes at once what is more than it keeps: with
    many threads, most calls would connect anew.

    :ivar kept: how many connections are kept though nobody uses them
    :ivar turn: the Lock of those who write to a file of SQLite; or None
    """

    kept = 0
    turn = None

    def recreate(self):
        fresh = super().recreate()
        fresh.kept, fresh.turn = self.kept, self.turn
        return fresh

    def take(self):
        """Return the record of a connection, which is to be given back.

        The last one that was used, as Queue.get would; nobody waits to put
        one there.
        """
        try:
            record = self._pool.queue.pop()
        except IndexError:
            record = self._do_get()
        try:
            record.get_connection()
        except BaseException:
            self._do_return_conn(record)
            raise
        return record

    def give_back(self, record):
        """Take back a connection, which is as it was when it was taken."""
        self._do_return_conn(record)

    def _do_return_conn(self, record):
        record.info[_USED] = time.monotonic()
        super()._do_return_conn(record)
        if len(self._pool.queue) > self.kept:
            self._close_unused()

    def _close_unused(self):
        """Close the connection that was used the longest time ago."""
        try:
            unused = self._pool.queue.popleft()
        except IndexError:
            return
        if unused.info.get(_USED, 0) > time.monotonic() - IDLE:
            self._pool.queue.appendleft(unused)
            return
        try:
            unused.close()
        finally:
            self._dec_overflow()


class in_turn:
    """Let threads write to a file of SQLite one after another.

    Those that SQLite lets wait try again after growing pauses: some of them
    for seconds, while nobody writes. Who has waited for longer than SQLite
    would leaves it to SQLite, which knows of other processes.

    A context manager; as a class it costs the least.
    """

    def __init__(self, engine):
        self._turn = getattr(engine.pool, 'turn', None)

    def __enter__(self):
        self._has_turn = (self._turn is not None and
                          self._turn.acquire(timeout=PATIENCE))

    def __exit__(self, kind, error, traceback):
        if self._has_turn:
            self._turn.release()


def share(engine):
    """Let an Engine have a Pool, in which connections commit by themselves.

    It may have as many connections as oslo.db's, max_pool_size and
    max_overflow of [database], but for a database in memory, which is there
    for one connection only.

    :returns: False if it is that, or has its Pool already
    """
    if isinstance(engine.pool, (Pool, pool.StaticPool)):
        return False
    engine.pool.dispose()
    engine.pool = _replacement(engine)
    {'sqlite': _share_sqlite, 'mysql': _share_mysql,
     'postgresql': _share_postgresql}[engine.name](engine)
    return True


def _replacement(engine):
    old = engine.pool
    if engine.name == 'sqlite':
        # oslo.db opens the file each time, which takes as long as to write.
        creator = _opener(engine)
        kept = options.get('max_pool_size')
        overflow = options.get('max_overflow') or 0
        more = {}
    else:
        creator, kept, overflow = old._creator, old.size(), old._max_overflow
        more = {'timeout': old.timeout(), 'recycle': old._recycle}
    has_limit = kept > 0 and overflow >= 0
    new = Pool(creator, pool_size=kept + overflow if has_limit else 0,
               max_overflow=0 if has_limit else -1, use_lifo=True,
               dialect=old._dialect, _dispatch=old.dispatch, **more)
    new.kept = kept
    return new


def _opener(engine):
    args, kwargs = engine.dialect.create_connect_args(engine.url)
    kwargs['check_same_thread'] = False
    return lambda: engine.dialect.connect(*args, **kwargs)


def _share_sqlite(engine):
    def begin(connection):
        # Writers would refuse each other if they had read before.
        if _info(connection).get(IS_TO_BEGIN):
            connection.cursor().execute('BEGIN IMMEDIATE')

    def rest(connection):
        connection.isolation_level = None

    engine.pool.turn = threading.Lock()
    engine.dialect.do_begin = begin
    _rest(engine, rest)


def _share_mysql(engine):
    dialect = engine.dialect

    def begin(connection):
        info = _info(connection)
        if info.get(IS_TO_BEGIN):
            info[_HAS_BEGUN] = True
            connection.cursor().execute('BEGIN')

    def ending(end):
        def end_if_begun(connection):
            # A connection with another isolation level begins by itself.
            if (_info(connection).pop(_HAS_BEGUN, False) or
                    not connection.get_autocommit()):
                end(connection)
        return end_if_begun

    dialect.do_begin = begin
    dialect.do_commit = ending(dialect.do_commit)
    dialect.do_rollback = ending(dialect.do_rollback)
    _begin_unless_autocommit(engine)
    # It sends nothing if it is so already.
    _rest(engine, lambda connection: connection.autocommit(True))


def _share_postgresql(engine):
    def begin(connection):
        driver = connection.dbapi_connection
        # It refuses to be told in a transaction, though it is so already.
        if _info(connection).get(IS_TO_BEGIN) and driver.autocommit:
            driver.autocommit = False

    def rest(connection):
        if not connection.autocommit:
            connection.autocommit = True

    engine.dialect.do_begin = begin
    _begin_unless_autocommit(engine)
    _rest(engine, rest)


def _begin_unless_autocommit(engine):
    @event.listens_for(engine, 'begin')
    def note(connection):
        connection.info[IS_TO_BEGIN] = connection.get_execution_options().get(
            'isolation_level') != 'AUTOCOMMIT'


def _rest(engine, let_commit):
    """Let connections commit each statement when they are in the pool."""
    @event.listens_for(engine, 'connect')
    def connect(connection, record):
        let_commit(connection)

    @event.listens_for(engine, 'checkin')
    def checkin(connection, record):
        for key in IS_TO_BEGIN, _SQLITE_HAS_BEGUN:
            record.info.pop(key, None)
        if connection is not None:
            try:
                let_commit(connection)
            except Exception as error:
                record.invalidate(error)


def _info(connection):
    """Return what the pool knows of a connection.

    While it is new, that is nothing: it is the driver's connection, which
    has another info or none, or with SQLAlchemy 2.0 a stand-in.
    """
    try:
        info = getattr(connection, 'info', None)
    except NotImplementedError:
        info = None
    return info if isinstance(info, dict) else {}
