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

"""The contract of the fence around a stack, point by point."""

import copy
import datetime
import functools

from heat.common import context
from heat.db import api
from heat.db import exception
from heat.tests.db.sqlalchemy.api import fenced
from heat.tests.db.sqlalchemy.api.fenced import DEPS
from heat.tests.db.sqlalchemy.api.fenced import NEW
from heat.tests.db.sqlalchemy.api.fenced import OLD
from heat.tests.db.sqlalchemy.api.fenced import STALE


class StackUpdateTest(fenced.FenceTestCase):

    def test_right_expectation_writes(self):
        self.assertIs(True, self.update(OLD, name='after', timeout=5,
                                        current_deps=DEPS))
        stack = self.get()
        self.assertEqual(('after', 5, OLD, DEPS), (
            stack.name, stack.timeout, stack.current_traversal,
            stack.current_deps))
        self.assertEqual('legacy', self.get(self.legacy_id).name)

    def test_stale_expectation_conflicts(self):
        error = self.assertConflict(STALE, OLD, self.update, STALE)
        self.assertEqual(self.stack_id, error.stack_id)
        for part in (self.stack_id, STALE, OLD):
            self.assertIn(part, str(error))

    def test_none_matches_null(self):
        self.assertIs(True, self.update(None, self.legacy_id))
        self.assertEqual('after', self.get(self.legacy_id).name)

    def test_none_is_the_default(self):
        self.assertIs(True, api.stack_update(
            self.context, self.legacy_id, {'name': 'after'}))
        self.assertConflict(None, OLD, api.stack_update, self.context,
                            self.stack_id, {'name': 'after'})

    def test_none_is_stale_on_a_traversed_stack(self):
        error = self.assertConflict(None, OLD, self.update, None)
        self.assertIn('None', str(error))

    def test_a_traversal_is_stale_on_a_stack_without_one(self):
        error = self.assertConflict(OLD, None, self.update, OLD,
                                    self.legacy_id)
        self.assertIn('None', str(error))

    def test_any_traversal_writes_whatever_it_is(self):
        for stack_id in (self.stack_id, self.legacy_id):
            self.assertIs(True, self.update(api.ANY_TRAVERSAL, stack_id))
            self.assertEqual('after', self.get(stack_id).name)

    def test_any_traversal_does_not_find_what_is_not_there(self):
        api.stack_delete(self.context, self.legacy_id)
        for stack_id in ('no-such-stack', self.legacy_id):
            statements, error = self.statements_of(
                self.update, api.ANY_TRAVERSAL, stack_id)
            self.assertIsInstance(error, exception.NotFound)
            # It is an answer, no reason to try again.
            self.assertEqual(['UPDATE', 'SELECT'], statements)

    def test_new_traversal_stops_the_old_one(self):
        self.update(OLD, current_traversal=NEW)
        self.assertConflict(OLD, NEW, self.update, OLD)
        self.assertIs(True, self.update(NEW))

    def test_first_traversal(self):
        self.update(None, self.legacy_id, current_traversal=NEW)
        self.assertConflict(None, NEW, self.update, None, self.legacy_id)

    def test_traversal_can_be_taken_away(self):
        self.update(OLD, current_traversal=None)
        self.assertConflict(OLD, None, self.update, OLD)
        self.assertIs(True, self.update(None))

    def test_writing_what_is_there_already_is_a_success(self):
        values = {'name': 'before', 'current_traversal': OLD,
                  'updated_at': datetime.datetime(2015, 1, 1)}
        for _ in range(3):
            self.assertIs(True, self.update(OLD, **values))
        self.assertEqual('before', self.get().name)

    def test_one_update_and_nothing_else(self):
        for exp_trvsl, stack_id in ((OLD, self.stack_id),
                                    (None, self.legacy_id),
                                    (api.ANY_TRAVERSAL, self.stack_id)):
            self.assertEqual(
                (['UPDATE'], None),
                self.statements_of(self.update, exp_trvsl, stack_id))

    def test_one_select_more_tells_what_is_wrong(self):
        statements, error = self.statements_of(self.update, STALE)
        self.assertIsInstance(error, exception.ConcurrentTransition)
        self.assertEqual(['UPDATE', 'SELECT'], statements)
        statements, error = self.statements_of(self.update, OLD, 'no-stack')
        self.assertIsInstance(error, exception.NotFound)
        self.assertEqual(['UPDATE', 'SELECT'], statements)

    def test_refused_values_send_nothing(self):
        statements, error = self.statements_of(self.update, nosuch=1)
        self.assertIsInstance(error, exception.InvalidValues)
        self.assertEqual([], statements)

    def test_absent(self):
        error = self.assertNotFound(self.update, OLD, 'no-such-stack')
        self.assertIn('no-such-stack', str(error))

    def test_soft_deleted(self):
        api.stack_delete(self.context, self.stack_id, OLD)
        for exp_trvsl in (OLD, STALE, None, api.ANY_TRAVERSAL):
            self.assertNotFound(self.update, exp_trvsl)

    def test_soft_deleted_even_for_who_sees_them(self):
        api.stack_delete(self.context, self.stack_id, OLD)
        seeing = context.RequestContext(tenant_id='tenant',
                                        show_deleted=True)
        self.assertNotFound(api.stack_update, seeing, self.stack_id,
                            {'name': 'after'}, OLD)

    def test_foreign_tenant(self):
        for tenant in ('other', '', None):
            for exp_trvsl in (OLD, STALE, None, api.ANY_TRAVERSAL):
                self.assertNotFound(self.update, exp_trvsl, tenant=tenant)

    def test_no_tenant_is_nobodys(self):
        stack_id = self.create_stack(tenant=None).id
        self.assertNotFound(self.update, None, stack_id, tenant=None)
        self.assertTrue(self.update(None, stack_id, None, is_admin=True))

    def test_user_project_may(self):
        self.assertIs(True, self.update(OLD, tenant='project'))
        self.assertConflict(STALE, OLD, self.update, STALE, tenant='project')

    def test_administrator_may(self):
        for tenant in ('other', None):
            self.assertIs(True, self.update(OLD, tenant=tenant,
                                            is_admin=True))
            self.assertConflict(STALE, OLD, self.update, STALE,
                                tenant=tenant, is_admin=True)

    def test_a_stack_may_be_given_away(self):
        self.assertIs(True, self.update(OLD, tenant='project',
                                        stack_user_project_id='else'))
        self.assertNotFound(self.update, OLD, tenant='project')

    def test_ids_and_tenants_that_only_look_alike_do_not_match(self):
        stack_id = self.create_stack(
            id='abcdefé-stack', current_traversal=NEW).id
        for variant in ('ABCDEFÉ-STACK', 'abcdefe-stack', stack_id + ' ',
                        ' ' + stack_id, stack_id + '\t', ''):
            self.assertNotFound(api.stack_update, self.context, variant,
                                {'name': 'after'}, NEW)
        for tenant in ('TENANT', 'Project', 'tenant ', ' tenant', 'ténant'):
            self.assertNotFound(self.update, OLD, tenant=tenant)

    def test_values_stay_the_callers(self):
        values = {'name': 'after', 'current_traversal': NEW,
                  'current_deps': copy.deepcopy(DEPS)}
        before = copy.deepcopy(values)
        api.stack_update(self.context, self.stack_id, values, OLD)
        self.assertRaises(exception.ConcurrentTransition, api.stack_update,
                          self.context, self.stack_id, values, OLD)
        self.assertEqual(before, values)
        values['current_deps'][0].append(1)    # It is a plain list still.

    def test_updated_at_is_set(self):
        self.assertIsNone(self.get().updated_at)
        self.update()
        stack = self.get()
        self.assertGreaterEqual(stack.updated_at, stack.created_at)

    def test_updated_at_may_be_given(self):
        then = datetime.datetime(2015, 1, 1, 12, 30)
        self.update(updated_at=then)
        self.assertEqual(then, self.get().updated_at)

    def test_none_in_json_is_null(self):
        self.update(current_deps=DEPS)
        self.update(current_deps=None)
        self.assertEqual(
            [(None,)],
            self.select("SELECT current_deps FROM stack "
                        "WHERE name = 'before'"))

    def test_of_callers_with_one_expectation_one_wins(self):
        def start_traversal(number):
            new = NEW[:-1] + str(number)
            try:
                self.update(OLD, current_traversal=new)
            except exception.ConcurrentTransition as error:
                return 'lost', error.actual
            return 'won', new

        results = self.at_once(*(
            functools.partial(start_traversal, number)
            for number in range(4)))
        current = self.get().current_traversal
        self.assertEqual([('lost', current)] * 3 + [('won', current)],
                         sorted(results))
