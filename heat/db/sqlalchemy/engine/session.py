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

# What sets a session, and what undoes it. sql_mode is that of oslo.db, but
# SQLAlchemy has seen how names are quoted.
_USUAL = {
    'mysql': (
        'SET @heat_sql_mode = @@SESSION.sql_mode, SESSION sql_mode = '
        "CONCAT('TRADITIONAL', IF(FIND_IN_SET('ANSI_QUOTES', "
        "@@SESSION.sql_mode), ',ANSI_QUOTES', ''))",
        'SET SESSION sql_mode = @heat_sql_mode'),
    'postgresql': ('SET quote_all_identifiers = off',
                   'RESET quote_all_identifiers'),
}


@contextlib.contextmanager
def usual(conn):
    """Let the session of a connection be as usual within this context.

    Costs a statement at its begin and at its end; none on SQLite.

    :param conn: a connection that is in no transaction
    :raises oslo_db.exception.DBError: as the database says
    """
    set_usual, reset = _USUAL.get(conn.dialect.name, (None, None))
    send(conn, set_usual)
    try:
        yield
    finally:
        # It goes back to the pool.
        if not conn.invalidated:
            send(conn, reset)


def send(conn, setting):
    """Send a setting of the session, in a transaction of its own.

    :param setting: a statement; None does nothing
    """
    if setting:
        with conn.begin():
            conn.exec_driver_sql(setting)
