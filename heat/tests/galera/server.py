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

"""One server of a Galera cluster on this machine."""

import os
import signal
import time

import pymysql
import sqlalchemy as sa

DATABASE = 'heat'
# Nothing takes as long, not even on a machine that is busy.
TIMEOUT = 120


def wait_for(condition, what):
    """Return the first result that is true.

    A server that does not answer as it should has not fulfilled it yet.
    """
    deadline = time.monotonic() + TIMEOUT
    while True:
        problem = None
        try:
            result = condition()
            if result:
                return result
        except pymysql.Error as error:
            problem = error
        if time.monotonic() > deadline:
            raise AssertionError('not within %d s: %s; %s' % (
                TIMEOUT, what, problem))
        time.sleep(0.05)


class Node:
    """One server.

    :ivar pid: of its process, if it has one
    """

    def __init__(self, number, ports):
        self.number = number
        self.ports = ports
        self.address = self.host, self.port = '127.0.0.1', ports[0]
        self.pid = None

    def __str__(self):
        return 'node %d' % self.number

    @property
    def url(self):
        return sa.engine.URL.create(
            'mysql+pymysql', 'root', host=self.host, port=self.port,
            database=DATABASE, query={'charset': 'utf8'})

    def connect(self, **options):
        return pymysql.connect(host=self.host, port=self.port, user='root',
                               autocommit=True, **options)

    def select(self, statement, **options):
        """Return all rows; the connection is a new one."""
        with self.connect(read_timeout=10, **options) as connection:
            with connection.cursor() as cursor:
                cursor.execute(statement)
                return cursor.fetchall()

    def status(self):
        return dict(self.select("SHOW GLOBAL STATUS LIKE 'wsrep%'"))

    def is_synced(self, size):
        if self._is_gone():
            raise AssertionError('%s has died' % self)
        status = self.status()
        return (status['wsrep_local_state_comment'] == 'Synced' and
                status['wsrep_ready'] == 'ON' and
                status['wsrep_cluster_size'] == str(size))

    def refuses(self):
        """Tell whether it knows that it is in a minority."""
        return self.status()['wsrep_cluster_status'] == 'non-Primary'

    def waits(self):
        """Tell whether a statement has been waiting."""
        return self.select(
            "SELECT id FROM information_schema.processlist WHERE "
            "user = 'root' AND command = 'Query' AND time_ms > 300")

    def isolate(self, on):
        """Let the node hear and say nothing, or end that."""
        self.select("SET GLOBAL wsrep_provider_options = 'gmcast.isolate=%d'"
                    % on)

    def kill(self):
        self.signal(signal.SIGKILL)
        wait_for(self._is_gone, '%s dies' % self)
        self.pid = None

    def signal(self, number):
        os.kill(self.pid, number)

    def _is_gone(self):
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
