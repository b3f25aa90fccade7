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
"""Stacks that are reset while engines work on them, and large trees."""

import threading

import sqlalchemy as sa

from heat.db import api
from heat.db import exception
from heat.db.sqlalchemy.api import stack_status
from heat.db.sqlalchemy.models import Resource
from heat.db.sqlalchemy.models import Stack
from heat.tests import at
from heat.tests import base
from heat.tests.cost import CostTestCase

OLD = '11111111-1111-4111-8111-111111111111'
LOST = (exception.LostSwap, exception.NotFound)
# How often each engine has written before the reset begins.
WRITES = 3
# One that does not lose has to end, too.
MOST_WRITES = 3000


class RaceTest(base.APITestCase):
    """Engines write to all of a stack, each until it loses."""

    def setUp(self):
        super().setUp()
        self.stack_id = self.create_stack(
            status='IN_PROGRESS', current_traversal=OLD).id
        self.under_way = []
        self.survivors = []

    def work(self, write):
        """Let an engine call write(number, context) until it loses."""
        started = threading.Event()

        def loop():
            own = at.request()
            try:
                for number in range(MOST_WRITES):
                    write(number, own)
                    if number == WRITES:
                        started.set()
                self.survivors.append(write)
            except LOST:
                pass
            finally:
                started.set()

        thread = threading.Thread(target=loop)
        thread.start()
        self.under_way.append((thread, started))

    def stack(self, number, own):
        api.stack_update(own, self.stack_id, {
            'status': 'IN_PROGRESS', 'status_reason': str(number)}, OLD)

    def lock(self, number, own):
        api.persist_state_and_release_lock(
            own, self.stack_id, 'mine', {'status': 'COMPLETE'}, OLD)
        api.stack_lock_create(own, self.stack_id, 'mine')
        api.stack_update(own, self.stack_id, {'status': 'IN_PROGRESS'}, OLD)

    def sync_point(self, number, own):
        api.sync_point_add_input(own, self.stack_id, OLD, True,
                                 str(number), None, ['all'])

    def resource(self, status, holder):
        """Store a resource; return what writes to it.

        :param holder: who has its lock; None is nobody
        """
        resource_id = self.create_resource(
            stack_id=self.stack_id, status=status, engine_id=holder,
            atomic_key=0).id

        def write(number, own):
            api.resource_update(own, resource_id, {
                'status': status, 'physical_resource_id': str(number)},
                number, holder)
        return write

    def test_reset(self):
        api.sync_point_create(self.context, {
            'entity_id': self.stack_id, 'traversal_id': OLD,
            'is_update': True, 'stack_id': self.stack_id, 'atomic_key': 0})
        api.stack_lock_create(self.context, self.stack_id, 'mine')
        for write in (self.stack, self.lock, self.sync_point,
                      self.resource('IN_PROGRESS', 'mine'),
                      self.resource('COMPLETE', None)):
            self.work(write)
        for thread, started in self.under_way:
            started.wait()
        api.reset_stack_status(self.context, self.stack_id, OLD)
        # They end because they lose.
        for thread, started in self.under_way:
            thread.join()
        self.assertEqual([], self.survivors)
        (traversal,), = self.select('SELECT current_traversal FROM stack')
        self.assertNotEqual(OLD, traversal)
        self.assertEqual(
            [('COMPLETE', None, None), ('FAILED', stack_status.REASON, None)],
            self.select('SELECT status, status_reason, engine_id '
                        'FROM resource ORDER BY status'))
        self.assertEqual([], self.select('SELECT * FROM sync_point'))


class TreeTest(CostTestCase):
    """A tree of more stacks than are reset at once, among many others."""

    STACKS = 2 * stack_status.AT_ONCE + 50

    def insert_tree(self, name):
        """Insert a stack with many below it; return its id."""
        template = self.create_template().id
        ids = ['%s-%d' % (name, number) for number in range(self.STACKS)]
        with self.engine.begin() as connection:
            connection.execute(sa.insert(Stack.__table__), [
                {'id': one, 'owner_id': ids[0] if number else None,
                 'raw_template_id': template, 'tenant': 'tenant',
                 'status': 'IN_PROGRESS', 'disable_rollback': False}
                for number, one in enumerate(ids)])
            connection.execute(sa.insert(Resource.__table__), [
                {'stack_id': one, 'status': 'IN_PROGRESS', 'engine_id': 'e',
                 'nova_instance': 'x', 'atomic_key': 1} for one in ids])
        return ids[0]

    def reset_cost(self, root):
        def reset():
            numbers = api.reset_stack_status(self.context, root)
            self.assertEqual([self.STACKS] * 2,
                             [numbers['stack'], numbers['resource']])

        self.analyze(Stack, Resource)
        return self.cost(reset)

    def test_costs_no_more_among_many_others(self):
        root = self.insert_tree('a')
        alone = self.reset_cost(root)
        for name in 'bcdefgh':
            self.insert_tree(name)
        with self.engine.begin() as connection:
            for model in Stack, Resource:
                connection.execute(sa.update(model.__table__).where(
                    (model.id if model is Stack else model.stack_id
                     ).like('a-%')).values(status='IN_PROGRESS'))
        among = self.reset_cost(root)
        if alone is not None:
            self.assertLess(among, alone * 1.5)
        self.assertEqual(
            {'FAILED': self.STACKS, 'IN_PROGRESS': 7 * self.STACKS},
            dict(self.select(
                'SELECT status, count(*) FROM resource GROUP BY status')))
