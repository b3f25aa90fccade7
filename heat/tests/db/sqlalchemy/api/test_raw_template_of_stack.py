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

"""Templates are deleted if no stack has them."""

from heat.db import api
from heat.db import exception
from heat.db.sqlalchemy.engine import facade
from heat.tests.db.sqlalchemy.api import fenced
from heat.tests.db.sqlalchemy.api.fenced import OLD


class DeleteTest(fenced.FenceTestCase):

    def templates(self):
        return self.select('SELECT * FROM raw_template ORDER BY id')

    def assertDeleteRefused(self, error, template_id):
        templates = self.templates()
        error = self.assertRaises(error, api.raw_template_delete,
                                  self.context, template_id)
        self.assertIn(str(template_id), str(error))
        self.assertEqual(templates, self.templates())

    def test_delete(self):
        template_id = self.create_template().id
        self.assertIsNone(api.raw_template_delete(self.context, template_id))
        self.assertRaises(exception.NotFound, api.raw_template_get,
                          self.context, template_id)
        self.assertDeleteRefused(exception.NotFound, template_id)

    def test_current_template_is_not_deleted(self):
        template_id = self.get().raw_template_id
        self.assertDeleteRefused(exception.InUse, template_id)
        self.update(raw_template_id=self.create_template().id)
        api.raw_template_delete(self.context, template_id)

    def test_previous_template_is_not_deleted(self):
        template_id = self.create_template().id
        self.update(prev_raw_template_id=template_id)
        self.assertDeleteRefused(exception.InUse, template_id)
        self.update(prev_raw_template_id=None)
        api.raw_template_delete(self.context, template_id)

    def test_templates_of_soft_deleted_stacks_are_not_deleted(self):
        previous = self.create_template().id
        self.update(prev_raw_template_id=previous)
        current = self.get().raw_template_id
        api.stack_delete(self.context, self.stack_id, OLD)
        for template_id in (previous, current):
            self.assertDeleteRefused(exception.InUse, template_id)
        self.execute("DELETE FROM stack WHERE name = 'before'")
        for template_id in (previous, current):
            api.raw_template_delete(self.context, template_id)

    def test_refused_delete_in_a_callers_transaction(self):
        def delete():
            with facade.context_manager.writer.using(self.context):
                api.raw_template_delete(self.context,
                                        self.get().raw_template_id)
        self.assertRaises(exception.InUse, delete)
