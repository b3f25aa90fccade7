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

"""Writes to stacks in a caller's transaction."""

import copy

from heat.db import api
from heat.db import exception
from heat.db.sqlalchemy.engine import facade
from heat.tests import at
from heat.tests import base
from heat.tests.db.sqlalchemy.api import fenced
from heat.tests.db.sqlalchemy.api.fenced import DEPS
from heat.tests.db.sqlalchemy.api.fenced import NEW
from heat.tests.db.sqlalchemy.api.fenced import OLD
from heat.tests.db.sqlalchemy.api.fenced import STALE


class CallersTransactionTest(fenced.FenceTestCase):
    """Several calls in one transaction of the caller."""

    def transaction(self):
        return facade.context_manager.writer.using(self.context)

    def test_conflict_rolls_back_all_of_it(self):
        rows = self.rows()
        templates = self.select('SELECT * FROM raw_template ORDER BY id')

        def write_and_conflict():
            with self.transaction():
                self.create_stack(name='created')
                api.stack_update(self.context, self.legacy_id,
                                 {'name': 'after', 'current_traversal': NEW})
                api.stack_update(self.context, self.stack_id,
                                 {'name': 'after'}, STALE)

        error = self.assertRaises(exception.ConcurrentTransition,
                                  write_and_conflict)
        self.assertEqual((STALE, OLD), (error.expected, error.actual))
        self.assertEqual(rows, self.rows())
        self.assertEqual(templates, self.select(
            'SELECT * FROM raw_template ORDER BY id'))

    def test_all_of_it_is_written(self):
        with self.transaction():
            template = self.create_template()
            api.stack_update(self.context, self.stack_id, {
                'raw_template_id': template.id, 'current_traversal': NEW}, OLD)
            api.stack_update(self.context, self.stack_id, {'name': 'x'}, NEW)
        stack = self.get()
        self.assertEqual((template.id, NEW, 'x'), (
            stack.raw_template_id, stack.current_traversal, stack.name))

    def test_one_update_and_at_most_one_select(self):
        with self.transaction():
            self.assertEqual(
                (['UPDATE'], None), self.statements_of(
                    api.stack_update, self.context, self.stack_id,
                    {'name': 'after'}, OLD))
            statements, error = self.statements_of(
                api.stack_update, self.context, self.stack_id,
                {'name': 'after'}, STALE)
            self.assertIsInstance(error, exception.ConcurrentTransition)
            self.assertEqual(['UPDATE', 'SELECT'], statements)

    def test_caught_conflict_leaves_the_transaction_usable(self):
        with self.transaction():
            self.assertRaises(
                exception.ConcurrentTransition, api.stack_update,
                self.context, self.stack_id, {'name': 'after'}, STALE)
            api.stack_update(self.context, self.legacy_id, {'name': 'after'})
        self.assertEqual(('before', 'after'), (
            self.get().name, self.get(self.legacy_id).name))

    def test_not_found(self):
        with self.transaction():
            self.assertRaises(
                exception.NotFound, api.stack_update, self.context,
                'no-such-stack', {'name': 'after'}, OLD)

    def test_loaded_stack_shows_the_new_values(self):
        with self.transaction():
            stack = self.get()
            api.stack_update(self.context, self.stack_id, {
                'name': 'after', 'current_traversal': NEW,
                'current_deps': DEPS}, OLD)
            self.assertEqual(('after', NEW, DEPS), (
                stack.name, stack.current_traversal, stack.current_deps))
        # It has all, without a session to load anything from.
        self.assertEqual(('after', NEW, DEPS, 'tenant'), (
            stack.name, stack.current_traversal, stack.current_deps,
            stack.tenant))
        self.assertIsNotNone(stack.updated_at)
        self.assertEqual(
            {column.key: getattr(self.get(), column.key)
             for column in stack.__table__.columns},
            {column.key: getattr(stack, column.key)
             for column in stack.__table__.columns})

    def test_loaded_stack_does_not_share_the_callers_values(self):
        deps = copy.deepcopy(DEPS)
        with self.transaction():
            stack = self.get()
            api.stack_update(self.context, self.stack_id,
                             {'current_deps': deps}, OLD)
        deps[0].append(1)
        self.assertEqual(DEPS, stack.current_deps)
        self.assertRaises(TypeError, stack.current_deps.append, 1)

    def test_created_stack_shows_the_new_values(self):
        with self.transaction():
            stack = self.create_stack(name='created')
            api.stack_update(self.context, stack.id,
                             {'current_traversal': NEW})
        self.assertEqual(('created', NEW), (
            stack.name, stack.current_traversal))
        self.assertEqual(NEW, self.get(stack.id).current_traversal)

    def test_deleted_stack_shows_it(self):
        with self.transaction():
            stack = self.get()
            api.stack_delete(self.context, self.stack_id, OLD)
        self.assertIsNotNone(stack.deleted_at)
        self.assertEqual('before', stack.name)

    def test_loaded_templates_stay_if_they_are_not_replaced(self):
        with self.transaction():
            stack = api.stack_get(self.context, self.stack_id,
                                  eager_load=True)
            api.stack_update(self.context, self.stack_id,
                             {'name': 'after'}, OLD)
        self.assertEqual({}, stack.raw_template.template)
        self.assertIsNone(stack.prev_raw_template)

    def test_replaced_template_is_not_shown_any_more(self):
        template_id = self.create_template(template={'new': True}).id
        with self.transaction():
            stack = api.stack_get(self.context, self.stack_id,
                                  eager_load=True)
            api.stack_update(self.context, self.stack_id,
                             {'raw_template_id': template_id}, OLD)
            again = api.stack_get(self.context, self.stack_id,
                                  eager_load=True)
        self.assertIs(stack, again)
        self.assertEqual({'new': True}, stack.raw_template.template)

    # On SQLite, a transaction that has read locks others out.
    @base.only_on('mysql', 'postgresql')
    def test_conflict_tells_what_is_stored_now(self):
        with self.transaction() as session:
            # MariaDB's default, in which reads are as old as the first one.
            if self.driver == 'mysql':
                self.assertEqual(
                    'REPEATABLE-READ', session.execute(
                        'SELECT @@tx_isolation').scalar())
            stack = self.get()
            api.stack_update(at.request(), self.stack_id,
                             {'current_traversal': NEW}, OLD)
            self.assertEqual(OLD, stack.current_traversal)
            error = self.assertRaises(
                exception.ConcurrentTransition, api.stack_update,
                self.context, self.stack_id, {'name': 'after'}, OLD)
            self.assertEqual((OLD, NEW), (error.expected, error.actual))
        self.assertEqual('before', self.get().name)

    @base.only_on('mysql', 'postgresql')
    def test_conflict_tells_that_it_is_deleted_now(self):
        with self.transaction():
            self.get()
            api.stack_delete(at.request(), self.stack_id, OLD)
            self.assertRaises(
                exception.NotFound, api.stack_update, self.context,
                self.stack_id, {'name': 'after'}, OLD)
