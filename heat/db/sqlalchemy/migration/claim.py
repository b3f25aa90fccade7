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

"""Letting one db_sync at a time change a database.

A row of migrate_version says who is at work. Locks of the server would be
simpler, but each node of a Galera cluster has its own. The row is inserted
and updated by statements that only one of several can win, and its counter
goes up as long as its owner lives. Whoever waits takes it over when the
owner's process is gone, or when the counter has stood still for LEASE
seconds by the own clock.
"""

import contextlib
import json
import math
import socket
import threading
import time
import uuid

from oslo_db import exception as db_exception
from oslo_utils import timeutils
import sqlalchemy as sa

from heat.common.i18n import _
from heat.db import exception
from heat.db.sqlalchemy.ddl import patience
from heat.db.sqlalchemy.engine import retry
from heat.db.sqlalchemy.migration.migrate_version import TABLE
from heat.db.sqlalchemy.migration import process

ID = 'heat db_sync'
_IS_CLAIM = TABLE.c.repository_id == ID

# Seconds.
BEAT = 3
LEASE = 15
POLL = 0.2


def is_there(engine):
    """Tell whether there is a claim, be it of someone who has died."""
    return _find(engine) is not None


def at_work(engine):
    """Return who is at work on a database, in words; None if nobody is."""
    row = _find(engine)
    if row is None or process.is_gone(_owner_of(row)):
        return None
    return _describe(row)


@contextlib.contextmanager
def held(engine, timeout, waiting):
    """Be the only one at work within this context.

    :param timeout: seconds to wait for someone else
    :param waiting: called with a text for each one that is waited for
    :returns: a function that raises if someone else took the work over, to
        be called before each change
    :raises heat.db.exception.Busy: someone else was at work for too long
    :raises heat.db.exception.TakenOver: while this process did not run,
        someone else has taken over
    """
    if engine.url.database in (None, '', ':memory:'):
        # Of SQLite: nobody else can see it.
        yield lambda: None
        return
    claim = _Claim(engine)
    claim.acquire(timeout, waiting)
    try:
        claim.keep()
        yield claim.check
    except BaseException as error:
        if not claim.release() and isinstance(error, Exception):
            raise exception.TakenOver() from error
        raise
    claim.release()


class _Claim:

    def __init__(self, engine):
        self._engine = engine
        # Unlike a process number, it is never used again.
        self._owner = json.dumps({
            'claim': str(uuid.uuid4()), 'host': socket.gethostname(),
            'since': timeutils.utcnow().isoformat(' ', 'seconds'),
            **process.identity()}, sort_keys=True)
        self._is_mine = sa.and_(_IS_CLAIM,
                                TABLE.c.repository_path == self._owner)
        self._released = threading.Event()
        self._thread = threading.Thread(target=self._beat_on, daemon=True)
        self._lost = False
        self._told = None
        self._beaten_at = None

    def acquire(self, timeout, waiting):
        deadline = time.monotonic() + timeout
        # What was seen of the one who is at work, and when at first.
        seen, seen_at = None, None
        while True:
            row = patience.patiently(self._engine, lambda: _read(self._engine))
            if row != seen:
                seen, seen_at = row, time.monotonic()
            is_dead = row and (process.is_gone(_owner_of(row)) or
                               time.monotonic() - seen_at > LEASE)
            if not row or is_dead:
                if patience.patiently(self._engine, lambda: self._take(row)):
                    return
                continue
            if time.monotonic() > deadline:
                raise exception.Busy(_describe(row), timeout)
            self._tell(row, waiting, deadline)
            time.sleep(POLL)

    def _take(self, row):
        """Make or take over the claim; return whether it is the own one."""
        self._beaten_at = time.monotonic()
        if row is None:
            write = TABLE.insert().values(
                repository_id=ID, repository_path=self._owner, version=0)
        else:
            write = TABLE.update().where(
                _IS_CLAIM, TABLE.c.repository_path == row.repository_path,
                TABLE.c.version == row.version
            ).values(repository_path=self._owner)
        with contextlib.suppress(db_exception.DBDuplicateEntry):
            if self._send(write):
                return True
        # It may have been done before a connection was lost.
        row = _read(self._engine)
        return row is not None and row.repository_path == self._owner

    def _tell(self, row, waiting, deadline):
        who = _describe(row)
        if who != self._told:
            self._told = who
            waiting(_('waiting for %(who)s, for at most %(timeout)d s') % {
                'who': who,
                'timeout': math.ceil(deadline - time.monotonic())})

    def keep(self):
        self._thread.start()

    def check(self):
        # This process may have been stopped, and the other thread not be
        # awake yet. SQLite would wait for the transaction that this is in.
        if (time.monotonic() - self._beaten_at > LEASE and
                self._engine.name != 'sqlite'):
            self._beat()
        if self._lost:
            raise exception.TakenOver()

    def release(self):
        """Give the claim up; return False if it is someone else's by now."""
        self._released.set()
        self._thread.join()
        try:
            return self._send(TABLE.delete().where(self._is_mine))
        except db_exception.DBError:
            # Whoever is next finds out that this process is gone.
            return True

    def _beat_on(self):
        while not self._released.wait(BEAT):
            with contextlib.suppress(db_exception.DBError):
                self._beat()

    def _beat(self):
        now = time.monotonic()
        if self._send(TABLE.update().where(self._is_mine).values(
                version=TABLE.c.version + 1)):
            self._beaten_at = now
        else:
            self._lost = True

    def _send(self, write):
        def transaction():
            with self._engine.begin() as conn:
                return conn.execute(write).rowcount == 1
        return retry.retry(transaction)


def _find(engine):
    """Return the claim; None also if there is no table yet."""
    has_table = sa.inspect(engine).has_table(TABLE.name)
    return _read(engine) if has_table else None


def _read(engine):
    with engine.connect() as conn:
        return conn.execute(sa.select(
            TABLE.c.repository_path, TABLE.c.version
        ).where(_IS_CLAIM)).first()


def _owner_of(row):
    try:
        return dict(json.loads(row.repository_path))
    except (TypeError, ValueError):
        return {}


def _describe(row):
    # Anyone may have written the row.
    return exception.printable(
        _('the db_sync that is process %(pid)s on %(host)s since %(since)s '
          'UTC') % {'pid': '?', 'host': '?', 'since': '?', **_owner_of(row)})
