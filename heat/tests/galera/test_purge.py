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

"""A purge on a cluster."""

from heat.db import api
from heat.tests import at
from heat.tests.db.sqlalchemy.maintenance import aged
from heat.tests.galera import base
from heat.tests.galera import server
from heat.tests.galera import test_stale


class PurgeTest(base.GaleraTestCase):

    def test_waits_for_a_node_that_can_not_keep_up(self):
        first, last = self.nodes[0], self.nodes[-1]
        engine = self.useFixture(at.At(last.url)).engine
        database = aged.Database()
        stack_id = aged.one_of_all(database, aged.OLD)
        database.store(engine)
        lag = self.useFixture(test_stale.Lag(last, first))
        for _ in range(15):
            first.select('INSERT INTO lag.lag VALUES (1)')
        server.wait_for(lambda: self.queue(last) > 10, 'a queue')
        told = []

        class Listener(api.PurgeListener):

            def waiting(self, reason):
                told.append(reason)
                lag.release()

        purged = api.purge_deleted(1, listener=Listener())
        self.assertIn('the cluster holds its writers back', told[0])
        self.assertEqual(1, purged.counts['stack'])
        self.assertEqual(0, len(first.select(
            "SET STATEMENT wsrep_sync_wait = 1 FOR SELECT id FROM stack "
            "WHERE id = '%s'" % stack_id, database=server.DATABASE)))

    def queue(self, node):
        return int(node.select(
            "SHOW STATUS LIKE 'wsrep_local_recv_queue'")[0][1])
