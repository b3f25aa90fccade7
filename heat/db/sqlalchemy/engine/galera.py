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

"""What a Galera cluster needs that a single server does not."""

import sys

from oslo_db import exception as db_exception
from oslo_db.sqlalchemy import exc_filters
import sqlalchemy as sa

# Execution options of a SELECT that waits until its node has all that any
# node has committed: it may be asked before it has applied that. Inside a
# transaction nothing waits.
UP_TO_DATE = {'up_to_date': True}


@exc_filters.filters('mysql', sa.exc.OperationalError,
                     r'.*\b1180\b.*provider status')
def _outcome_unknown(error, match, engine_name, is_disconnect):
    """Map what a COMMIT says when the node has lost the other ones.

    The server is there, but nobody can tell what came of the COMMIT::

        (1180, 'Error while appending streaming replication fragment(provider
            status: Not connected to Primary Component)')
    """
    raise db_exception.DBConnectionError(error)


@sa.event.listens_for(sa.engine.Engine, 'connect')
def _recognise(connection, record):
    # Whoever has such a connection has loaded the driver; others need none.
    pymysql = sys.modules.get('pymysql')
    if pymysql and isinstance(connection, pymysql.Connection):
        with connection.cursor() as cursor:
            cursor.execute("SHOW VARIABLES LIKE 'wsrep_on'")
            record.info['wsrep_on'] = cursor.fetchone() == ('wsrep_on', 'ON')


def catch_up(connection, cursor, statement, parameters, context, many):
    """Let a SELECT wait if its options are UP_TO_DATE.

    A listener for SQLAlchemy's event before_cursor_execute, with retval.
    """
    if (context.execution_options.get('up_to_date') and
            connection.info.get('wsrep_on') and connection.dialect.is_mariadb):
        statement = 'SET STATEMENT wsrep_sync_wait = 1 FOR ' + statement
    return statement, parameters


def stay_current(connection, branch):
    """Let each statement wait until this node has caught up.

    A listener for SQLAlchemy's event engine_connect, for those who change
    the schema: what a node does not have yet must not be made again.
    """
    if connection.info.get('wsrep_on'):
        with connection.connection.cursor() as cursor:
            cursor.execute('SET SESSION wsrep_sync_wait = 7')
