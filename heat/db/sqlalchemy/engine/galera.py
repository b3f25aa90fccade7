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

import contextlib

from heat.db.sqlalchemy.engine import options

# Execution options of a SELECT that waits until its node has all that any
# node has committed: it may be asked before it has applied that. Inside a
# transaction nothing waits.
UP_TO_DATE = {'up_to_date': True}

_FLOW_CONTROL = (
    'SHOW GLOBAL STATUS WHERE Variable_name IN '
    "('wsrep_flow_control_paused_ns', 'wsrep_local_recv_queue')")


def recognise(connection, record):
    """Note whether the server is a node of a cluster; let reads be current.

    A listener for the event connect, on an Engine for MySQL or MariaDB. An
    engine is asked to go on with what another one has written by way of
    another node: what it reads then must not be out of date.
    """
    _ask(connection, record.info)
    if (record.info['wsrep_on'] and
            options.get('mysql_wsrep_sync_wait') is None):
        with contextlib.closing(connection.cursor()) as cursor:
            cursor.execute(
                'SET SESSION wsrep_sync_wait = @@wsrep_sync_wait | 1')


def _ask(connection, info):
    with contextlib.closing(connection.cursor()) as cursor:
        cursor.execute("SHOW VARIABLES LIKE 'wsrep_on'")
        info['wsrep_on'] = cursor.fetchone() == ('wsrep_on', 'ON')


def catch_up(connection, cursor, statement, parameters, context, many):
    """Let a SELECT wait if its options are UP_TO_DATE.

    A listener for SQLAlchemy's event before_cursor_execute, with retval.
    """
    if connection.info.get('wsrep_on'):
        statement = waiting(context.execution_options, statement,
                            connection.dialect)
    return statement, parameters


def waiting(options, text, dialect):
    """Return the text of a statement as a node of a cluster is to get it.

    :param options: the execution options of the statement
    """
    if options.get('up_to_date') and getattr(dialect, 'is_mariadb', False):
        return 'SET STATEMENT wsrep_sync_wait = 1 FOR ' + text
    return text


def wait(session):
    """Let a node have all that the cluster has committed. One statement.

    None on what is no node of a cluster.

    :param session: an orm.Session
    :returns: whether it is a node
    """
    connection = session.connection()
    if not is_node(connection):
        return False
    connection.exec_driver_sql(
        'SET STATEMENT wsrep_sync_wait = 1 FOR SELECT 1')
    return True


def is_node(connection):
    """Tell whether a SQLAlchemy Connection is to a node of a cluster."""
    info = connection.info
    if connection.dialect.name == 'mysql' and 'wsrep_on' not in info:
        # The engine may be one that another has made.
        _ask(connection.connection, info)
    return bool(info.get('wsrep_on'))


def stay_current(connection, branch):
    """Let each statement wait until this node has caught up.

    A listener for SQLAlchemy's event engine_connect, for those who change
    the schema: what a node does not have yet must not be made again.
    """
    if is_node(connection):
        with contextlib.closing(connection.connection.cursor()) as cursor:
            cursor.execute('SET SESSION wsrep_sync_wait = 7')


def flow_control(connection):
    """Return what a node tells of the flow control of its cluster.

    One statement; none on what is no node of a cluster.

    :param connection: a SQLAlchemy Connection
    :returns: for how many nanoseconds in all the cluster has held writers
        back, and how much this node has yet to apply; None for no node
    """
    if not connection.info.get('wsrep_on'):
        return None
    found = dict(connection.exec_driver_sql(_FLOW_CONTROL).all())
    return (int(found.get('wsrep_flow_control_paused_ns', 0)),
            int(found.get('wsrep_local_recv_queue', 0)))
