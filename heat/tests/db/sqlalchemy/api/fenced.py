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

"""What tests of the fence around a stack have in common."""

from heat.common import context
from heat.db import api
from heat.db import exception
from heat.tests import base

OLD = '11111111-1111-4111-8111-111111111111'
NEW = 'aaaaaaaa-2222-4222-8222-222222222222'
STALE = '33333333-3333-4333-8333-333333333333'
DEPS = [[[1, True], [2, True]], [[2, True], None]]


class FenceTestCase(base.APITestCase):
    """There is a stack in the traversal OLD, and one without any."""

    def setUp(self):
        super().setUp()
        self.stack_id = self.create_stack(
            name='before', current_traversal=OLD,
            stack_user_project_id='project').id
        self.legacy_id = self.create_stack(name='legacy').id

    def update(self, exp_trvsl=OLD, stack_id=None, tenant='tenant',
               is_admin=False, **values):
        return api.stack_update(
            context.RequestContext(tenant_id=tenant, is_admin=is_admin),
            stack_id or self.stack_id, values or {'name': 'after'}, exp_trvsl)

    def get(self, stack_id=None):
        return api.stack_get(self.context, stack_id or self.stack_id,
                             show_deleted=True)

    def rows(self):
        return self.select('SELECT * FROM stack ORDER BY id')

    def statements_of(self, function, *args, **kwargs):
        """Return what a call sends, and the error it raises, if any.

        Left out is the "are you there" of a pool.
        """
        error = None
        with base.recorded_statements(self.engine) as statements:
            try:
                function(*args, **kwargs)
            except exception.HeatException as raised:
                error = raised
        return [statement.split()[0] for statement in statements
                if statement not in ('SELECT 1', 'BEGIN')], error

    def assertConflict(self, expected, actual, function, *args, **kwargs):
        rows = self.rows()
        error = self.assertRaises(exception.ConcurrentTransition, function,
                                  *args, **kwargs)
        self.assertEqual((expected, actual), (error.expected, error.actual))
        self.assertEqual(rows, self.rows())
        return error

    def assertNotFound(self, function, *args, **kwargs):
        rows = self.rows()
        error = self.assertRaises(exception.NotFound, function,
                                  *args, **kwargs)
        self.assertEqual(rows, self.rows())
        return error
