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

"""How the check of real engines reaches its database."""

import sys

import sqlalchemy as sa

from heat.tests import proxied
from heat.tests import test_live_audit


class RowsTest(proxied.ProxiedTestCase):

    def setUp(self):
        super().setUp()
        tools = str(test_live_audit.TOOLS)
        sys.path.insert(0, tools)
        self.addCleanup(sys.path.remove, tools)
        from live import rows
        from live import servers
        self.server = servers.Server(self.proxied_engine.url)
        self.rows = rows.Rows(self.connect(self.server))

    def connect(self, server):
        from live import servers
        engine = servers.connect(server.url)
        self.addCleanup(engine.dispose)
        return engine

    def drop(self, database):
        with self.rows.engine.connect() as connection:
            connection.exec_driver_sql('DROP DATABASE ' + database)

    def test_a_database_that_is_not_there_yet(self):
        name = self.server.url.database + '_live'
        new = type(self.server)(self.server.url.set(database=name))
        new.prepare()
        self.addCleanup(self.drop, name)
        self.assertEqual([], sa.inspect(self.connect(new)).get_table_names())

    def test_a_session_that_ends_between_two_reads(self):
        self.assertEqual(0, self.rows.count_workers())
        self.server.end_sessions()
        with self.rows.engine.connect() as connection:
            self.assertEqual([], connection.exec_driver_sql(
                'SELECT * FROM service').fetchall())

    def test_a_session_that_ends_amid_a_read(self):
        cut = self.proxy.cut('after', b'FROM service')
        self.assertEqual(0, self.rows.count_workers())
        self.assertEqual(1, cut.done)
