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

"""Which errors of a database mean "try again", and trying again.

What oslo.db has no class for is mapped to its DBDeadlock: the transaction is
rolled back, through no fault of its own, and may succeed when repeated.
"""

import time

from oslo_db import api
from oslo_db import exception as db_exception
from oslo_db.sqlalchemy import exc_filters
import sqlalchemy as sa
from sqlalchemy import exc

from heat.common.config import CONF
from heat.db import exception

# The first pause, in seconds; [database] db_max_retry_interval is the longest.
FIRST_PAUSE = 0.05


@exc_filters.filters('postgresql', exc.OperationalError,
                     r'.*could not serialize access')
@exc_filters.filters('postgresql', exc.OperationalError,
                     r'.*canceling statement due to lock timeout')
@exc_filters.filters('mysql', exc.OperationalError,
                     r'.*\b1020\b.*Record has changed since last read')
@exc_filters.filters('sqlite', exc.OperationalError,
                     r'.*database (table |schema )?is locked')
def _try_again(error, match, engine_name, is_disconnect):
    """Map what means the same as a deadlock.

    PostgreSQL, REPEATABLE READ and SERIALIZABLE (SQLSTATE 40001)::

        could not serialize access due to concurrent update

    PostgreSQL, with lock_timeout (55P03)::

        canceling statement due to lock timeout

    MariaDB, with innodb_snapshot_isolation::

        (1020, "Record has changed since last read in table 'stack'")

    SQLite (SQLITE_BUSY, SQLITE_LOCKED)::

        database is locked
    """
    raise db_exception.DBDeadlock(error)


@exc_filters.filters('postgresql', exc.OperationalError,
                     r'.*connection to server .* failed: (?!.*FATAL)')
@exc_filters.filters('postgresql', exc.OperationalError,
                     r'.*FATAL:  the database system is ')
def _disconnected(error, match, engine_name, is_disconnect):
    """Map what means that there is no connection any more, or none yet.

    PostgreSQL, libpq 14 and newer::

        connection to server at "127.0.0.1", port 5432 failed: Connection
            refused
    """
    raise db_exception.DBConnectionError(error)


@sa.event.listens_for(sa.engine.Engine, 'handle_error')
def _hung_up(context):
    """MySQL hangs up then, and is not always in time to say so::

        (1153, "Got a packet bigger than 'max_allowed_packet' bytes")
    """
    error = context.original_exception
    if type(error).__module__ == 'pymysql.err' and error.args[:1] == (1153,):
        context.is_disconnect = True


@exc_filters.filters('mysql', exc.DBAPIError, '.*')
@exc_filters.filters('postgresql', exc.DBAPIError, '.*')
@exc_filters.filters('sqlite', exc.DBAPIError, '.*')
def _any_other(error, match, engine_name, is_disconnect):
    """Map what oslo.db would let through as SQLAlchemy's own error.

    MySQL, when a table is made by two at once; SQLite, on a full disk::

        (1050, "Table 'migrate_version' already exists")
        database or disk is full
    """
    if isinstance(error, exc.OperationalError):
        raise (db_exception.DBConnectionError if is_disconnect else
               db_exception.DBError)(error)


# oslo.db before 17 has no class for MariaDB's 1020.
_TRANSIENT = (db_exception.DBDeadlock, db_exception.DBConnectionError,
              getattr(db_exception, 'DBConsistencyError',
                      db_exception.DBDeadlock))


def retry(function):
    """Call a function until the database lets it do its work.

    A lost connection is followed by a new one at once: the sooner it is asked
    what came of the call, the less has changed. All other repetitions follow
    a pause; pauses are random and grow. It gives up after [database]
    db_max_retries of them, or when as many of [database]
    db_max_retry_interval would have passed, whatever is first: about ten
    seconds by default.

    :param function: one whole transaction, safe to repeat even if a lost
        connection leaves open whether it was committed
    :returns: what the function returns
    :raises: what the function raises, if it is no reason to try again, or
        was still raised the last time
    """
    start = time.monotonic()
    try:
        try:
            return function()
        except db_exception.DBConnectionError as error:
            if not (CONF.database.db_max_retries and _is_transient(error)):
                raise
            return function()
    except (*_TRANSIENT, db_exception.RetryRequest) as error:
        return _repeat(function, error, start)


def _is_transient(error):
    return (isinstance(error, _TRANSIENT) and
            not isinstance(error, exception.OutcomeUnknown))


def _repeat(function, error, start):
    """Go on after a first error; most calls have none, and no time to lose."""
    options = CONF.database
    deadline = (start +
                options.db_max_retries * options.db_max_retry_interval)
    errors = [error]

    @api.wrap_db_retry(
        retry_interval=FIRST_PAUSE,
        max_retries=options.db_max_retries,
        inc_retry_interval=options.db_inc_retry_interval,
        max_retry_interval=options.db_max_retry_interval,
        jitter=True,
        exception_checker=lambda error: (
            _is_transient(error) and time.monotonic() < deadline))
    def repeat():
        if errors:
            raise errors.pop()
        return function()

    return repeat()
