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

"""The database that engines use, on servers of several kinds.

Each has these members: url, of the database; addresses of the servers, one
for each engine; prepare(), which makes the database anew;
end_sessions(), which ends all sessions at the server.
"""

import contextlib

from heat.tests import driver
from heat.tests.galera import cluster
import sqlalchemy as sa

ENGINES = 2

# The database to be in while another one is made anew.
_ELSEWHERE = {'mysql': 'information_schema', 'postgresql': 'postgres'}
_ANEW = {
    'mysql': ('DROP DATABASE IF EXISTS {name}',
              'CREATE DATABASE {name} CHARACTER SET utf8mb3'),
    'postgresql': ('DROP DATABASE IF EXISTS {name} WITH (FORCE)',
                   'CREATE DATABASE {name}'),
}
_END_SESSIONS = {
    'mysql': "SELECT CONCAT('KILL ', id) FROM information_schema.processlist "
             "WHERE db = '{name}' AND id <> CONNECTION_ID()",
    'postgresql': "SELECT CONCAT('SELECT pg_terminate_backend(', pid, ')') "
                  "FROM pg_stat_activity WHERE datname = '{name}' "
                  "AND pid <> pg_backend_pid()",
}


def connect(url):
    """Return an Engine that commits each statement.

    It uses no session that has ended.
    """
    return sa.create_engine(url, isolation_level='AUTOCOMMIT',
                            pool_pre_ping=True)


class Server:
    """One server, which other databases may use as well."""

    def __init__(self, url):
        self.url = driver.without_tls(sa.engine.make_url(url))
        self.addresses = [driver.address(self.url)] * ENGINES

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def prepare(self):
        kind = self.url.get_backend_name()
        engine = connect(self.url.set(database=_ELSEWHERE[kind]))
        with engine.connect() as connection:
            for statement in _ANEW[kind]:
                connection.exec_driver_sql(self._named(statement))
        engine.dispose()

    def end_sessions(self):
        engine = connect(self.url)
        with engine.connect() as connection:
            commands = list(connection.exec_driver_sql(self._named(
                _END_SESSIONS[engine.name])).scalars())
            for command in commands:
                # It may have ended by itself.
                with contextlib.suppress(sa.exc.DBAPIError):
                    connection.exec_driver_sql(command)
        engine.dispose()

    def _named(self, statement):
        return statement.format(name=self.url.database)


class Galera:
    """A cluster of this machine's own; each engine uses a node of its own."""

    def __enter__(self):
        self.cluster = cluster.Cluster()
        self.cluster.setUp()
        # The last node belongs to no engine: the checks use it.
        self.url = driver.without_tls(self.cluster.nodes[-1].url)
        self.addresses = [node.address
                          for node in self.cluster.nodes[:ENGINES]]
        return self

    def __exit__(self, *_):
        self.cluster.cleanUp()

    def prepare(self):
        """Do nothing: the database is new, and at the newest version."""
