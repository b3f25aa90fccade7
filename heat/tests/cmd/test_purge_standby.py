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
"""heat-manage purge_deleted --replica, with a hot standby of PostgreSQL."""

import os
import subprocess
import sys

import testtools

from heat.db import api
from heat.tests import base
from heat.tests.db.sqlalchemy.maintenance import aged
from heat.tests.galera import server
from heat.tests import standby


class StandbyTest(testtools.TestCase):

    def setUp(self):
        missing = standby.missing()
        if missing:
            if 'postgresql' in base.REQUIRED_ENGINES:
                self.fail(missing)
            self.skipTest(missing)
        super().setUp()
        self.servers = self.useFixture(standby.Standby())
        api.db_sync(self.servers.server)
        database = aged.Database()
        for _ in range(3):
            aged.one_of_all(database, aged.OLD)
        database.store(self.servers.server)
        self.wait_for_standby(3)

    def select(self, engine, statement):
        with engine.connect() as conn:
            return conn.exec_driver_sql(statement).scalar()

    def stacks(self, engine):
        return self.select(engine, 'SELECT count(*) FROM stack')

    def wait_for_standby(self, number):
        server.wait_for(
            lambda: self.stacks(self.servers.standby) == number,
            'the standby has %d stacks' % number)

    def start(self):
        urls = {name: engine.url.render_as_string() for name, engine in (
            ('CONNECTION', self.servers.server),
            ('SLAVE_CONNECTION', self.servers.standby))}
        process = subprocess.Popen(
            (sys.executable, '-m', 'heat.cmd.manage', 'purge_deleted', '-b',
             '1', '--replica'),
            env={**os.environ, **{'OS_DATABASE__' + name: url
                                  for name, url in urls.items()}},
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def test_pauses_while_the_replay_does(self):
        self.select(self.servers.standby, 'SELECT pg_wal_replay_pause()')
        process = self.start()
        for line in process.stderr:
            if 'waiting' in line:
                break
        self.assertIn('waiting: the replica has not deleted yet', line)
        self.assertEqual(2, self.stacks(self.servers.server))
        self.assertEqual(3, self.stacks(self.servers.standby))

        self.select(self.servers.standby, 'SELECT pg_wal_replay_resume()')
        rest = process.stderr.read()
        self.assertEqual(0, process.wait())
        self.assertIn('3 stacks and ', rest)
        self.assertEqual(0, self.stacks(self.servers.server))
        self.wait_for_standby(0)
