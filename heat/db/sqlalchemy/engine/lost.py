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

"""Sessions whose connection was lost, and which may still act.

A network may lose a connection, and hand what it had sent to the server later.
Were the call repeated meanwhile, the late statement could undo what has been
written since. So the old session is ended first, by its server.
"""

import contextlib
import time
import typing

from oslo_db import exception as db_exception
from oslo_log import log
import sqlalchemy as sa

from heat.db import exception

LOG = log.getLogger(__name__)

# The key in the info of a connection.
KEY = 'session'
# Seconds: between two looks at a session that is being ended, and for all of
# them. Who repeats a call does so again then, after longer pauses.
INTERVAL = 0.01
PATIENCE = 0.5


class Session(typing.NamedTuple):
    """What a server has for a connection.

    :ivar server: what tells a server from others, and from itself before it
        was started again
    :ivar number: of the session; another one may get it later
    :ivar mark: what tells it from others that had or will have its number
    """

    server: str
    number: int
    mark: str


class _Statements(typing.NamedTuple):
    """How to ask a server for one's own session, and to look for one.

    :ivar end: for a session that is there
    """

    own: str
    look: str
    end: str


_STATEMENTS = {
    # The client's address and port are as the server sees them.
    'mysql': _Statements(
        "SELECT CONCAT(@@hostname, ':', @@port), id, host "
        'FROM information_schema.processlist WHERE id = CONNECTION_ID()',
        'SELECT 1 FROM information_schema.processlist '
        'WHERE id = %(number)s AND host = %(mark)s',
        'KILL %(number)s'),
    'postgresql': _Statements(
        'SELECT pg_postmaster_start_time()::text, pid, backend_start::text '
        'FROM pg_stat_activity WHERE pid = pg_backend_pid()',
        'SELECT 1 FROM pg_stat_activity '
        'WHERE pid = %(number)s AND backend_start = %(mark)s::timestamptz',
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity '
        'WHERE pid = %(number)s AND backend_start = %(mark)s::timestamptz')}


def watch(engine):
    """Let connections know their sessions: one SELECT each.

    :param engine: an Engine of connections whose statements commit
    """
    statements = _STATEMENTS.get(engine.name)
    if statements is None:
        return

    @sa.event.listens_for(engine, 'connect')
    def ask(connection, record):
        with contextlib.closing(connection.cursor()) as cursor:
            cursor.execute(statements.own)
            row = cursor.fetchone()
            record.info[KEY] = row and Session(*row)


def end_session(connection, session):
    """Make sure that a session can no longer act.

    One SELECT if it has ended by itself; otherwise at least two statements
    more.

    :param connection: of the same user, whose statements commit
    :param session: the Session of a connection that was lost; None if it is
        not known
    :returns: True; False if nobody can tell, since this is another server
    :raises heat.db.exception.OutcomeUnknown: the server refuses to end it
    :raises oslo_db.exception.DBConnectionError: it does not end, or this
        connection was lost too
    """
    own = connection.info.get(KEY)
    if session is None or own is None or own.server != session.server:
        return False
    statements = _STATEMENTS[connection.dialect.name]
    deadline = time.monotonic() + PATIENCE
    while _is_there(connection, statements, session):
        if time.monotonic() > deadline:
            raise db_exception.DBConnectionError(TimeoutError(
                'session %d of a lost connection does not end' %
                session.number))
        refusal = _end(connection, statements, session)
        if refusal and _is_there(connection, statements, session):
            # What it has sent may come at any time.
            raise exception.OutcomeUnknown(refusal)
        time.sleep(INTERVAL)
    return True


def _is_there(connection, statements, session):
    return connection.exec_driver_sql(
        statements.look, session._asdict()).first() is not None


def _end(connection, statements, session):
    """Tell a server to end it; return its refusal, or None."""
    try:
        connection.exec_driver_sql(statements.end, session._asdict())
    except db_exception.DBConnectionError:
        raise
    except db_exception.DBError as error:
        # It may just have ended; or this user may not do it.
        LOG.debug('session %d: %s', session.number, error)
        return error
