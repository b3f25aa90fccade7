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

"""db_sync leads to what Heat's own migrations have led to.

From each start it goes to each version at which there is a database of
Heat's own. What differs is in SCHEMA_DIFFERENCES and ROW_DIFFERENCES, and
with its reason in doc/source/admin/schema-differences.rst.
"""

import copy
import json

import testscenarios

from heat.db import api
from heat.tests import base
from heat.tests import databases
from heat.tests import schema

SQLITE = ('sqlite',)
NOT_MYSQL = ('sqlite', 'postgresql')

TEMPLATE_INDEXES = {
    ('stack', 'index', 'ix_stack_' + column): ([column], False, None)
    for column in ('prev_raw_template_id', 'raw_template_id')}


def _named(table, column, name):
    """Return that the key of a column to raw_template has a name."""
    key = [column], 'raw_template', ['id'], {}
    return {(table, 'foreign key', (column,)): None,
            (table, 'foreign key', name): key}


# What a version makes of the schema in another way than Heat's own: the
# version, the engines, and what is there instead; None is not there.
SCHEMA_DIFFERENCES = (
    # An index for each key to raw_template, where the engine makes none.
    (55, NOT_MYSQL, TEMPLATE_INDEXES),
    # A copy of stack has them, whoever brought the database to 055.
    (61, SQLITE, TEMPLATE_INDEXES),
    # Heat's copies of the tables lost names of keys, and UNIQUE.
    (56, SQLITE, _named('stack', 'prev_raw_template_id',
                        'prev_raw_template_ref')),
    (56, SQLITE, _named('raw_template', 'predecessor',
                        'predecessor_fkey_ref')),
    (60, SQLITE, _named('resource', 'current_template_id',
                        'current_template_fkey_ref')),
    (60, SQLITE, {('resource', 'unique', None): ['uuid']}),
    # That column is gone.
    (64, SQLITE, {('raw_template', 'foreign key', 'predecessor_fkey_ref'):
                  None}),
)


def _environment_is_encoded_once(rows, before):
    for row in rows['raw_template']:
        decoded = json.loads(row['environment'] or 'null')
        if isinstance(decoded, str):
            row['environment'] = decoded


def _live_stack_keeps_its_parameters(rows, before):
    """Template 24 has two stacks, and the younger one is deleted."""
    template, = [row for row in rows['raw_template'] if row['id'] == 24]
    template['environment'], = [
        row['parameters'] for row in before['stack']
        if row['raw_template_id'] == 24 and not row['deleted_at']]


def _times_are_kept(rows, before):
    kept = {row['id']: row for row in before['resource_data']}
    for row in rows['resource_data']:
        for column in 'created_at', 'updated_at':
            row[column] = kept[row['id']][column]


# What a version leaves in rows that Heat's own has lost or damaged: the
# version, the engines, and what mends the rows that Heat's own has left, given
# those before.
ROW_DIFFERENCES = (
    (56, SQLITE, _environment_is_encoded_once),
    (56, SQLITE, _live_stack_keeps_its_parameters),
    (57, SQLITE, _times_are_kept),
    # What Heat's own 056 has encoded twice, 086 decodes.
    (86, SQLITE, _environment_is_encoded_once),
)

# What was added to Heat's own databases by hand between 071 and 080: all rows
# of tables, and values in rows that were there.
TABLES_BY_HAND = ('raw_template_files', 'resource_properties_data',
                  'sync_point')
COLUMNS_BY_HAND = {
    'event': ('rsrc_prop_data_id',),
    'raw_template': ('files', 'files_id'),
    'resource': ('atomic_key', 'attr_data_id', 'current_template_id',
                 'engine_id', 'needed_by', 'replaces', 'requires',
                 'rsrc_prop_data_id'),
}


class ReferenceTest(base.DBTestCase):

    scenarios = testscenarios.multiply_scenarios(
        base.DBTestCase.scenarios,
        [('from-%s' % (start or 'nothing'), {'start': start})
         for start in (None, *databases.VERSIONS[:-1])])

    # {(driver, version): (schema, rows)}
    references = {}

    def setUp(self):
        super().setUp()
        for version in databases.VERSIONS:
            if (self.driver, version) not in self.references:
                databases.load(self.engine, version)
                self.references[self.driver, version] = self._describe()
                databases.empty(self.engine)
        self.before = {}
        if self.start is not None:
            databases.load(self.engine, self.start)
            self.before = schema.rows(self.engine)

    def _describe(self):
        return schema.describe(self.engine), schema.rows(self.engine)

    def test_every_version_is_as_heats_own(self):
        for version in databases.VERSIONS:
            if version > (self.start or ''):
                api.db_sync(self.engine, int(version), with_indexes=False)
                expected = self._expected(version)
                found = self._describe()
                self.assertEqual({}, schema.difference(
                    expected[0], found[0]), version)
                self._assert_same_rows(expected[1], found[1], version)

    def _expected(self, version):
        tables, rows = copy.deepcopy(self.references[self.driver, version])
        for differences in self._passed(SCHEMA_DIFFERENCES, version):
            tables.update(differences)
        if self.start is None:
            rows = {table: [] for table in rows}
        else:
            if self.start < '080' <= version:
                self._take_back_what_was_added_by_hand(rows)
            for mend in self._passed(ROW_DIFFERENCES, version):
                mend(rows, self.before)
        return {key: what for key, what in tables.items()
                if what is not None}, rows

    def _passed(self, differences, version):
        """Return the differences of versions on the way to this one."""
        return [what for number, engines, what in differences
                if self.driver in engines and
                int(self.start or 0) < number <= int(version)]

    def _take_back_what_was_added_by_hand(self, rows):
        earlier = self.references[self.driver, '071'][1]
        for table in TABLES_BY_HAND:
            rows[table] = []
        for table, columns in COLUMNS_BY_HAND.items():
            values = {row['id']: row for row in earlier[table]}
            for row in rows[table]:
                for column in columns:
                    row[column] = values[row['id']].get(column)

    def _assert_same_rows(self, expected, found, version):
        if self.start is None:
            del expected[schema.VERSION_TABLE], found[schema.VERSION_TABLE]
        elif self.start < '057' <= version:
            for rows in expected, found:
                self._name_resources_by_uuid(rows)
        self.assertEqual(set(expected), set(found), version)
        self.assertEqual({}, schema.difference(
            _values(expected), _values(found)), version)

    def _name_resources_by_uuid(self, rows):
        """Of resources created at the same time, any may come first."""
        resources = sorted(rows['resource'], key=lambda row: row['id'])
        times = [row['created_at'] for row in resources]
        self.assertEqual(sorted(times), times)
        self.assertEqual(list(range(1, len(times) + 1)),
                         [row['id'] for row in resources])
        names = {row['id']: row['uuid'] for row in resources}
        for row in rows['resource']:
            row['id'] = row['uuid']
        for row in rows['resource_data']:
            row['resource_id'] = names[row['resource_id']]


def _values(rows):
    """Return {(table, key, column): value}."""
    return {(table, row.get('id', number), column): value
            for table, found in rows.items()
            for number, row in enumerate(found)
            for column, value in row.items()}
