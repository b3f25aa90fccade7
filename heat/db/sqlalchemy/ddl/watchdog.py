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

"""Ending a statement of MySQL that waits for the lock on its table."""

import contextlib
import threading

from oslo_db import exception as db_exception
import sqlalchemy as sa

from heat.db.sqlalchemy.engine import session

# Seconds between two looks.
INTERVAL = 0.02

_SERVER = 'SELECT @@hostname, @@port, CONNECTION_ID()'
_IS_WAITING = sa.text(
    'SELECT COUNT(*) FROM information_schema.processlist WHERE id = :id '
    "AND state LIKE 'Waiting for%metadata lock%'")


class Watchdog:
    """Ends statements of a connection that wait for a metadata lock.

    lock_wait_timeout, which would do the same, counts in whole seconds. On
    other engines than MySQL this does nothing.

    :param conn: a connection; given up if it may have been hit between two
        statements
    :param patience: the seconds that it may wait
    """

    def __init__(self, conn, patience):
        self._conn = conn
        self._looks = max(1, round(patience / INTERVAL))
        self._done = threading.Event()
        self._thread = None
        self._has_bitten = False
        self._opened = contextlib.ExitStack()

    def __enter__(self):
        """Connect, and begin to watch: before a statement can wait."""
        if self._conn.dialect.name == 'mysql':
            watched = self._conn.exec_driver_sql(_SERVER).one()
            # The statement will notice what is wrong.
            with contextlib.suppress(db_exception.DBError):
                self._start(watched)

    def __exit__(self, *exc_info):
        self._done.set()
        if self._thread:
            self._thread.join()
        with contextlib.suppress(db_exception.DBError):
            self._opened.close()
        if self._has_bitten:
            self._conn.invalidate()

    def _start(self, watched):
        engine = self._conn.engine
        self._opened.enter_context(session.database_errors(engine))
        conn = self._opened.enter_context(engine.connect())
        conn.execution_options(isolation_level='AUTOCOMMIT')
        server = conn.exec_driver_sql(_SERVER).one()
        # A proxy may have led to another server.
        if server[:2] == watched[:2]:
            self._thread = threading.Thread(
                target=self._watch, daemon=True, args=(conn, watched[2]))
            self._thread.start()

    def _watch(self, conn, watched):
        # The statement will notice as well, or is past it.
        with (contextlib.suppress(db_exception.DBError),
              session.database_errors(conn.engine)):
            self._look(conn, watched)

    def _look(self, conn, watched):
        waited = 0
        while not self._done.wait(INTERVAL):
            if conn.execute(_IS_WAITING, {'id': watched}).scalar():
                waited += 1
            else:
                waited = 0
            if waited >= self._looks:
                self._has_bitten = True
                conn.exec_driver_sql('KILL QUERY %d' % watched)
                waited = 0
