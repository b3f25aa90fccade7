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

"""How many connections a process has, as the server counts them."""

from concurrent import futures
import contextlib
import gc
import threading

import fixtures
import sqlalchemy as sa

from heat.db import api
from heat.db.sqlalchemy.engine import facade
from heat.tests import at
from heat.tests import base
from heat.tests import driver

OLD = '11111111-1111-4111-8111-111111111111'
COUNT = {'mysql': 'SELECT COUNT(*) FROM information_schema.processlist '
                  "WHERE db = '%s'",
         'postgresql': 'SELECT COUNT(*) FROM pg_stat_activity '
                       "WHERE datname = '%s'"}


class ConnectionsTestCase(base.APITestCase):

    OPTIONS = {}

    def setUp(self):
        super().setUp()
        self.stack_id = self.create_stack(current_traversal=OLD).id
        # The only other one is that of the test.
        self.engine.dispose()
        url = driver.without_tls(self.engine.url)
        self.used = self.useFixture(at.At(url, **self.OPTIONS)).engine
        self.opened = []
        sa.event.listen(self.used, 'connect',
                        lambda *args: self.opened.append(1))
        self.used.dispose()

    def update(self):
        api.stack_update(self.context, self.stack_id, {'name': 'a'}, OLD)

    def transaction(self):
        """Write and read in a transaction of a caller."""
        request = at.request()
        with facade.context_manager.writer.using(request):
            api.stack_update(request, self.stack_id, {'name': 'b'}, OLD)
            api.stack_get(request, self.stack_id)

    def several_statements(self):
        api.raw_template_create(self.context, {'template': {}})


@base.only_on('mysql', 'postgresql')
class BudgetTest(ConnectionsTestCase):
    """max_pool_size and max_overflow are the limit, whatever is called."""

    OPTIONS = {'max_pool_size': 1, 'max_overflow': 3}

    def most_connections(self, done):
        """Return how many the server has at most, until something is done."""
        most = 0
        with contextlib.closing(driver.open_connection(
                self.engine.url)) as watcher:
            cursor = watcher.cursor()
            while not done.wait(0.01):
                cursor.execute(COUNT[self.driver] % self.engine.url.database)
                most = max(most, cursor.fetchone()[0])
        return most - 1

    def test_all_ways_share_it(self):
        done = threading.Event()
        with futures.ThreadPoolExecutor(13) as executor:
            most = executor.submit(self.most_connections, done)
            calls = [executor.submit(call) for call in (
                self.update, self.transaction, self.several_statements) * 40]
            try:
                for call in calls:
                    call.result()
            finally:
                done.set()
        self.assertEqual(4, most.result())
        self.assertEqual(4, len(self.opened))


@base.only_on('mysql', 'postgresql')
class KeptTest(ConnectionsTestCase):
    """Connections are kept while they are used, with the least of pools."""

    OPTIONS = {'max_pool_size': 1, 'connection_recycle_time': 10}

    def at_once(self):
        """Use three connections at once."""
        with (facade.context_manager.writer.using(at.request()) as first,
              facade.context_manager.writer.using(at.request()) as second):
            for session in first, second:
                session.connection()
            self.update()

    def test_many_calls(self):
        for _ in range(3):
            self.at_once()
        self.assertEqual(3, len(self.opened))
        self.assertEqual(3, self.used.pool.checkedin())

    def test_idle(self):
        self.at_once()
        self.useFixture(fixtures.MonkeyPatch(
            'heat.db.sqlalchemy.engine.connections.IDLE', 0))
        for _ in range(3):
            self.update()
        self.assertEqual(1, self.used.pool.checkedin())
        self.assertEqual(3, len(self.opened))

    def test_of_a_new_pool(self):
        self.used.dispose()
        self.test_idle()


class RestTest(ConnectionsTestCase):
    """Whatever was done with it, a connection commits again."""

    OPTIONS = {'max_pool_size': 1, 'max_overflow': 0}

    def assert_commits(self):
        self.update()
        self.several_statements()
        self.assertEqual([('a',)], self.select('SELECT name FROM stack'))
        self.transaction()
        self.assertEqual([('b',)], self.select('SELECT name FROM stack'))
        self.assertEqual(1, len(self.opened))

    def test_transaction(self):
        self.transaction()
        self.assert_commits()

    def test_transaction_that_fails(self):
        with contextlib.suppress(ZeroDivisionError):
            with facade.context_manager.writer.using(self.context) as session:
                session.connection()
                self.update()
                1 / 0
        self.assertEqual([(None,)], self.select('SELECT name FROM stack'))
        self.assert_commits()

    def test_isolation_level(self):
        for level in 'AUTOCOMMIT', 'SERIALIZABLE':
            with self.used.connect().execution_options(
                    isolation_level=level) as connection:
                with connection.begin():
                    connection.exec_driver_sql(
                        "UPDATE stack SET name = '%s'" % level)
            self.assertEqual([(level,)],
                             self.select('SELECT name FROM stack'))
        self.assert_commits()

    def test_what_nobody_has_closed(self):
        connection = self.used.connect()
        connection.begin()
        connection.exec_driver_sql("UPDATE stack SET name = 'lost'")
        del connection
        gc.collect()
        self.assertEqual([(None,)], self.select('SELECT name FROM stack'))
        self.assert_commits()


@base.only_on('sqlite')
class TurnTest(base.APITestCase):
    """Threads that write to a file of SQLite do not get in their way."""

    def test_nobody_is_refused(self):
        stack_id = self.create_stack(current_traversal=OLD).id
        # It does not wait for a lock, but says so at once.
        impatient = self.useFixture(at.At(self.engine.url.update_query_dict(
            {'timeout': '0'}))).engine
        refused = []
        sa.event.listen(impatient, 'handle_error', refused.append)

        def write(number):
            api.stack_update(self.context, stack_id,
                             {'name': str(number)}, OLD)
            api.raw_template_create(self.context, {'template': {}})

        with futures.ThreadPoolExecutor(8) as executor:
            list(executor.map(write, range(40)))
        self.assertEqual([], refused)
