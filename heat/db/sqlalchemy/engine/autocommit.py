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

"""Statements that are transactions of their own, in one round trip each.

Around a statement, SQLAlchemy and oslo.db send a ping before it, and a COMMIT
and a ROLLBACK after it. A statement that commits itself needs none of them: a
lost connection is noticed by the statement, and what comes then is the
business of who sends it. Several statements get a BEGIN and a COMMIT.
"""

import contextlib
import threading
import weakref

from oslo_db import exception as db_exception
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy import pool

from heat.db.sqlalchemy.engine import connections
from heat.db.sqlalchemy.engine import errors
from heat.db.sqlalchemy.engine import facade
from heat.db.sqlalchemy.engine import galera
from heat.db.sqlalchemy.engine import listeners
from heat.db.sqlalchemy.engine import lost
from heat.db.sqlalchemy.engine import prepared
from heat.db.sqlalchemy.engine.retry import retry

_made = weakref.WeakKeyDictionary()
_lock = threading.Lock()


def get_engine():
    """Return the Engine of connections whose statements commit.

    It has the pool of facade.get_engine(). Listeners of that engine for
    before_cursor_execute, after_cursor_execute and handle_error hear of these
    statements too. For a database in memory, which is there for one
    connection only, it is that engine itself.

    :raises: as facade.get_engine()
    """
    return _like(facade.get_engine())


def connection():
    """Return a context manager for a connection whose statements commit."""
    own = get_engine()
    return own.begin() if own is facade.get_engine() else own.connect()


def executor():
    """Return a function that executes statements which commit themselves.

    A context manager: while it lasts, the function keeps its connection.
    Statements that write, and SELECTs with the options prepared.PREPARED, are
    compiled once: they should be the same objects in each call. Results have
    only rowcount, inserted_primary_key, first() and all().

    :returns: a function of a statement and its parameters: those that are
        named in it, and what columns are set to
    :raises oslo_db.exception.DBConnectionError: the connection was lost; its
        session is that of the error
    """
    original = facade.get_engine()
    own = _like(original)
    if (isinstance(own.pool, connections.Pool) and
            not listeners.has_any(original)):
        return prepared.Executor(own)
    return _listened_to(own)


@contextlib.contextmanager
def _listened_to(own):
    """Let SQLAlchemy execute statements; all else as executor()."""
    with connection() as conn:
        session = conn.info.get(lost.KEY)

        def execute(statement, parameters):
            if statement.is_select:
                return conn.execute(statement, parameters)
            with connections.in_turn(own):
                return conn.execute(statement, parameters)

        try:
            yield execute
        except db_exception.DBConnectionError as error:
            error.session = session
            raise


@contextlib.contextmanager
def transaction():
    """Begin a transaction; return what executes, and what commits it.

    A context manager. BEGIN and COMMIT are a round trip each. What is not
    committed is rolled back.

    :raises oslo_db.exception.DBConnectionError: the connection was lost; its
        session is that of the error
    """
    own = get_engine()
    with own.connect() as conn, connections.in_turn(own):
        info = conn.info
        session = info.get(lost.KEY)
        info[connections.IS_TO_BEGIN] = True
        try:
            with conn.begin() as begun:
                yield conn.execute, begun.commit
                if begun.is_active:
                    begun.rollback()
        except db_exception.DBConnectionError as error:
            error.session = session
            raise


def read(context, select):
    """Return what a function reads. A statement is a transaction by itself.

    Unless there is a transaction of the caller: then it is read there, and
    errors pass through.

    :param select: called with a session, again after a lost connection
    :raises oslo_db.exception.DBError: as the database says
    """
    if facade.in_transaction(context):
        with facade.context_manager.reader.using(context) as session:
            return select(session)
    return read_alone(select)


def read_alone(select):
    """Return what a function reads in no transaction; all else as read()."""
    def select_once():
        with connection() as conn, orm.Session(conn) as session:
            return select(session)

    return retry(select_once)


def fetch(select, parameters):
    """Return the rows of a SELECT that has the options prepared.PREPARED.

    :param parameters: those that are named in it; None is none
    :raises oslo_db.exception.DBError: as the database says
    """
    def fetch_once():
        with executor() as execute:
            return execute(select, parameters or {}).all()

    return retry(fetch_once)


def _like(original):
    if isinstance(original.pool, pool.StaticPool):
        return original
    similar = _made.get(original)
    if similar is None:
        with _lock:
            similar = _made.get(original)
            if similar is None:
                similar = _made[original] = _make(original)
    return similar


def _make(original):
    """Return an Engine with the pool of another, which sends no ping."""
    similar = sa.engine.Engine(original.pool, original.dialect, original.url,
                               hide_parameters=True)
    errors.translate_for(similar)
    sa.event.listen(similar, 'before_cursor_execute', galera.catch_up,
                    retval=True)
    listeners.hear(original, similar)
    # It has another pool then.
    sa.event.listen(original, 'engine_disposed', lambda original: setattr(
        similar, 'pool', original.pool))
    return similar
