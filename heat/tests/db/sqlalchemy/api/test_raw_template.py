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

"""Raw templates through heat.db.api."""

from heat.db import api
from heat.db import exception
from heat.tests import base

TEMPLATE = {'heat_template_version': '2013-05-23',
            'description': 'プロジェクト – \U0001f600',
            'resources': {'big': {'properties': {'x': 'y' * 70000}}}}


class Counted(dict):
    """A value that counts how often JSON is made of it."""

    encoded = 0

    def items(self):
        self.encoded += 1
        return super().items()


class RawTemplateTest(base.APITestCase):

    def test_create_and_get(self):
        created = self.create_template(template=TEMPLATE, files={'a': 'b'})
        template = api.raw_template_get(self.context, created.id)
        for found in (created, template):
            self.assertEqual(TEMPLATE, found.template)
            self.assertEqual({'a': 'b'}, found.files)
            self.assertIsNone(found.updated_at)
        self.assertEqual(created.created_at, template.created_at)

    def test_none_is_null(self):
        template = self.create_template(template=None)
        self.assertIsNone(
            api.raw_template_get(self.context, template.id).template)
        self.assertEqual(
            [(None, None)],
            self.select('SELECT template, files FROM raw_template'))

    def test_made_json_of_once(self):
        new, changed, edges = (Counted(value) for value in (
            {'a': 1}, {'a': 2}, {'edges': [[1, 2]]}))
        template = api.raw_template_create(self.context, {'template': new})
        api.raw_template_update(self.context, template.id,
                                {'template': changed})
        self.assertEqual(changed, api.raw_template_get(
            self.context, template.id).template)
        api.stack_update(self.context, self.create_stack().id,
                         {'current_deps': edges})
        self.assertEqual([1, 1, 1], [value.encoded for value in (
            new, changed, edges)])

    def test_absent(self):
        error = self.assertRaises(exception.NotFound, api.raw_template_get,
                                  self.context, 123)
        self.assertIn('123', str(error))

    def test_unknown_key(self):
        values = {'template': {}, 'templates': {}, 'predecessor': 1}
        error = self.assertRaises(
            exception.InvalidValues, api.raw_template_create, self.context,
            values)
        self.assertEqual(['predecessor', 'templates'], error.keys)
        self.assertIn('predecessor, templates', str(error))
        self.assertEqual([], self.select('SELECT id FROM raw_template'))

    def test_values_stay_the_callers(self):
        values = {'template': {'a': [1]}}
        template = api.raw_template_create(self.context, values)
        values['template']['a'].append(2)
        self.assertEqual({'a': [1]}, template.template)

    def test_no_number_that_json_lacks(self):
        error = self.assertRaises(
            exception.InvalidValues, self.create_template,
            template={'a': float('nan')})
        self.assertEqual(['template'], error.keys)
        self.assertEqual([], self.select('SELECT id FROM raw_template'))

    def test_what_python_takes_for_equal_is_written(self):
        template_id = self.create_template().id
        data_id = self.create_properties(a=0)
        for value in (1, True, 1.0, 0, False, 0.0, -0.0):
            new = {'a': [value]}
            for stored in (
                    api.raw_template_update(
                        self.context, template_id,
                        {'template': new}).template,
                    api.raw_template_get(self.context, template_id).template,
                    api.resource_prop_data_create_or_update(
                        self.context, {'data': new}, data_id).data,
                    api.resource_prop_data_get(self.context, data_id).data):
                self.assertEqual(repr(new), repr(stored))

    def test_update(self):
        template_id = self.create_template(files={'a': 'b'}).id
        values = {'template': {'new': [1]}}
        updated = api.raw_template_update(self.context, template_id, values)
        for found in (updated,
                      api.raw_template_get(self.context, template_id)):
            self.assertEqual(({'new': [1]}, {'a': 'b'}),
                             (found.template, found.files))
            self.assertIsNotNone(found.updated_at)
        values['template']['new'].append(2)    # It is a plain list still.

    def test_update_of_equal_values_writes_nothing(self):
        template_id = self.create_template(template={'a': [1]}).id
        with base.recorded_statements(self.engine) as statements:
            api.raw_template_update(self.context, template_id,
                                    {'template': {'a': [1]}})
        self.assertEqual(['SELECT'], [sent.split()[0] for sent in statements])

    def test_update_of_none(self):
        self.assertRaises(exception.NotFound, api.raw_template_update,
                          self.context, 12345, {'template': {}})

    def test_update_refuses(self):
        template_id = self.create_template().id
        templates = self.select('SELECT * FROM raw_template')
        for values, keys in (
                ({'nosuch': 1, 'template': {}}, ['nosuch']),
                ({'id': 7}, ['id']),
                ({'created_at': None}, ['created_at']),
                ({'template': {'a': float('nan')}}, ['template']),
                ({'files': {1: 2}}, ['files'])):
            error = self.assertRaises(
                exception.InvalidValues, api.raw_template_update,
                self.context, template_id, values)
            self.assertEqual(keys, error.keys)
        self.assertEqual(
            templates, self.select('SELECT * FROM raw_template'))
