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

"""Databases that Heat itself made come out as Heat's own scripts made them.

What differs is listed, with its reason, in
doc/source/admin/schema-differences.rst.
"""

from heat.db import api
from heat.tests import base
from heat.tests import databases
from heat.tests import schema

# An index for each key to raw_template, where the engine makes none.
NEW_INDEXES = {
    ('stack', 'index', 'ix_stack_prev_raw_template_id'):
        (['prev_raw_template_id'], False, None),
    ('stack', 'index', 'ix_stack_raw_template_id'):
        (['raw_template_id'], False, None),
}


class ReferenceTest(base.DBTestCase):

    def setUp(self):
        super().setUp()
        databases.load(self.engine, '055')
        self.reference_schema = schema.describe(self.engine)
        self.reference_rows = schema.rows(self.engine)
        if self.driver != 'mysql':
            self.reference_schema.update(NEW_INDEXES)
        databases.empty(self.engine)

    def _sync(self, version):
        databases.load(self.engine, version)
        before = schema.rows(self.engine)
        api.db_sync(self.engine, 55)
        return before, schema.rows(self.engine)

    def _assert_reference_schema(self):
        self.assertEqual({}, schema.difference(
            self.reference_schema, schema.describe(self.engine)))

    def test_schema_from_046(self):
        self._sync('046')
        self._assert_reference_schema()

    def test_schema_from_054(self):
        self._sync('054')
        self._assert_reference_schema()

    def test_schema_from_nothing(self):
        api.db_sync(self.engine, 55)
        self._assert_reference_schema()

    def test_rows_from_046(self):
        before, after = self._sync('046')
        self.assertEqual({}, schema.difference(self.reference_rows, after))
        for table in before:
            known = [set(row) for row in before[table]]
            self._assert_kept(table, before[table], [
                {column: row[column] for column in row
                 if not known or column in known[0]}
                for row in after[table]])

    def test_rows_from_054(self):
        before, after = self._sync('054')
        self.assertEqual({}, schema.difference(self.reference_rows, after))
        for row in after['stack']:
            for column in ('prev_raw_template_id', 'current_traversal',
                           'current_deps'):
                self.assertIsNone(row.pop(column))
        for table in before:
            self._assert_kept(table, before[table], after[table])

    def _assert_kept(self, table, before, after):
        if table == schema.VERSION_TABLE:
            # The path of the machine that made it stays, and is not read.
            for row in before:
                row['version'] = 55
        self.assertEqual(sorted(before, key=repr), sorted(after, key=repr))
