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

"""The files of templates, and their end, through heat.db.api."""

import functools

from oslo_db import exception as db_exception

from heat.db import api
from heat.db import exception
from heat.db.sqlalchemy.engine import facade
from heat.tests import at
from heat.tests import base

FILES = {'a.yaml': 'x' * 70000, 'ü.sh': 'echo "\U0001f600"\n'}


class RawTemplateFilesTest(base.APITestCase):

    def create_files(self):
        return api.raw_template_files_create(self.context, {'files': FILES})

    def stored(self):
        return self.select('SELECT id FROM raw_template_files ORDER BY id')

    def test_create_and_get(self):
        created = self.create_files()
        found = api.raw_template_files_get(self.context, created.id)
        for files in (created, found):
            self.assertEqual(FILES, files.files)
            self.assertEqual(FILES, files['files'])
            self.assertIsNone(files.updated_at)
        self.assertRaises(TypeError, found.files.update, {})

    def test_absent(self):
        for files_id in (123, None, '1'):
            error = self.assertRaises(
                exception.NotFound, api.raw_template_files_get, self.context,
                files_id)
            self.assertIn(str(files_id), str(error))

    def test_template_of_files_that_are_not_there(self):
        error = self.assertRaises(exception.InvalidValues,
                                  self.create_template, files_id=123)
        self.assertEqual(['files_id'], error.keys)

    def test_go_with_their_template(self):
        other = self.create_files()
        template = self.create_template(files_id=self.create_files().id)
        api.raw_template_delete(self.context, template.id)
        self.assertEqual([(other.id,)], self.stored())

    def test_stay_while_another_template_has_them(self):
        files = self.create_files()
        templates = [self.create_template(files_id=files.id)
                     for _ in range(4)]
        for template in templates:
            self.assertEqual(FILES, api.raw_template_files_get(
                self.context, files.id).files)
            api.raw_template_delete(self.context, template.id)
        self.assertEqual([], self.stored())

    def test_stay_with_a_template_that_is_in_use(self):
        files = self.create_files()
        template = self.create_template(files_id=files.id)
        self.create_stack(raw_template_id=template.id)
        self.assertRaises(exception.InUse, api.raw_template_delete,
                          self.context, template.id)
        self.assertEqual(files.id, api.raw_template_get(
            self.context, template.id).files_id)
        self.assertEqual([(files.id,)], self.stored())

    def test_in_a_callers_transaction(self):
        files = self.create_files()
        first, last = (self.create_template(files_id=files.id)
                       for _ in range(2))
        with facade.context_manager.writer.using(self.context):
            api.raw_template_delete(self.context, first.id)
            api.raw_template_delete(self.context, last.id)
        self.assertEqual([], self.stored())


class AtOnceTest(base.APITestCase):
    """The last templates that share files are deleted at once."""

    def create_templates(self, number):
        files = api.raw_template_files_create(self.context, {'files': FILES})
        return [self.create_template(files_id=files.id).id
                for _ in range(number)]

    def stored(self):
        return (self.select('SELECT id FROM raw_template'),
                self.select('SELECT id FROM raw_template_files'))

    def test_threads(self):
        for _ in range(5):
            self.assertEqual([None] * 8, self.at_once(*(
                functools.partial(api.raw_template_delete, at.request(),
                                  template_id)
                for template_id in self.create_templates(8))))
            self.assertEqual(([], []), self.stored())

    # SQLite has one writer at a time.
    @base.only_on('mysql', 'postgresql')
    def test_the_second_waits(self):
        """Otherwise each would see the template that the other deletes."""
        first, last = self.create_templates(2)
        with facade.context_manager.writer.using(self.context):
            api.raw_template_delete(self.context, first)
            self.assertRaises(db_exception.DBError, self.delete_impatiently,
                              last)
        api.raw_template_delete(self.context, last)
        self.assertEqual(([], []), self.stored())

    def delete_impatiently(self, template_id):
        with self.impatient() as request:
            api.raw_template_delete(request, template_id)
