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

"""What heat-status says of a cluster."""

import types

from heat.cmd.checks import server
from heat.common.config import CONF
from heat.tests import at
from heat.tests.galera import base

SUCCESS, WARNING = 0, 1


class ChecksTest(base.GaleraTestCase):

    def check(self, check, **options):
        engine = self.useFixture(at.At(self.nodes[0].url, **options)).engine
        result = check(types.SimpleNamespace(engine=engine))
        return result.code, result.details

    def test_server(self):
        """The servers of the tests do not wait for the disk."""
        code, details = self.check(server.durability)
        self.assertEqual(WARNING, code)
        self.assertIn('innodb_flush_log_at_trx_commit = 2 on a node of a '
                      'Galera cluster: ', details)
        self.assertEqual((SUCCESS, 'wsrep_sync_wait is 1.'),
                         self.check(server.cluster_reads))
        CONF.set_override('mysql_wsrep_sync_wait', 0, 'database')
        self.addCleanup(CONF.clear_override, 'mysql_wsrep_sync_wait',
                        'database')
        code, details = self.check(server.cluster_reads)
        self.assertEqual(WARNING, code)
        self.assertIn('wsrep_sync_wait is 0: ', details)
        CONF.clear_override('mysql_wsrep_sync_wait', 'database')
        self.assertEqual(
            (SUCCESS, 'wsrep_sync_wait is 7.'),
            self.check(server.cluster_reads, mysql_wsrep_sync_wait=7))
