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
"""Statements that commit by themselves, and the connections they have."""

from concurrent import futures
import os
import signal
import threading

from oslo_db import exception as db_exception
import testtools

from heat.db import api
from heat.db import exception
from heat.db.sqlalchemy.engine import autocommit
from heat.tests import at
from heat.tests import base
from heat.tests import proxied

OLD = '11111111-1111-4111-8111-111111111111'
NEW = '22222222-2222-4222-8222-222222222222'


class EngineTest(base.APITestCase):

    def test_connections_are_set_up_alike(self):
        question = {'sqlite': 'PRAGMA foreign_keys',
                    'mysql': 'SELECT @@sql_mode, @@character_set_client',
                    'postgresql': 'SHOW client_encoding'}[self.driver]
        with autocommit.connection() as connection:
            answer = connection.exec_driver_sql(question).all()
        self.assertEqual(self.select(question), [tuple(answer[0])])

    def test_one_for_each_engine(self):
        self.assertIs(autocommit.get_engine(), autocommit.get_engine())
        self.assertIsNot(self.engine, autocommit.get_engine())

    def test_one_for_all_threads(self):
        def get_engine(number):
            barrier.wait()
            return autocommit.get_engine()
        barrier = threading.Barrier(8)
        self.useFixture(at.At(self.engine.url))
        with futures.ThreadPoolExecutor(8) as executor:
            self.assertEqual(1, len(set(executor.map(get_engine, range(8)))))

    def test_disposed_with_the_other(self):
        stack_id = self.create_stack().id
        pool = autocommit.get_engine().pool
        self.assertGreater(pool.checkedin(), 0)
        self.engine.dispose()
        self.assertEqual(0, pool.checkedin())
        self.assertIsNotNone(api.stack_get(self.context, stack_id))

    def test_connections_come_back(self):
        stack_id = self.create_stack(current_traversal=OLD).id
        for exp_trvsl in OLD, NEW:
            for values in {'name': 'a'}, {'raw_template_id': 0}:
                try:
                    api.stack_update(self.context, stack_id, values, exp_trvsl)
                except exception.HeatException:
                    pass
        self.assertEqual(0, autocommit.get_engine().pool.checkedout())

    def test_a_fork_has_connections_of_its_own(self):
        stack_id = self.create_stack(current_traversal=OLD).id
        child = os.fork()
        if not child:
            try:
                api.stack_update(self.context, stack_id, {'name': 'a'}, OLD)
                os._exit(0)
            finally:
                os._exit(1)
        self.assertEqual(0, os.waitpid(child, 0)[1])
        self.assertIs(True, api.stack_update(
            self.context, stack_id, {'status': 'a'}, OLD))
        self.assertEqual([('a', 'a')],
                         self.select('SELECT name, status FROM stack'))

    def test_what_was_read_is_not_kept_open(self):
        stack_id = self.create_stack(name='old').id
        self.assertEqual('old', api.stack_get(self.context, stack_id).name)
        self.execute("UPDATE stack SET name = 'new'")
        self.assertEqual('new', api.stack_get(self.context, stack_id).name)


# The other driver handles no signal before it has its answer.
@base.only_on('mysql')
class InterruptedTest(proxied.ProxiedTestCase):
    """What its connection was doing is not known: it is not used again."""

    def test_connection_is_closed(self):
        def interrupt(*args):
            raise KeyboardInterrupt
        stack_id = self.create_stack(current_traversal=OLD).id
        with autocommit.connection() as connection:
            used = connection.connection.dbapi_connection
        self.addCleanup(signal.signal, signal.SIGUSR1,
                        signal.signal(signal.SIGUSR1, interrupt))
        here = threading.get_ident()
        self.proxy.cut('before', b'UPDATE stack', then=lambda: (
            signal.pthread_kill(here, signal.SIGUSR1), done.wait()))
        done = threading.Event()
        try:
            self.assertRaises(KeyboardInterrupt, api.stack_update,
                              self.context, stack_id, {'name': 'a'}, OLD)
            self.assertFalse(used.open)
        finally:
            done.set()
        self.assertIs(True, api.stack_update(
            self.context, stack_id, {'name': 'a'}, OLD))


@base.only_on('mysql')
class HungUpTest(base.APITestCase):
    """MySQL hangs up with an error that drivers do not take for that."""

    ERROR = ("SIGNAL SQLSTATE '08S01' SET MYSQL_ERRNO = 1153, MESSAGE_TEXT = "
             "'Got a packet bigger than max_allowed_packet bytes'")

    def test_connection_is_not_used_again(self):
        with autocommit.connection() as connection:
            used = connection.connection.dbapi_connection
            self.assertRaises(db_exception.DBConnectionError,
                              connection.exec_driver_sql, self.ERROR)
        self.assertFalse(used.open)


class MemoryTest(testtools.TestCase):
    """A database in memory is there for one connection only."""

    def setUp(self):
        super().setUp()
        api.db_sync(self.useFixture(at.At('sqlite://')).engine)
        self.context = at.request()

    def test_all_in_one_connection(self):
        template = api.raw_template_create(self.context, {'template': {}})
        stack = api.stack_create(self.context, {
            'tenant': 'tenant', 'raw_template_id': template.id,
            'disable_rollback': False, 'current_traversal': OLD})
        self.assertIs(True, api.stack_update(
            self.context, stack.id, {'current_traversal': NEW}, OLD))
        error = self.assertRaises(
            exception.ConcurrentTransition, api.stack_update, self.context,
            stack.id, {'name': 'a'}, OLD)
        self.assertEqual(NEW, error.actual)
        self.assertEqual(NEW, api.stack_get(
            self.context, stack.id).current_traversal)
        api.stack_delete(self.context, stack.id, NEW)
        self.assertIsNone(api.stack_get(self.context, stack.id))
