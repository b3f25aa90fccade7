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
"""How often the functions of the API go to the server, counted on the wire."""

from concurrent import futures
import uuid

from heat.db import api
from heat.db import exception
from heat.tests import proxied

OLD = '11111111-1111-4111-8111-111111111111'
STALE = '33333333-3333-4333-8333-333333333333'


class RoundTripsTest(proxied.ProxiedTestCase):

    def setUp(self):
        super().setUp()
        self.template_id = self.create_template().id
        self.stack = self.new_stack()
        # The connections are there.
        self.assertRaises(exception.NotFound, self.update, 'absent', OLD)

    def new_stack(self, **values):
        return self.create_stack(
            **{'name': 'name', **values}, raw_template_id=self.template_id,
            current_traversal=OLD)

    def update(self, stack_id, exp_trvsl, **values):
        return api.stack_update(
            self.context, stack_id, {'status': 'COMPLETE', **values},
            exp_trvsl)

    def assert_sent(self, statements, function, *args, error=None, **kwargs):
        """Assert that there is a round trip for each of some statements."""
        del self.proxy.requests[:]
        if error is None:
            function(*args, **kwargs)
        else:
            self.assertRaises(error, function, *args, **kwargs)
        requests = list(self.proxy.requests)
        self.assertEqual(len(statements), len(requests), requests)
        for statement, request in zip(statements, requests):
            self.assertIn(statement.encode(), request[:20])

    def test_update(self):
        for exp_trvsl, values in (
                (OLD, {'name': 'new'}), (OLD, {'name': 'new'}),
                (OLD, {'current_deps': [[['\U0001f600', True], None]]}),
                (api.ANY_TRAVERSAL, {'current_deps': [[[1, True], None]]}),
                (OLD, {'current_traversal': str(uuid.uuid4())})):
            self.assert_sent(['UPDATE stack'], self.update, self.stack.id,
                             exp_trvsl, **values)

    def test_update_by_an_administrator(self):
        self.context.is_admin = True
        self.assert_sent(['UPDATE stack'], self.update, self.stack.id, OLD)

    def test_characters_that_mysql_may_damage(self):
        # A table with utf8mb3 refuses them.
        self.assert_sent(['UPDATE stack'], self.update, self.stack.id, OLD,
                         name='\U0001f600', error=(
                             self.driver == 'mysql' and
                             exception.InvalidValues or None))

    def test_conflict(self):
        for exp_trvsl in (STALE, None):
            self.assert_sent(['UPDATE stack', 'SELECT stack.c'], self.update,
                             self.stack.id, exp_trvsl,
                             error=exception.ConcurrentTransition)

    def test_no_such_stack(self):
        self.assert_sent(['UPDATE stack', 'SELECT stack.c'], self.update,
                         'absent', OLD, error=exception.NotFound)

    def test_refused(self):
        self.assert_sent([], self.update, self.stack.id, OLD, timeout='long',
                         error=exception.InvalidValues)

    def test_create(self):
        self.assert_sent(['INSERT INTO'], self.new_stack, name=None)
        self.assert_sent(['SELECT ', 'INSERT INTO', 'SELECT '],
                         self.new_stack, name='other')
        self.assert_sent(['SELECT '], self.new_stack,
                         error=exception.StackExists)

    def test_read(self):
        for function, *args in (
                (api.stack_get, self.stack.id),
                (api.stack_get, 'absent'),
                (api.stack_get_by_name, 'name'),
                (api.stack_get_by_name_and_owner_id, 'name', None),
                (api.stack_get_all_by_owner_id, 'owner'),
                (api.stack_count_all,),
                (api.raw_template_get, self.template_id)):
            self.assert_sent(['SELECT '], function, self.context, *args)

    def test_read_with_templates(self):
        self.assert_sent(['SELECT '], api.stack_get, self.context,
                         self.stack.id, eager_load=True)

    def test_read_a_tree(self):
        for function in (api.stack_get_root_id,
                         api.stack_get_all_by_root_owner_id):
            self.assert_sent(['WITH RECURSIVE '], function, self.context,
                             self.stack.id)

    def test_next_page(self):
        self.new_stack(name='other')
        first, = api.stack_get_all(self.context, 1)
        self.assert_sent(['SELECT '], api.stack_get_all, self.context, 10)
        self.assert_sent(['SELECT '] * 2, api.stack_get_all, self.context, 10,
                         marker=first.id)


class ConnectionsTest(proxied.ProxiedTestCase):
    """There are as many connections as the configuration allows."""

    OPTIONS = {'max_pool_size': 2, 'max_overflow': 1}

    def test_many_threads(self):
        stack = self.create_stack(current_traversal=OLD)
        self.proxied_engine.dispose()
        self.proxy.most_clients = 0

        def work(number):
            api.stack_update(self.context, stack.id,
                             {'status_reason': str(number)}, OLD)
            return api.stack_get(self.context, stack.id).name

        with futures.ThreadPoolExecutor(16) as executor:
            list(executor.map(work, range(64)))
        self.assertLessEqual(self.proxy.most_clients, 3)
