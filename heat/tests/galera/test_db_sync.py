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

"""db_sync on a cluster that is in use."""

from concurrent import futures
import contextlib
import itertools
import signal
import threading

import fixtures
from oslo_db import exception as db_exception
from oslo_db.sqlalchemy import engines
import sqlalchemy as sa

from heat.db import api
from heat.tests import base as tests_base
from heat.tests import databases
from heat.tests.galera import base
from heat.tests.galera import server
from heat.tests.galera import test_stale
from heat.tests import places
from heat.tests import runners
from heat.tests import schema

DATABASE = 'heat_db_sync'
CATCH_UP = 'SET STATEMENT wsrep_sync_wait = 1 FOR SELECT 1'


class DBSyncTest(base.GaleraTestCase):

    def setUp(self):
        super().setUp()
        self.engines = []
        self.addCleanup(self._send, self.nodes[0],
                        'DROP DATABASE IF EXISTS ' + DATABASE)
        self._empty()
        self.engines = [self._engine(node) for node in self.nodes]
        databases.load(self.engines[0], '046')
        api.db_sync(self.engines[0])
        self.expected = self._describe(self.engines[0])
        self._prepare()

    def _engine(self, node):
        engine = engines.create_engine(node.url.set(database=DATABASE))
        self.addCleanup(engine.dispose)
        return engine

    def _prepare(self):
        self._empty()
        databases.load(self.engines[0], '046')

    def _empty(self):
        for engine in self.engines:
            engine.dispose()
        self._send(self.nodes[0], 'DROP DATABASE IF EXISTS ' + DATABASE)
        self._send(self.nodes[0], 'CREATE DATABASE ' + DATABASE)
        for node in self.nodes:
            self._send(node, CATCH_UP)

    def _send(self, node, statement):
        with node.connect() as connection:
            with connection.cursor() as cursor:
                cursor.execute(statement)

    def _describe(self, engine):
        return schema.describe(engine), schema.rows(engine)

    def _assert_done(self):
        for engine in self.engines:
            with engine.connect() as conn:
                conn.exec_driver_sql(CATCH_UP)
            for before, after in zip(self.expected, self._describe(engine)):
                self.assertEqual({}, schema.difference(before, after))

    def test_on_all_nodes_at_once(self):
        started = [runners.Runner(engine) for engine in self.engines * 2]
        self.assertEqual([0] * 6, [runner.wait() for runner in started])
        self._assert_done()

    def test_another_node_for_each_connection(self):
        nodes = itertools.cycle(self.nodes)

        def change_node(dialect, record, args, parameters):
            parameters['port'] = next(nodes).port

        engine = sa.create_engine(self.engines[0].url,
                                  poolclass=sa.pool.NullPool)
        sa.event.listen(engine, 'do_connect', change_node)
        api.db_sync(engine)
        self._assert_done()

    def test_node_that_does_not_know_of_it(self):
        """It is asked what there is, and waits before it answers."""
        first, last = self.engines[0], self.engines[-1]
        # The last version alone: a node that is far behind stops the others.
        api.db_sync(first, 85)
        lag = self.useFixture(test_stale.Lag(self.nodes[-1], self.nodes[0]))
        api.db_sync(first, with_indexes=False)
        with tests_base.recorded_statements(last) as statements:
            with futures.ThreadPoolExecutor(1) as executor:
                call = executor.submit(api.db_sync, last,
                                       with_indexes=False)
                try:
                    server.wait_for(
                        lambda: call.done() or self.nodes[-1].waits(),
                        'db_sync waits')
                finally:
                    lag.release()
                self.assertEqual([], call.result())
        self.assertEqual([], [statement for statement in statements
                              if statement.startswith('INSERT')])
        api.db_sync(first)
        self._assert_done()

    def test_killed_on_one_node_and_run_on_another(self):
        place = 0
        while place < 60:
            self._prepare()
            killed = runners.Runner(
                self.engines[1], before=lambda: places.kill_at(
                    self.engines[1], place)).wait()
            self.assertEqual(-signal.SIGKILL, killed)
            api.db_sync(self.engines[2])
            self._assert_done()
            place += 13

    def test_while_writers_run_on_its_node(self):
        """As far as Heat's services may go on."""
        writers = [self.useFixture(_Writer(self.engines[0], number))
                   for number in range(2)]
        api.db_sync(self.engines[0], 55)
        for writer in writers:
            writer.stop()
            self.assertEqual([(str(writer.count),)], writer.read())
            self.assertGreater(writer.count, 0)
        self.assertEqual(55, api.db_version(self.engines[0]))
        self.assertEqual(*map(schema.describe, self.engines[1:]))

    def test_services_are_to_be_stopped(self):
        """Writers on other nodes may stop a change, and it the cluster."""
        engine = self.engines[0]
        reasons = api.db_status(engine).needs_stopped_services
        self.assertEqual(reasons, {
            step.name: step.needs_stopped_services
            for step in api.db_plan(engine)
            if step.version and step.needs_stopped_services})
        self.assertIn('Galera', reasons['055_stack_convergence_data'])
        self.assertNotIn('066_placeholder', reasons)
        self.assertEqual([], api.db_sync(engine, online=True))
        api.db_sync(engine, with_indexes=False)
        self.assertEqual([], api.db_sync(engine, online=True))


class _Writer(fixtures.Fixture):
    """Writes to a resource without a pause: its table refers to stack."""

    def __init__(self, engine, number):
        self.engine = engine
        self.number = number
        self.count = 0
        self._stop = threading.Event()
        self._began = threading.Event()
        self._thread = threading.Thread(target=self._write)

    def _setUp(self):
        self.addCleanup(self.stop)
        with self.engine.connect() as conn:
            self.resource_id = conn.exec_driver_sql(
                'SELECT id FROM resource ORDER BY id LIMIT %d, 1' %
                self.number).scalar()
        self._thread.start()
        self._began.wait()

    def _write(self):
        while not self._stop.is_set():
            # What Galera rolls back for a change of the schema is repeated.
            with contextlib.suppress(db_exception.DBDeadlock):
                with self.engine.begin() as conn:
                    conn.exec_driver_sql(
                        'UPDATE resource SET rsrc_metadata = %s WHERE id = %s',
                        (str(self.count + 1), self.resource_id))
                self.count += 1
            self._began.set()

    def stop(self):
        self._stop.set()
        self._thread.join()

    def read(self):
        with self.engine.connect() as conn:
            return conn.exec_driver_sql(
                'SELECT rsrc_metadata FROM resource WHERE id = %s',
                (self.resource_id,)).all()
