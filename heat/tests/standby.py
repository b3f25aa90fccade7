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
"""A PostgreSQL server with a hot standby, made for a test."""

import getpass
import glob
import os
import pwd
import shutil
import subprocess

import fixtures
import sqlalchemy as sa

from heat.tests.galera import cluster

# The server itself refuses root.
USER = 'postgres' if getpass.getuser() == 'root' else getpass.getuser()
PROGRAMS = 'initdb', 'pg_ctl', 'pg_basebackup'


def find_programs():
    """Return the folder that has PROGRAMS, or None."""
    # Debian has them apart, by version.
    folders = sorted(glob.glob('/usr/lib/postgresql/*/bin'), reverse=True)
    for folder in *folders, *os.get_exec_path():
        if all(shutil.which(name, path=folder) for name in PROGRAMS):
            return folder


def missing():
    """Return what it takes and is not there, or None."""
    if find_programs() is None:
        return 'a standby needs ' + ', '.join(PROGRAMS)
    try:
        pwd.getpwnam(USER)
    except KeyError:
        return 'a standby needs the user ' + USER


class Standby(fixtures.Fixture):
    """Two servers of one database, the second of which follows the first.

    :ivar server: the Engine of the first one
    :ivar standby: the Engine of the second one
    """

    def _setUp(self):
        self._folder = self.useFixture(fixtures.TempDir()).path
        shutil.chown(self._folder, USER)
        ports = cluster.free_ports(2)
        self.server, self.standby = map(self._engine, ports)
        self._run('initdb', '--no-sync', '-A', 'trust', '-U', USER)
        self._start(self.server)
        self._run('pg_basebackup', '-h', '127.0.0.1', '-p', str(ports[0]),
                  '-U', USER, '-R', '-X', 'stream', '-c', 'fast', '--no-sync',
                  engine=self.standby)
        self._start(self.standby)

    def _engine(self, port):
        return sa.create_engine(sa.engine.URL.create(
            'postgresql+psycopg2', USER, host='127.0.0.1', port=port,
            database='postgres'), poolclass=sa.pool.NullPool)

    def _data(self, engine):
        return os.path.join(self._folder, str(engine.url.port))

    def _start(self, engine):
        self.addCleanup(self._run, 'pg_ctl', '-m', 'immediate', 'stop',
                        engine=engine)
        self._run('pg_ctl', '-w', '-l', self._data(engine) + '.log', '-o',
                  '-p %d -k %s -c fsync=off -c listen_addresses=127.0.0.1' % (
                      engine.url.port, self._folder), 'start', engine=engine)

    def _run(self, name, *args, engine=None):
        """Run a program, as the user that the server has."""
        prefix = (['runuser', '-u', USER, '--'] if USER != getpass.getuser()
                  else [])
        subprocess.run(
            [*prefix, os.path.join(find_programs(), name), '-D',
             self._data(engine or self.server), *args], check=True,
            cwd=self._folder, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL)
