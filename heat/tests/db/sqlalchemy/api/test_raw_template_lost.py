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

"""Templates are written and deleted, and the connection is lost."""

from oslo_db import exception as db_exception

from heat.db import api
from heat.db import exception
from heat.tests import proxied


class RawTemplateTest(proxied.EachPlaceTestCase):

    def templates(self):
        return [template for template, in self.select(
            'SELECT template FROM raw_template ORDER BY id')]

    def test_update(self):
        template_id = self.create_template().id
        self.lose(self.when, b'UPDATE raw_template')
        updated = api.raw_template_update(
            self.context, template_id, {'template': {'a': 1}})
        self.assertEqual({'a': 1}, updated.template)
        self.assertEqual(['{"a": 1}'], self.templates())

    def test_update_of_what_is_gone(self):
        template_id = self.create_template().id
        self.lose(self.when, b'UPDATE raw_template', then=lambda:
                  self.execute('DELETE FROM raw_template'))
        self.assertRaises(
            exception.NotFound, api.raw_template_update, self.context,
            template_id, {'template': {'a': 1}})

    def test_delete(self):
        template_id = self.create_template().id
        self.lose(self.when, b'DELETE FROM raw_template')
        api.raw_template_delete(self.context, template_id)
        self.assertEqual([], self.templates())

    def test_delete_of_what_is_used(self):
        stack = self.create_stack()
        self.lose(self.when, b'DELETE FROM raw_template')
        self.assertRaises(exception.InUse, api.raw_template_delete,
                          self.context, stack.raw_template_id)

    def test_created_once(self):
        self.lose(self.when, b'INSERT INTO raw_template')
        template = self.create_template(template={'a': 1})
        self.assertEqual(['{"a": 1}'], self.templates())
        self.assertEqual({'a': 1}, api.raw_template_get(
            self.context, template.id).template)

    def test_nobody_can_tell_whether_it_was_created(self):
        self.create_template()
        self.lose(self.when, self.commit)
        error = self.assertRaises(exception.OutcomeUnknown,
                                  self.create_template, template={'a': 1})
        self.assertIsInstance(error, db_exception.DBConnectionError)
        self.assertIsInstance(error.__cause__,
                              db_exception.DBConnectionError)
        self.assertEqual([] if self.when == 'before' else ['{"a": 1}'],
                         self.templates()[1:])
