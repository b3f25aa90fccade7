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

"""Several SELECTs that see one state, while others go on writing."""

import contextlib

from heat.db.sqlalchemy.engine.retry import retry

# SQLite's transactions are like this anyway.
_ISOLATION = {'mysql': {'isolation_level': 'REPEATABLE READ'},
              'postgresql': {'isolation_level': 'REPEATABLE READ'}}


def read(engine, function):
    """Call a function that reads, and return what it returns.

    All that it reads is as of its first SELECT; on a node of a Galera cluster,
    with all that was committed before on any node. Nobody waits for it, and
    it changes nothing.

    :param engine: a sqlalchemy Engine
    :param function: called with a function that executes a statement with
        parameters; again after a lost connection
    :raises: what the function raises
    :raises oslo_db.exception.DBError: as the database says
    """
    def read_once():
        with engine.connect().execution_options(
                **_ISOLATION.get(engine.name, {})) as connection:
            _catch_up(connection)
            return function(connection.execute)

    return retry(read_once)


def _catch_up(connection):
    """Let a node of a cluster catch up before it sees the state."""
    if connection.info.get('wsrep_on') and connection.dialect.is_mariadb:
        with contextlib.closing(connection.connection.cursor()) as cursor:
            cursor.execute('SET STATEMENT wsrep_sync_wait = 1 FOR SELECT 1')
