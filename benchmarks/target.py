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

"""A server, and the scratch database there in which it is measured."""

import contextlib
import os
import secrets
import signal
import tempfile

import sqlalchemy as sa

from heat.db import api
from heat.tests import at
from heat.tests import driver
from heat.tests.galera import cluster

SERVERS = {
    'mysql': 'mysql+pymysql://openstack_citest:openstack_citest@127.0.0.1/'
             '?charset=utf8',
    'postgresql': 'postgresql+psycopg2://openstack_citest:openstack_citest@'
                  '127.0.0.1/openstack_citest'}
SINGLE = ('sqlite', *SERVERS)
ENGINES = (*SINGLE, 'galera')
DESCRIPTIONS = {
    'sqlite': "SELECT 'SQLite ' || sqlite_version()",
    'mysql': "SELECT CONCAT(@@version, ', innodb_flush_log_at_trx_commit=', "
             '@@innodb_flush_log_at_trx_commit)',
    'postgresql': "SELECT 'PostgreSQL ' || current_setting('server_version') "
                  "|| ', synchronous_commit=' || "
                  "current_setting('synchronous_commit')"}
CREATE = {'mysql': 'CREATE DATABASE %s CHARACTER SET utf8',
          'postgresql': 'CREATE DATABASE %s'}
DROP = {'mysql': 'DROP DATABASE %s',
        'postgresql': 'DROP DATABASE %s WITH (FORCE)'}


class Target:
    """A database of Heat.

    :param urls: of its nodes
    """

    def __init__(self, engine, urls):
        self.engine = engine
        self.urls = [driver.without_tls(url) for url in urls]

    def description(self):
        dialect = self.urls[0].get_backend_name()
        return self._select(0, DESCRIPTIONS[dialect])[0]

    def create_stack(self, traversal):
        """Return the id of a new stack in this traversal."""
        return at.create_stack(self.urls[0], current_traversal=traversal)

    def stored(self, stack_id):
        """Return the traversal and the status that the last node has."""
        return self._select(
            -1, "SELECT current_traversal, status FROM stack WHERE id = '%s'"
            % stack_id)

    def _select(self, node, statement):
        with contextlib.closing(driver.open_connection(
                self.urls[node])) as opened:
            cursor = opened.cursor()
            if self.engine == 'galera':
                cursor.execute('SET SESSION wsrep_sync_wait = 1')
            cursor.execute(statement)
            return tuple(cursor.fetchone())


def scratch(engine, url, directory, migrate=api.db_sync):
    """Return a context manager with a Target that is removed afterwards.

    :param url: of another server than the tests' own, or None
    :param directory: for the file of SQLite
    :param migrate: makes the schema for a SQLAlchemy Engine; a cluster has
        the newest one
    """
    if engine == 'sqlite':
        return _scratch_file(directory, migrate)
    if engine == 'galera':
        return _scratch_cluster()
    return _scratch_database(engine, driver.without_tls(
        url or sa.engine.make_url(SERVERS[engine])), migrate)


@contextlib.contextmanager
def _scratch_file(directory, migrate):
    with tempfile.TemporaryDirectory(dir=directory) as scratch:
        url = sa.engine.URL.create(
            'sqlite', database=os.path.join(scratch, 'heat.sqlite'))
        _make(url, migrate)
        yield Target('sqlite', [url])


@contextlib.contextmanager
def _scratch_cluster():
    with cluster.Cluster() as servers:
        yield Target('galera', [node.url for node in servers.nodes])


@contextlib.contextmanager
def _scratch_database(engine, server, migrate):
    name = 'heat_benchmark_' + secrets.token_hex(6)
    _administer(server, CREATE[engine] % name)
    try:
        _make(server.set(database=name), migrate)
        yield Target(engine, [server.set(database=name)])
    finally:
        # Who is impatient now would leave it behind.
        with _uninterrupted():
            _administer(server, DROP[engine] % name)


def _administer(server, statement):
    with contextlib.closing(driver.open_connection(server)) as connection:
        connection.cursor().execute(statement)


def _make(url, migrate):
    engine = sa.create_engine(url)
    try:
        migrate(engine)
    finally:
        engine.dispose()


@contextlib.contextmanager
def _uninterrupted():
    before = {number: signal.signal(number, signal.SIG_IGN)
              for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
