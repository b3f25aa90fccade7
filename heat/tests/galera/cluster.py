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

"""A Galera cluster of three nodes on this machine."""

import contextlib
import getpass
import json
import os
import random
import shutil
import socket
import subprocess
import sys

import fixtures
import pymysql
import sqlalchemy as sa

from heat.db import api
from heat.tests.galera import keeper
from heat.tests.galera import server

NODES = 3
PROVIDERS = ('/usr/lib/galera/libgalera_smm.so',
             '/usr/lib64/galera/libgalera_smm.so')
# rsync, started by root, would write as nobody.
USER = 'mysql' if os.getuid() == 0 else getpass.getuser()
# Where servers are that no user has in PATH.
PATH = os.pathsep.join([os.environ.get('PATH', os.defpath),
                        '/usr/sbin', '/usr/libexec'])

CONFIGURATION = """
[mysqld]
user={user}
datadir={directory}/data
socket={directory}/socket
pid-file={directory}/pid
bind-address=127.0.0.1
port={ports[0]}
skip-name-resolve
character-set-server=utf8mb4
performance_schema=OFF
key_buffer_size=1M
aria_pagecache_buffer_size=1M
innodb_buffer_pool_size=32M
innodb_log_file_size=16M
innodb_autoinc_lock_mode=2
innodb_flush_log_at_trx_commit=2
binlog_format=ROW
wsrep_on=ON
wsrep_provider={provider}
wsrep_provider_options=gmcast.listen_addr=tcp://127.0.0.1:{ports[1]};\
ist.recv_addr=127.0.0.1:{ports[2]};gcache.size=32M
wsrep_cluster_name={name}
wsrep_cluster_address=gcomm://{addresses}
wsrep_node_name={number}
wsrep_node_address=127.0.0.1:{ports[1]}
wsrep_sst_method=rsync
wsrep_sst_receive_address=127.0.0.1:{ports[3]}
"""


def find_provider():
    return next(filter(os.path.exists, PROVIDERS), None)


def missing():
    """Return what a cluster needs and this machine lacks."""
    lacks = [program for program in ('mariadbd', 'mariadb-install-db', 'rsync')
             if not shutil.which(program, path=PATH)]
    return lacks + ([] if find_provider() else ['galera-4'])


def free_ports(number):
    """Return ports that stay free while nobody listens there.

    Not those that the kernel gives to clients: a client could get the very
    port it is connecting to.
    """
    with open('/proc/sys/net/ipv4/ip_local_port_range') as ports:
        end = int(ports.read().split()[0])
    candidates = random.sample(range(10000, max(20000, end)), number * 20)
    return list(filter(_is_free, candidates))[:number]


def _is_free(port):
    with socket.socket() as opened, contextlib.suppress(OSError):
        opened.bind(('127.0.0.1', port))
        return True


class Cluster(fixtures.Fixture):
    """Three nodes with a database at the newest version."""

    def _setUp(self):
        self._keeper = subprocess.Popen(
            [sys.executable, keeper.__file__, USER], text=True,
            start_new_session=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE)
        self.addCleanup(self._stop)
        self.directory = self._keeper.stdout.readline().strip()
        ports = free_ports(4 * NODES)
        self.nodes = [server.Node(number, ports[4 * number:4 * number + 4])
                      for number in range(NODES)]
        for node in self.nodes:
            self._configure(node)
        self._install()
        self.start(self.nodes[0], '--wsrep-new-cluster')
        self.wait_until_synced(self.nodes[:1])
        for node in self.nodes[1:]:
            self.start(node)
        self.wait_until_synced()
        self.nodes[0].select('CREATE DATABASE %s' % server.DATABASE)
        engine = sa.create_engine(self.nodes[0].url)
        api.db_sync(engine)
        engine.dispose()

    def _stop(self):
        self._keeper.stdin.close()
        self._keeper.wait()
        self._keeper.stdout.close()

    def log(self):
        """Return what the servers have printed."""
        with open(os.path.join(self.directory, keeper.LOG)) as log:
            return log.read()

    def _path(self, node, name=''):
        return os.path.join(self.directory, str(node.number), name)

    def _configure(self, node):
        os.makedirs(self._path(node, 'data'))
        for path in (self._path(node), self._path(node, 'data')):
            shutil.chown(path, USER)
        with open(self._path(node, 'cnf'), 'w') as file:
            file.write(CONFIGURATION.format(
                user=USER, directory=self._path(node),
                ports=node.ports, provider=find_provider(),
                name=os.path.basename(self.directory), number=node.number,
                addresses=','.join('127.0.0.1:%d' % node.ports[1]
                                   for node in self.nodes)))

    def _install(self):
        """Make the data of the first node, which the others will copy."""
        subprocess.run(
            ['mariadb-install-db',
             '--defaults-file=' + self._path(self.nodes[0], 'cnf'),
             '--auth-root-authentication-method=normal', '--skip-test-db',
             '--wsrep-on=OFF'],
            check=True, capture_output=True, cwd='/', user=USER,
            env={**os.environ, 'PATH': PATH})

    def start(self, node, *options):
        command = [shutil.which('mariadbd', path=PATH),
                   '--defaults-file=' + self._path(node, 'cnf'), *options]
        print(json.dumps(command), file=self._keeper.stdin, flush=True)
        node.pid = int(self._keeper.stdout.readline())

    def wait_until_synced(self, nodes=None):
        """Wait until the nodes, by default all, are one cluster."""
        nodes = nodes or self.nodes
        server.wait_for(
            lambda: all(node.is_synced(len(nodes)) for node in nodes),
            '%s are one cluster' % ', '.join(map(str, nodes)))

    def is_whole(self):
        try:
            return all(node.is_synced(NODES) for node in self.nodes)
        except (AssertionError, pymysql.Error):
            return False

    def others(self, node):
        return [other for other in self.nodes if other is not node]
