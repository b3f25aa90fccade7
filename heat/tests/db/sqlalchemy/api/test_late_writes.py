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

"""What a network delivers to the server after its connection was lost."""

from oslo_db import exception as db_exception

from heat.db import api
from heat.db import exception
from heat.db.sqlalchemy.engine import autocommit
from heat.tests import proxied

OLD = '11111111-1111-4111-8111-111111111111'
NEW = '22222222-2222-4222-8222-222222222222'
# How a session is ended, and how a server refuses it.
KILL = {'mysql': b'KILL ', 'postgresql': b'pg_terminate_backend'}
REFUSAL = {
    'mysql': b'\x0c\0\0\x01\xff\x47\x04#HY000Not',
    'postgresql': b'E\0\0\0\x17SERROR\0C42501\0Mno\0\0Z\0\0\0\x05I'}


class LateWriteTestCase(proxied.ProxiedTestCase):

    def setUp(self):
        super().setUp()
        self.stack_id = self.create_stack(
            status='COMPLETE', current_traversal=OLD).id


class LateWriteTest(LateWriteTestCase):
    """It comes when others have gone on, and changes nothing any more."""

    def update(self, **values):
        self.assertIs(True, api.stack_update(
            self.context, self.stack_id, values, OLD))

    def assert_stays(self, late, statement):
        """Assert that what a statement selects does not change."""
        self.assertEqual(1, late.done)
        before = self.select(statement)
        late.deliver()
        self.assertEqual(before, self.select(statement))

    def test_stack_update(self):
        late = self.proxy.cut('late', b'UPDATE stack')
        self.update(status='IN_PROGRESS')
        self.update(status='COMPLETE')
        self.assertEqual([('COMPLETE',)],
                         self.select('SELECT status FROM stack'))
        self.assert_stays(late, 'SELECT status FROM stack')

    def test_new_traversal(self):
        late = self.proxy.cut('late', b'UPDATE stack')
        self.update(current_traversal=NEW, status='IN_PROGRESS')
        self.assertIs(True, api.stack_update(
            self.context, self.stack_id, {'current_traversal': OLD}, NEW))
        self.assert_stays(late, 'SELECT current_traversal FROM stack')

    def test_again_and_again(self):
        late = [self.proxy.cut('late', b'UPDATE stack') for _ in range(3)]
        self.update(status='IN_PROGRESS')
        self.update(status='COMPLETE')
        for one in late:
            self.assert_stays(one, 'SELECT status FROM stack')

    def test_raw_template_update(self):
        template_id = self.create_template().id
        late = self.proxy.cut('late', b'UPDATE raw_template')
        for number in range(2):
            api.raw_template_update(self.context, template_id,
                                    {'template': {'number': number}})
        self.assert_stays(late, 'SELECT template FROM raw_template')

    def test_stack_create(self):
        """Its first INSERT is the one that is refused, or none at all."""
        template_id = self.create_template().id
        late = self.proxy.cut('late', b'INSERT INTO stack')
        stack_id = self.create_stack(raw_template_id=template_id).id
        self.execute("DELETE FROM stack WHERE id = '%s'" % stack_id)
        self.assert_stays(late, 'SELECT id FROM stack')

    def test_commit(self):
        """Nor does the old transaction lock what the new one needs."""
        late = self.proxy.cut('late', self.commit)
        api.stack_delete(self.context, self.stack_id, OLD)
        self.execute('UPDATE stack SET deleted_at = NULL')
        self.assert_stays(late, 'SELECT deleted_at FROM stack')

    def test_in_a_transaction(self):
        """What it has locked already, the new one gets."""
        self.insert('resource', id=1, nova_instance='x',
                    stack_id=self.stack_id)
        late = self.proxy.cut('late', b'DELETE FROM resource')
        api.stack_delete(self.context, self.stack_id, OLD)
        self.execute('UPDATE stack SET deleted_at = NULL')
        self.assert_stays(late, 'SELECT deleted_at FROM stack')

    def test_connections_are_lost_again_meanwhile(self):
        late = self.proxy.cut('late', b'UPDATE stack')
        looks = [self.proxy.cut(when, marker)
                 for when in ('before', 'after', 'middle')
                 for marker in (b'backend_start = ', b'host = ')]
        self.update(status='IN_PROGRESS')
        self.update(status='COMPLETE')
        self.assertEqual(3, sum(one.done for one in looks))
        self.assert_stays(late, 'SELECT status FROM stack')


class RefusedTest(LateWriteTestCase):
    """The server does not let anyone end a session."""

    def setUp(self):
        super().setUp()
        self.proxy.answer(KILL[self.driver], REFUSAL[self.driver])

    def assert_unknown(self, marker, function, *args):
        """Assert that nothing is repeated; return what is late."""
        late = self.proxy.cut('late', marker)
        before = len(self.proxy.requests)
        error = self.assertRaises(exception.OutcomeUnknown, function,
                                  self.context, *args)
        self.assertEqual([], [
            request for request in self.proxy.requests[before:]
            if marker in request])
        self.assertIsInstance(error.inner_exception, db_exception.DBError)
        self.assertEqual(1, late.done)
        return late

    def test_a_statement(self):
        late = self.assert_unknown(
            b'UPDATE stack', api.stack_update, self.stack_id,
            {'status': 'IN_PROGRESS'}, OLD)
        late.deliver()
        self.assertEqual([('IN_PROGRESS',)],
                         self.select('SELECT status FROM stack'))

    def test_a_transaction(self):
        late = self.assert_unknown(self.commit, api.stack_delete,
                                   self.stack_id, OLD)
        late.deliver()
        self.assertNotEqual([(None,)],
                            self.select('SELECT deleted_at FROM stack'))


class SessionsTest(proxied.ProxiedTestCase):

    def test_what_was_lost_is_not_left_behind(self):
        stack_id = self.create_stack(current_traversal=OLD).id
        with autocommit.connection() as connection:
            lost = connection.info['session']
        self.proxy.cut('late', b'UPDATE stack')
        api.stack_update(self.context, stack_id, {'name': 'a'}, OLD)
        with autocommit.connection() as connection:
            self.assertNotEqual(lost, connection.info['session'])
        self.assertNotIn((lost.number,), self.select({
            'mysql': 'SELECT id FROM information_schema.processlist',
            'postgresql': 'SELECT pid FROM pg_stat_activity'}[self.driver]))
