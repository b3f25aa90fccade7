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

What differs is listed here, and with its reason in
doc/source/admin/schema-differences.rst.
"""

import json

import testscenarios

from heat.db import api
from heat.tests import base
from heat.tests import databases
from heat.tests import schema

# What a database is at, or None for an empty one, and what it is brought to.
CHAINS = ([(None, target) for target in databases.VERSIONS] +
          [('046', target) for target in databases.VERSIONS[1:]] +
          [(start, '086') for start in databases.VERSIONS[1:-1]])

NOT_MYSQL = ('sqlite', 'postgresql')

# What a version makes of the schema in another way than Heat's own: the
# version, the engines, and the difference to what Heat's own has left; None
# is not there.
SCHEMA_DIFFERENCES = (
    # An index for each key to raw_template, where the engine makes none.
    (55, NOT_MYSQL, {
        ('stack', 'index', 'ix_stack_prev_raw_template_id'):
            (['prev_raw_template_id'], False, None),
        ('stack', 'index', 'ix_stack_raw_template_id'):
            (['raw_template_id'], False, None)}),
)

# What was added to Heat's databases by hand after 071: all rows of tables, and
# columns of rows that were there.
TABLES_BY_HAND = ('raw_template_files', 'resource_properties_data',
                  'sync_point')
COLUMNS_BY_HAND = {
    'event': ('rsrc_prop_data_id',),
    'raw_template': ('files', 'files_id'),
    'resource': ('atomic_key', 'attr_data_id', 'current_template_id',
                 'engine_id', 'needed_by', 'replaces', 'requires',
                 'rsrc_prop_data_id'),
}


def _environment_is_encoded_once(rows, before):
    for row in rows['raw_template']:
        decoded = json.loads(row['environment'] or 'null')
        if isinstance(decoded, str):
            row['environment'] = decoded


def _times_are_kept(rows, before):
    kept = {row['id']: row for row in before['resource_data']}
    for row in rows['resource_data']:
        for column in 'created_at', 'updated_at':
            row[column] = kept[row['id']][column]


# What a version leaves in rows that Heat's own has lost or damaged: the
# version, the engines, and what mends the rows that Heat's own has left, given
# those before.
ROW_DIFFERENCES = (
    # What Heat's own 056 has encoded twice, 086 decodes.
    (56, ('sqlite',), _environment_is_encoded_once),
    (86, ('sqlite',), _environment_is_encoded_once),
    (57, ('sqlite',), _times_are_kept),
)


class ReferenceTest(base.DBTestCase):

    scenarios = testscenarios.multiply_scenarios(
        base.DBTestCase.scenarios,
        [('%s-%s' % (start or 'nothing', target),
          {'start': start, 'target': target}) for start, target in CHAINS])

    def setUp(self):
        super().setUp()
        self.before, after_071, self.schema, self.rows = {}, {}, {}, {}
        for version in {self.start, '071', self.target} - {None}:
            databases.load(self.engine, version)
            rows = schema.rows(self.engine)
            if version == self.start:
                self.before = rows
            if version == '071':
                after_071 = rows
            if version == self.target:
                self.schema = schema.describe(self.engine)
                self.rows = schema.rows(self.engine)
            databases.empty(self.engine)
        if self.before and self._passes(72):
            self._take_back_what_was_added_by_hand(after_071)
        if self.start is not None:
            databases.load(self.engine, self.start)
        api.db_sync(self.engine, int(self.target), with_indexes=False)

    def _passes(self, version):
        """Tell whether the chain goes through a version."""
        return int(self.start or 0) < version <= int(self.target)

    def _take_back_what_was_added_by_hand(self, rows):
        for table in TABLES_BY_HAND:
            if table in self.rows:
                self.rows[table] = []
        for table, columns in COLUMNS_BY_HAND.items():
            earlier = {row['id']: row for row in rows[table]}
            for row in self.rows[table]:
                for column in set(columns) & set(row):
                    row[column] = earlier[row['id']].get(column)

    def test_schema(self):
        for version, engines, differences in SCHEMA_DIFFERENCES:
            if self.driver in engines and self._passes(version):
                self.schema.update(differences)
        expected = {key: what for key, what in self.schema.items()
                    if what is not None}
        self.assertEqual({}, schema.difference(
            expected, schema.describe(self.engine)))

    def test_rows(self):
        if self.start is None:
            self.rows = {table: [] for table in self.rows}
        for version, engines, mend in ROW_DIFFERENCES:
            if self.before and self.driver in engines and self._passes(
                    version):
                mend(self.rows, self.before)
        found = schema.rows(self.engine)
        if self.start is None:
            found[schema.VERSION_TABLE] = []
        if self._passes(57):
            for rows in self.rows, found:
                _name_resources_by_uuid(rows)
        self.assertEqual(set(self.rows), set(found))
        for table in found:
            self.assertEqual(_sorted(self.rows[table]), _sorted(found[table]))

    def test_resources_are_numbered_as_they_were_created(self):
        if self.before and self._passes(57):
            resources = sorted(schema.rows(self.engine)['resource'],
                               key=lambda row: row['id'])
            self.assertEqual(list(range(1, len(resources) + 1)),
                             [row['id'] for row in resources])
            times = [row['created_at'] for row in resources]
            self.assertEqual(sorted(times), times)


def _name_resources_by_uuid(rows):
    """Of resources created at the same time, any may come first."""
    names = {row['id']: row['uuid'] for row in rows['resource']}
    for row in rows['resource']:
        row['id'] = row['uuid']
    for row in rows['resource_data']:
        row['resource_id'] = names[row['resource_id']]


def _sorted(rows):
    return sorted(repr(sorted(row.items())) for row in rows)
