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
"""The status of stacks, and stacks that hang and are set back."""

import datetime

from heat.common import context
from heat.db import api
from heat.db import exception
from heat.tests import base
from heat.tests import proxied

OLD = '11111111-1111-4111-8111-111111111111'
NEW = '22222222-2222-4222-8222-222222222222'
GONE = datetime.datetime(2015, 1, 1)


class StackStatusTest(base.APITestCase):

    def test_status(self):
        time = datetime.datetime(2015, 1, 1)
        for deleted_at in (None, GONE):
            stack_id = self.create_stack(
                action='UPDATE', status='FAILED', status_reason='why',
                updated_at=time, deleted_at=deleted_at).id
            self.assertEqual(('UPDATE', 'FAILED', 'why', time),
                             api.stack_get_status(self.context, stack_id))

    def test_not_to_be_seen(self):
        stack_id = self.create_stack(tenant='other', status='FAILED').id
        for one in (stack_id, 'nobody', None):
            self.assertRaises(exception.NotFound, api.stack_get_status,
                              self.context, one)
        self.assertEqual('FAILED', api.stack_get_status(
            context.RequestContext(is_admin=True), stack_id)[1])


class ResetTestCase(base.APITestCase):

    def setUp(self):
        super().setUp()
        self.stack_id = self.hanging()

    def hanging(self, owner_id=None, status='IN_PROGRESS', **values):
        return self.create_stack(
            status=status, owner_id=owner_id, current_traversal=OLD,
            **values).id

    def resource(self, stack_id, status='IN_PROGRESS', atomic_key=3,
                 hooks=()):
        resource_id = self.create_resource(
            stack_id=stack_id, status=status, atomic_key=atomic_key,
            engine_id='mine').id
        for key in hooks:
            api.resource_data_set(self.context, resource_id, key, 'x')
        return resource_id

    def reset(self, *args):
        return api.reset_stack_status(self.context, self.stack_id, *args)

    def rows(self):
        return [self.select('SELECT %s FROM %s ORDER BY 1' % (what, table))
                for what, table in (
                    ('id, status, status_reason, current_traversal', 'stack'),
                    ('id, status, status_reason, engine_id, atomic_key',
                     'resource'),
                    ('resource_id, resource_data.key', 'resource_data'),
                    ('stack_id, engine_id', 'stack_lock'))]


