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

"""Stacks through heat.db.api: to create and to get them."""

import datetime

from oslo_db import exception as db_exception
from sqlalchemy import exc

from heat.common import context
from heat.db import api
from heat.db import exception
from heat.tests import base

TRAVERSAL = '0d2ef8a2-4e05-4d9f-8d4c-0f8a3b0e4a11'
DEPS = [[[1, True], [2, True]], [[2, True], None]]
TEMPLATE = {'heat_template_version': '2013-05-23',
            'description': 'プロジェクト – \U0001f600',
            'resources': {'big': {'properties': {'x': 'y' * 70000}}}}


class StackTest(base.APITestCase):

    def get(self, stack_id, tenant='tenant', is_admin=False, **kwargs):
        return api.stack_get(
            context.RequestContext(tenant_id=tenant, is_admin=is_admin),
            stack_id, **kwargs)

    def test_convergence_data(self):
        previous = self.create_template(template={'previous': True})
        current = self.create_template(template=TEMPLATE)
        created = self.create_stack(
            name='stäck', raw_template_id=current.id,
            prev_raw_template_id=previous.id, current_traversal=TRAVERSAL,
            current_deps=DEPS)
        stack = self.get(created.id, eager_load=True)
        for found in (created, stack):
            self.assertEqual('stäck', found.name)
            self.assertEqual(current.id, found.raw_template_id)
            self.assertEqual(previous.id, found.prev_raw_template_id)
            self.assertEqual(TRAVERSAL, found.current_traversal)
            self.assertEqual(DEPS, found.current_deps)
            self.assertIs(False, found.backup)
            self.assertIsNone(found.updated_at)
            self.assertIsNone(found.deleted_at)
        self.assertEqual(TEMPLATE, stack.raw_template.template)
        self.assertEqual({'previous': True},
                         stack.prev_raw_template.template)
        self.assertEqual(created.created_at, stack.created_at)

    def test_legacy_stack_has_none(self):
        stack = self.get(self.create_stack().id, eager_load=True)
        self.assertIsNone(stack.prev_raw_template_id)
        self.assertIsNone(stack.prev_raw_template)
        self.assertIsNone(stack.current_traversal)
        self.assertIsNone(stack.current_deps)
        self.assertEqual([(None,)],
                         self.select('SELECT current_deps FROM stack'))

    def test_large_dependencies(self):
        deps = [[[n, True], [n + 1, True]] for n in range(10000)]
        stack_id = self.create_stack(current_deps=deps).id
        self.assertEqual(deps, self.get(stack_id).current_deps)

    def test_templates_are_loaded_only_when_asked_for(self):
        stack = self.get(self.create_stack().id)
        for name in ('raw_template', 'prev_raw_template'):
            self.assertRaises(exc.InvalidRequestError, getattr, stack, name)

    def test_one_statement(self):
        stack_id = self.create_stack().id
        for eager_load in (False, True):
            with base.recorded_statements(self.engine) as statements:
                self.get(stack_id, eager_load=eager_load)
            self.assertEqual(1, len([
                statement for statement in statements
                if 'stack' in statement]), statements)

    def test_id(self):
        stack_id = '5b1e4b5a-0a4c-4f3a-9d9c-0e8a3b0e4a22'
        self.assertEqual(stack_id, self.create_stack(id=stack_id).id)
        self.assertRaises(db_exception.DBDuplicateEntry, self.create_stack,
                          id=stack_id)
        self.assertNotEqual(self.create_stack().id, self.create_stack().id)

    def test_absent(self):
        self.assertIsNone(self.get('no-such-stack'))

    def test_soft_deleted(self):
        stack_id = self.create_stack(
            deleted_at=datetime.datetime(2015, 1, 1)).id
        self.assertIsNone(self.get(stack_id))
        self.assertEqual(stack_id, self.get(stack_id, show_deleted=True).id)
        shown = context.RequestContext(tenant_id='tenant', show_deleted=True)
        self.assertEqual(stack_id, api.stack_get(shown, stack_id).id)

    def test_who_may_see_it(self):
        stack_id = self.create_stack(stack_user_project_id='project').id
        for tenant in ('tenant', 'project'):
            self.assertEqual(stack_id, self.get(stack_id, tenant).id)
        for tenant in ('other', '', None):
            self.assertIsNone(self.get(stack_id, tenant))
            self.assertEqual(
                stack_id, self.get(stack_id, tenant, tenant_safe=False).id)
            self.assertEqual(
                stack_id, self.get(stack_id, tenant, is_admin=True).id)

    def test_no_tenant_is_nobodys(self):
        stack_id = self.create_stack(tenant=None).id
        self.assertIsNone(self.get(stack_id, None))
        self.assertEqual(stack_id,
                         self.get(stack_id, None, is_admin=True).id)

    def test_tenants_differ_by_case_and_blanks(self):
        stack_id = self.create_stack(tenant='tenant').id
        for tenant in ('TENANT', 'tenant ', 'ténant'):
            self.assertIsNone(self.get(stack_id, tenant))
        self.assertIsNone(self.get(stack_id.upper()))
        stack_id = self.create_stack(tenant='ténant').id
        self.assertIsNone(self.get(stack_id, 'tenant'))
        self.assertEqual(stack_id, self.get(stack_id, 'ténant').id)

    def test_foreign_keys_hold(self):
        template_id = self.create_template().id
        for values in ({'raw_template_id': 12345},
                       {'raw_template_id': template_id,
                        'prev_raw_template_id': 12345}):
            error = self.assertRaises(exception.InvalidValues,
                                      self.create_stack, **values)
            self.assertIn('raw_template_id', str(error))
        self.assertEqual([], self.select('SELECT id FROM stack'))

    def test_previous_template_can_not_be_deleted(self):
        template_id = self.create_template().id
        self.create_stack(prev_raw_template_id=template_id)
        self.assertRaises(
            db_exception.DBReferenceError, self.execute,
            'DELETE FROM raw_template WHERE id = %d' % template_id)

    def test_unknown_keys(self):
        error = self.assertRaises(exception.InvalidValues, self.create_stack,
                                  traversal=TRAVERSAL, raw_template=None)
        self.assertEqual(['raw_template', 'traversal'], error.keys)

    def test_in_place_changes_are_refused(self):
        created = self.create_stack(current_deps=DEPS)
        for stack in (created, self.get(created.id)):
            self.assertRaises(TypeError, stack.current_deps.append, [3, None])
            self.assertRaises(TypeError, stack.current_deps[0].append, 3)
