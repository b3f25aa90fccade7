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

"""A node that is asked before it has applied what another one committed."""

from concurrent import futures

import fixtures
from oslo_db import exception as db_exception

from heat.common.config import CONF
from heat.db import api
from heat.db import exception
from heat.db.sqlalchemy.engine import facade
from heat.tests import at
from heat.tests.galera import base
from heat.tests.galera import faults
from heat.tests.galera import server
from heat.tests import proxy

OLD = '11111111-1111-4111-8111-111111111111'
MIDDLE = '22222222-2222-4222-8222-222222222222'
NEW = '33333333-3333-4333-8333-333333333333'


class Lag(fixtures.Fixture):
    """A node does not apply what follows, until it is released."""

    def __init__(self, node, other):
        super().__init__()
        self.node = node
        self.other = other

    def _setUp(self):
        self.other.select('CREATE DATABASE IF NOT EXISTS lag')
        self.other.select('CREATE TABLE IF NOT EXISTS lag.lag (n INTEGER)')
        self.node.select('SET STATEMENT wsrep_sync_wait = 1 FOR SELECT 1')
        self._lock = self.node.connect()
        self.addCleanup(self._lock.close)
        self._lock.cursor().execute('LOCK TABLES lag.lag READ')
        # Nothing overtakes it.
        self.other.select('INSERT INTO lag.lag VALUES (1)')

    def release(self):
        self._lock.cursor().execute('UNLOCK TABLES')


class StaleTestCase(base.GaleraTestCase):
    """The API talks to a node that does not know what the first one does.

    Reads do not wait for it, unless a test lets them.
    """

    def setUp(self):
        super().setUp()
        self.wait_for_reads(0)
        self.first, self.last = self.nodes[0], self.nodes[-1]
        self.context = at.request()
        self.stack_id = self.create()

    def wait_for_reads(self, wsrep_sync_wait):
        CONF.set_override('mysql_wsrep_sync_wait', wsrep_sync_wait, 'database')
        self.addCleanup(CONF.clear_override, 'mysql_wsrep_sync_wait',
                        'database')

    def create(self):
        return at.create_stack(self.first.url, current_traversal=OLD)

    def work_at(self, url, **options):
        self.useFixture(at.At(url, **options))
        self.lag = self.useFixture(Lag(self.last, self.first))

    def start(self, traversal):
        self.first.select(
            "UPDATE stack SET current_traversal = '%s' WHERE id = '%s'" % (
                traversal, self.stack_id), database=server.DATABASE)

    def update(self, exp_trvsl, **values):
        return api.stack_update(self.context, self.stack_id,
                                {'name': 'new', **values}, exp_trvsl)

    def told(self, function, *args, **kwargs):
        """Return the result of a call that has to wait, or its error."""
        with futures.ThreadPoolExecutor(1) as executor:
            call = executor.submit(function, *args, **kwargs)
            try:
                server.wait_for(lambda: call.done() or self.last.waits(),
                                'a call waits')
            finally:
                self.lag.release()
            return call.exception() or call.result()


class FenceTest(StaleTestCase):

    def test_traversal_that_the_node_does_not_know(self):
        self.work_at(self.last.url)
        self.start(NEW)
        self.assertIs(True, self.told(self.update, NEW))

    def test_stack_that_the_node_does_not_know(self):
        self.work_at(self.last.url)
        self.stack_id = self.create()
        self.assertIs(True, self.told(self.update, OLD))

    def test_template_that_the_node_does_not_know(self):
        self.work_at(self.last.url)
        with at.At(self.first.url):
            template_id = api.raw_template_create(
                self.context, {'template': {}}).id
        self.assertIsNone(self.told(
            api.raw_template_delete, self.context, template_id))

    def test_conflict_that_the_node_does_not_know(self):
        self.work_at(self.last.url)
        self.start(MIDDLE)
        self.start(NEW)
        error = self.told(self.update, MIDDLE)
        self.assertIsInstance(error, exception.ConcurrentTransition)
        self.assertEqual(NEW, error.actual)

    def test_own_write_that_the_node_does_not_know(self):
        """The connection is lost, and the next one is to another node."""
        lossy = self.useFixture(proxy.Proxy(self.first.address))
        self.work_at(self.first.url.set(port=lossy.port))
        self.start(MIDDLE)
        cut = lossy.cut('after', faults.UPDATE,
                        then=lambda: lossy.turn_to(self.last.address))
        self.assertIs(True, self.told(
            self.update, MIDDLE, current_traversal=NEW))
        self.assertEqual(1, cut.done)
        self.assertEqual((NEW,), self.first.select(
            'SET STATEMENT wsrep_sync_wait = 1 FOR SELECT current_traversal '
            "FROM stack WHERE id = '%s'" % self.stack_id,
            database=server.DATABASE)[0])

    def test_own_deletion_that_the_node_does_not_know(self):
        lossy = self.useFixture(proxy.Proxy(self.first.address))
        self.work_at(self.first.url.set(port=lossy.port))
        self.start(NEW)
        cut = lossy.cut('after', faults.COMMIT,
                        then=lambda: lossy.turn_to(self.last.address))
        self.assertIsNone(self.told(
            api.stack_delete, self.context, self.stack_id, NEW))
        self.assertEqual(1, cut.done)


class OptionsTest(StaleTestCase):
    """What [database] offers for a cluster has its effect."""

    def get(self):
        return api.stack_get(self.context, self.stack_id).current_traversal

    def update_in_transaction(self):
        with facade.context_manager.writer.using(self.context):
            return self.update(NEW)

    def test_a_read_waits_by_default(self):
        self.wait_for_reads(None)
        self.work_at(self.last.url)
        self.start(NEW)
        self.assertEqual(NEW, self.told(self.get))

    def test_a_read_may_be_stale(self):
        self.work_at(self.last.url)
        self.start(NEW)
        self.assertEqual(OLD, self.get())
        self.lag.release()

    def test_wsrep_sync_wait_for_reads(self):
        self.work_at(self.last.url, mysql_wsrep_sync_wait=1)
        self.start(NEW)
        self.assertEqual(NEW, self.told(self.get))

    def test_a_callers_transaction_may_be_stale(self):
        self.work_at(self.last.url)
        self.start(NEW)
        error = self.assertRaises(exception.ConcurrentTransition,
                                  self.update_in_transaction)
        self.assertEqual(OLD, error.actual)
        self.lag.release()

    def test_wsrep_sync_wait_for_a_callers_transaction(self):
        self.work_at(self.last.url, mysql_wsrep_sync_wait=3)
        self.start(NEW)
        self.assertIs(True, self.told(self.update_in_transaction))

    def test_retries(self):
        """Who loses the certification tries again, or gets the error."""
        for retries, expected in ((1, exception.ConcurrentTransition),
                                  (0, db_exception.DBDeadlock)):
            self.start_elsewhere(retries)
            self.assertIsInstance(self.told(
                api.stack_delete, self.context, self.stack_id, OLD), expected)
            self.start(OLD)

    def test_a_statement_that_commits_is_retried_by_the_node(self):
        self.start_elsewhere(retries=0)
        self.assertIsInstance(self.told(self.update, OLD),
                              exception.ConcurrentTransition)

    def start_elsewhere(self, retries):
        CONF.set_override('db_max_retries', retries, 'database')
        self.addCleanup(CONF.clear_override, 'db_max_retries', 'database')
        self.work_at(self.last.url)
        self.start(NEW)
