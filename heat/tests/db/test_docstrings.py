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

"""The docstrings of heat/db; of some of them its documentation is made."""

import ast
import importlib
import inspect
import pathlib
import re

import testtools

from heat import db
from heat.db import api

# What they cost depends on the state of the database.
OF_OPERATORS = {'db_plan_offline', 'db_status', 'db_sync', 'db_version',
                'get_engine'}


class DocstringsTest(testtools.TestCase):

    scenarios = [
        (name, {'name': name}) for name in api.__all__
        if inspect.isfunction(getattr(api, name))]

    def setUp(self):
        super().setUp()
        self.function = getattr(api, self.name)
        self.text = inspect.getdoc(self.function)

    def test_what_a_call_costs(self):
        if self.name not in OF_OPERATORS:
            self.assertRegex(
                self.text,
                r'\b(SELECT|INSERT|UPDATE|DELETE|statement)s?\b')

    def test_errors(self):
        self.assertIn(':raises', self.text)
        for name in re.findall(r':raises ([\w.]+):', self.text):
            module, _, error = name.rpartition('.')
            self.assertTrue(issubclass(
                getattr(importlib.import_module(module), error), Exception))

    def test_arguments(self):
        known = inspect.signature(self.function).parameters
        for names in re.findall(r':param ([\w, ]+):', self.text):
            self.assertLessEqual(set(names.split(', ')), set(known))
        if 'All arguments are as for' not in self.text:
            self.assertLessEqual(
                {name for name, one in known.items()
                 if one.default is not one.empty},
                set(re.findall(r'\w+', self.text)))


class PublicNamesTest(testtools.TestCase):

    def test_each_says_what_it_is(self):
        """But for version scripts, which are all made alike."""
        root = pathlib.Path(db.__file__).parent
        self.assertEqual([], [
            '%s: %s' % (path.relative_to(root), node.name)
            for path in root.rglob('*.py') if path.parent.name != 'versions'
            for node in ast.parse(path.read_text()).body
            if isinstance(node, (ast.FunctionDef, ast.ClassDef))
            and not node.name.startswith('_')
            and not ast.get_docstring(node)])
