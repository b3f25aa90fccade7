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

"""Sessions in which a server understands and describes schemas as usual.

A server can be told to do it otherwise, for all sessions, for those of a user
or by [database] mysql_sql_mode. SQLAlchemy does not read all that it says
then, and BLOB is another type of MariaDB with sql_mode ORACLE.
"""

import contextlib

from oslo_db import exception as db_exception
import sqlalchemy as sa
from sqlalchemy import exc

from heat.common.i18n import _
from heat.db import exception

# What sets a session, and what undoes it. sql_mode is as strict as that of
# oslo.db, but what is copied may have dates of 0000-00-00, and SQLAlchemy has
# seen how names are quoted. To make an index takes longer than users of Heat
# may let a statement take; MariaDB knows max_statement_time, MySQL does not.
_USUAL = {
    'mysql': (
        'SET @heat_sql_mode = @@SESSION.sql_mode, SESSION sql_mode = '
        "CONCAT('STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,"
        "NO_ENGINE_SUBSTITUTION', IF(FIND_IN_SET('ANSI_QUOTES', "
        "@@SESSION.sql_mode), ',ANSI_QUOTES', ''))"
        '/*M!100101 , @heat_time = @@SESSION.max_statement_time, '
        'SESSION max_statement_time = 0 */',
        'SET SESSION sql_mode = @heat_sql_mode'
        '/*M!100101 , SESSION max_statement_time = @heat_time */'),
    'postgresql': (
        'SET quote_all_identifiers = off; SET statement_timeout = 0',
        'RESET quote_all_identifiers; RESET statement_timeout'),
}


def require_engine(engine):
    """Refuse what is no Engine, before anything is sent.

    :raises heat.db.exception.MigrationError: it is something else
    """
    if not isinstance(engine, sa.engine.Engine):
        raise exception.MigrationError(
            _('%.60r is no Engine; heat.db.api.get_engine returns one') %
            (engine,))


@contextlib.contextmanager
def connection(engine, **options):
    """Connect, in a session that is as usual, and in no transaction.

    Costs two round trips on MySQL and PostgreSQL.

    :param engine: a sqlalchemy Engine
    :param options: execution options
    :raises oslo_db.exception.DBError: as the database says, whichever way
        the error takes
    """
    set_usual, reset = _USUAL.get(engine.name, (None, None))
    with (database_errors(engine),
          engine.connect().execution_options(**options) as conn,
          setting(conn, set_usual, reset)):
        yield conn


@contextlib.contextmanager
def setting(conn, statement, reset):
    """Let a session be set within this context.

    :param conn: a connection that is in no transaction
    :param statement: what sets it; None does nothing
    :param reset: what undoes it
    """
    if not statement:
        yield
        return
    _send(conn, statement)
    try:
        yield
    finally:
        # It goes back to the pool, unless it was lost: SQLAlchemy does not
        # always tell this object of it.
        if not conn.invalidated and conn.connection.is_valid:
            _send(conn, reset)


def _send(conn, statement):
    with conn.begin():
        conn.exec_driver_sql(statement)


@contextlib.contextmanager
def database_errors(engine):
    """Raise oslo.db's errors for those that pass by its filters.

    Errors of a driver do when SQLAlchemy sets the isolation level, and its
    own do when it reads a schema.

    :raises heat.db.exception.MigrationError: a table was to be read that is
        not there
    :raises oslo_db.exception.DBError: as the database says
    """
    try:
        yield
    except exc.DBAPIError as error:
        raise (db_exception.DBConnectionError if error.connection_invalidated
               else db_exception.DBError)(error) from error
    except exc.NoSuchTableError as error:
        raise exception.MigrationError(
            _('there is no table %s, though there is one at the version of '
              'the database: it is a broken copy; heat-manage db_check lists '
              'what is missing; restore a backup') %
            error) from error
    except engine.dialect.dbapi.Error as error:
        raise db_exception.DBConnectionError(error) from error
