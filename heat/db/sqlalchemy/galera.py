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

import pymysql
import sqlalchemy as sa


@sa.event.listens_for(sa.engine.Engine, 'connect')
def _recognise(connection, record):
    if isinstance(connection, pymysql.Connection):
        with connection.cursor() as cursor:
            cursor.execute("SHOW VARIABLES LIKE 'wsrep_on'")
            record.info['wsrep_on'] = cursor.fetchone() == ('wsrep_on', 'ON')


def catch_up(session):
    """Wait until this node has all that any node has committed.

    A node may be asked before it has applied what another one committed. To
    be called at the start of a transaction: inside one, nothing waits.
    """
    connection = session.connection()
    if connection.info.get('wsrep_on') and connection.dialect.is_mariadb:
        connection.execute(sa.text(
            'SET STATEMENT wsrep_sync_wait = 1 FOR SELECT 1'))
