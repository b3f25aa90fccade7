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
"""What the errors of drivers mean, where oslo.db does not say it.

Heat's engines tell it by a listener of their own: oslo.db's filters would
hold for every Engine of the process.
"""

import re

from oslo_db import exception as db_exception
from oslo_db.sqlalchemy import compat
from oslo_db.sqlalchemy import exc_filters
import sqlalchemy as sa
from sqlalchemy import exc

# What says the same as a deadlock: the transaction is rolled back, through
# no fault of its own, and may succeed when repeated.
_AGAIN = db_exception.DBDeadlock
# There is no connection any more, or none yet; or nobody can tell what came
# of a COMMIT.
_LOST = db_exception.DBConnectionError

_MEANINGS = {
    'mysql': (
        # With innodb_snapshot_isolation; oslo.db knows it from 17 on.
        (r'\b1020\b.*Record has changed since last read', _AGAIN),
        # The node of a Galera cluster that has lost the others: (1180, 'Error
        # while appending streaming replication fragment(provider status: Not
        # connected to Primary Component)')
        (r'\b1180\b.*provider status', _LOST),
    ),
    'postgresql': (
        # REPEATABLE READ and SERIALIZABLE, SQLSTATE 40001
        (r'could not serialize access', _AGAIN),
        # With lock_timeout, SQLSTATE 55P03
        (r'canceling statement due to lock timeout', _AGAIN),
        # libpq 14 and newer: connection to server at "127.0.0.1", port 5432
        # failed: Connection refused
        (r'connection to server .* failed: (?!.*FATAL)', _LOST),
        (r'FATAL:  the database system is ', _LOST),
    ),
    'sqlite': (
        # SQLITE_BUSY, SQLITE_LOCKED
        (r'database (table |schema )?is locked', _AGAIN),
    ),
}

# Of PostgreSQL, for a foreign key that is ''; oslo.db expects a value.
_EMPTY_REFERENCE = re.compile(
    r'on table "([^"]+)" violates foreign key constraint "([^"]+)".*'
    r'Key \(([^)]+)\)=\(\) is (?:not present in|still referenced from) '
    r'table "([^"]+)"', re.DOTALL)


def translate_for(engine):
    """Let an Engine raise oslo.db's errors, whatever its driver says."""
    if sa.event.contains(engine, 'handle_error', exc_filters.handler):
        sa.event.remove(engine, 'handle_error', exc_filters.handler)
    sa.event.listen(engine, 'handle_error', translate, retval=True)


def translate(context):
    """Return oslo.db's error for one of a driver.

    A listener for SQLAlchemy's event handle_error, with retval.
    """
    dialect = compat.dialect_from_exception_context(context)
    if dialect.name == 'mysql' and _has_hung_up(context.original_exception):
        context.is_disconnect = True
    try:
        error = exc_filters.handler(context)
    except exc.OperationalError as error:
        # oslo.db would let it through: MySQL, when a table is made by two at
        # once; SQLite, on a full disk.
        meaning = _meaning(dialect.name, str(error.orig))
        if meaning is _LOST:
            context.is_disconnect = True
        return meaning(error)
    empty = _EMPTY_REFERENCE.search(str(context.original_exception))
    return db_exception.DBReferenceError(*empty.groups(), error) if (
        empty) else error


def is_unknown_index(error):
    """Tell whether MySQL was told to use an index that is not there."""
    return re.search(r"\b1176\b.*Key '.*' doesn't exist in table",
                     str(error)) is not None


def _meaning(dialect, text):
    for pattern, meaning in _MEANINGS.get(dialect, ()):
        if re.search(pattern, text, re.DOTALL):
            return meaning
    return db_exception.DBError


def _has_hung_up(error):
    """MySQL hangs up then, and is not always in time to say so::

        (1153, "Got a packet bigger than 'max_allowed_packet' bytes")
    """
    return error.args[:1] == (1153,)