class ResetTest(ResetTestCase):

    def test_stack(self):
        self.assertEqual({'stack': 1, 'resource': 0, 'resource_data': 0,
                          'sync_point': 0, 'stack_lock': 0}, self.reset())
        (stack_id, status, reason, traversal), = self.rows()[0]
        self.assertEqual((self.stack_id, 'FAILED'), (stack_id, status))
        self.assertIn('reset', reason)
        self.assertNotIn(traversal, (OLD, None, ''))
        self.assertIsNotNone(api.stack_get_status(
            self.context, self.stack_id)[3])

    def test_what_is_not_in_progress_keeps_its_status(self):
        nested = self.hanging(self.stack_id, 'COMPLETE')
        resource = self.resource(nested, 'COMPLETE')
        self.reset()
        stacks, resources, data, locks = self.rows()
        self.assertEqual({'FAILED', 'COMPLETE'}, {row[1] for row in stacks})
        # Nor does anybody go on with it.
        self.assertNotIn(OLD, {row[3] for row in stacks})
        self.assertEqual([(resource, 'COMPLETE', None, None, 4)], resources)

    def test_tree(self):
        """With backups and those deleted, and no other stack."""
        nested = self.hanging(self.stack_id)
        tree = [self.stack_id, nested, self.hanging(nested, backup=True),
                self.hanging(nested, deleted_at=GONE)]
        other = self.hanging()
        for stack_id in (*tree, other):
            self.resource(stack_id, hooks=('pre-update', 'other'))
            api.stack_lock_create(self.context, stack_id, 'mine')
        self.reset()
        stacks, resources, data, locks = self.rows()
        self.assertEqual(set(tree), {row[0] for row in stacks
                                     if row[1] == 'FAILED'})
        self.assertEqual([OLD], [row[3] for row in stacks
                                 if row[0] == other])
        self.assertEqual([('FAILED', None, 4)] * 4, [
            (row[1], *row[3:]) for row in resources if row[2]])
        self.assertEqual(1, len([row for row in resources if not row[2]]))
        self.assertEqual(['other'] * 5 + ['pre-update'],
                         sorted(row[1] for row in data))
        self.assertEqual([(other, 'mine')], locks)

    def test_resource_that_was_never_locked(self):
        self.resource(self.stack_id, atomic_key=None)
        self.reset()
        self.assertEqual(1, self.rows()[1][0][4])

    def test_hooks(self):
        hooks = ['%s-%s' % (when, action) for when in ('pre', 'post')
                 for action in ('create', 'update', 'delete')]
        self.resource(self.stack_id, 'COMPLETE', hooks=[*hooks, 'pre-other'])
        self.reset()
        self.assertEqual(['pre-other'], [row[1] for row in self.rows()[2]])

    def test_late_engines_stop(self):
        nested = self.hanging(self.stack_id)
        resource = self.resource(nested)
        api.stack_lock_create(self.context, self.stack_id, 'mine')
        self.reset()
        after = self.rows()
        late = {'status': 'COMPLETE'}
        for stack_id in (self.stack_id, nested):
            self.assertRaises(exception.ConcurrentTransition,
                              api.stack_update, self.context, stack_id, late,
                              OLD)
        self.assertRaises(
            exception.ResourceConflict, api.resource_update, self.context,
            resource, late, 3, 'mine')
        self.assertRaises(
            exception.StackLocked, api.persist_state_and_release_lock,
            self.context, self.stack_id, 'mine', late)
        self.assertEqual(after, self.rows())

    def test_expected_traversal(self):
        self.resource(self.stack_id)
        before = self.rows()
        for expected in (NEW, None, ''):
            error = self.assertRaises(exception.ConcurrentTransition,
                                      self.reset, expected)
            self.assertEqual(OLD, error.actual)
        self.assertEqual(before, self.rows())
        self.reset(OLD)
        self.assertEqual('FAILED', self.rows()[0][0][1])

    def test_again(self):
        self.reset()
        first = self.rows()[0][0]
        self.reset()
        again = self.rows()[0][0]
        self.assertEqual(first[:3], again[:3])
        self.assertNotEqual(first[3], again[3])

    def test_not_to_be_seen(self):
        before = self.rows()
        other = context.RequestContext(tenant_id='other')
        for one, stack_id in ((other, self.stack_id),
                              (self.context, 'nobody'), (self.context, None)):
            self.assertRaises(exception.NotFound, api.reset_stack_status,
                              one, stack_id)
        self.assertEqual(before, self.rows())

    def test_all_or_nothing(self):
        self.resource(self.stack_id, hooks=['pre-create'])
        api.stack_lock_create(self.context, self.stack_id, 'mine')
        before = self.rows()

        def fail(conn, cursor, statement, *args):
            if statement.startswith('DELETE FROM stack_lock'):
                raise ZeroDivisionError
        self.listen('before_cursor_execute', fail)
        self.assertRaises(ZeroDivisionError, self.reset)
        self.assertEqual(before, self.rows())

    def test_sync_points(self):
        other = self.hanging()
        for stack_id, traversal in ((self.stack_id, OLD),
                                    (self.stack_id, NEW), (other, OLD)):
            api.sync_point_create(self.context, {
                'entity_id': stack_id, 'traversal_id': traversal,
                'is_update': True, 'stack_id': stack_id, 'atomic_key': 0})
        self.assertEqual(2, self.reset()['sync_point'])
        self.assertEqual([(other,)],
                         self.select('SELECT stack_id FROM sync_point'))

    def test_statements_do_not_grow_with_the_tree(self):
        counts = []
        for _ in range(3):
            self.resource(self.hanging(self.stack_id), hooks=['pre-create'])
            with base.recorded_statements(self.engine) as statements:
                self.reset()
            counts.append(len(statements))
        self.assertEqual(1, len(set(counts)), counts)


class LostConnectionTest(proxied.EachPlaceTestCase, ResetTestCase):

    def test_a_newer_traversal_is_left_alone(self):
        cut = self.proxy.cut(
            self.when, self.commit, then=lambda: self.execute(
                "UPDATE stack SET status = 'IN_PROGRESS', "
                "current_traversal = '%s'" % NEW))
        error = self.assertRaises(exception.ConcurrentTransition, self.reset,
                                  OLD)
        self.assertEqual((1, NEW), (cut.done, error.actual))
        self.assertEqual(('IN_PROGRESS', NEW),
                         (self.rows()[0][0][1], self.rows()[0][0][3]))
