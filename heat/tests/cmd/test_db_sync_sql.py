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

"""What db_sync --sql prints leads to the same as db_sync."""

import json
import re

import sqlalchemy as sa

from heat.db import api
from heat.tests import base
from heat.tests import clients
from heat.tests.cmd import test_manage
from heat.tests import databases
from heat.tests import schema


class SQLTest(base.DBTestCase, test_manage.ManageTestCase):

    def setUp(self):
        super().setUp()
        self.connection = self.engine.url.render_as_string(
            hide_password=False)

    def _sql(self, *args, connection=None):
        result = self.run_command('db_sync', '--sql', *args,
                                  connection=connection or self.connection)
        self.assertEqual((0, ''), (result.returncode, result.stderr))
        return result.stdout

    def _describe(self):
        rows = schema.rows(self.engine)
        rows['stack_tag'] = sorted(
            (row['stack_id'], row['tag']) for row in rows.get('stack_tag', ()))
        return schema.describe(self.engine), rows

    def _test_same_as_db_sync(self, *prepare):
        self._prepare(*prepare)
        before = self._describe()
        api.db_sync(self.engine)
        expected = self._describe()
        self._prepare(*prepare)
        script = self._sql()
        self.assertEqual(before, self._describe())
        clients.feed(self.engine, script)
        for wanted, found in zip(expected, self._describe()):
            self.assertEqual({}, schema.difference(wanted, found))

    def _prepare(self, start, version=None, statements=()):
        databases.empty(self.engine)
        if start:
            databases.load(self.engine, start)
        if version:
            api.db_sync(self.engine, version)
        with self.engine.begin() as conn:
            for statement, *values in statements:
                conn.execute(sa.text(statement), *values)

    def test_from_nothing(self):
        self._test_same_as_db_sync(None)

    def test_from_046(self):
        self._test_same_as_db_sync('046')

    def test_from_054(self):
        self._test_same_as_db_sync('054')

    def test_from_later_versions(self):
        for start in '055', '062', '065', '071', '080', '086':
            self._test_same_as_db_sync(start)

    def test_templates_that_stacks_share(self):
        add = ('INSERT INTO stack (id, created_at, deleted_at, parameters, '
               'raw_template_id, disable_rollback) VALUES '
               "(:id, '2015-01-01 00:00:00', :deleted, :parameters, 1, :no)")
        self._test_same_as_db_sync('055', None, [(add, [
            {'id': 's-%d' % number, 'parameters': parameters, 'no': False,
             'deleted': deleted}
            for number, (parameters, deleted) in enumerate((
                ('{"a": 1}', None), ('{"a": 1}', None), ('{"A": 1}', None),
                (None, None), ('{"b": 1}', '2015-01-02 00:00:00')))])])
        # An older stack keeps the template, and so does the deleted one.
        self.assertEqual([(4,)], self.select(
            'SELECT COUNT(DISTINCT raw_template_id) FROM stack '
            "WHERE id LIKE 's-%%'"))

    def test_resources_of_owners_in_a_circle(self):
        stack = ('INSERT INTO stack (id, owner_id, raw_template_id, '
                 'disable_rollback) VALUES (:id, :owner, 1, :no)')
        resource = 'INSERT INTO resource (stack_id) VALUES (:id)'
        owners = {'r-1': 'r-2', 'r-2': 'r-1', 'r-3': 'r-1', 'r-4': 'r-4',
                  'r-5': 'gone'}
        self._test_same_as_db_sync('062', None, [
            (stack, [{'id': stack_id, 'owner': owner, 'no': False}
                     for stack_id, owner in owners.items()]),
            (resource, [{'id': stack_id} for stack_id in owners])])
        self.assertEqual(
            {**{stack_id: stack_id for stack_id in owners}, 'r-5': 'gone'},
            dict(self.select('SELECT stack_id, root_stack_id FROM resource '
                             "WHERE stack_id LIKE 'r-%%'")))

    def test_nested_stacks(self):
        add = ('INSERT INTO stack (id, owner_id, backup, raw_template_id, '
               'disable_rollback) VALUES (:id, :owner, :backup, 1, :no)')
        self._test_same_as_db_sync('046', None, [(add, [
            {'id': stack, 'owner': owner, 'backup': backup, 'no': False}
            for stack, owner, backup in (
                ('n-top', None, None), ('n-1', 'n-top', False),
                ('n-2', 'n-1', None), ('n-3', 'n-2', None),
                ('n-backup', 'n-1', True), ('n-below', 'n-backup', None),
                ('n-orphan', 'gone', None), ('n-self', 'n-self', None),
                ('n-ring-1', 'n-ring-2', None), ('n-ring-2', 'n-ring-1', None),
                ('n-top-backup', None, True),
                ('n-below-top', 'n-top-backup', None))])])

    def test_tags(self):
        update = ('UPDATE stack SET tags = :tags WHERE id = '
                  '(SELECT id FROM (SELECT id FROM stack WHERE name = :name '
                  'ORDER BY id LIMIT 1) AS one)')
        self._test_same_as_db_sync('046', 53, [(update, [
            {'name': 'failed', 'tags': json.dumps(['a', 'ü' * 80])},
            {'name': 'no-status', 'tags': '[]'},
            {'name': 'suspended', 'tags': 'null'},
            {'name': 'in-progress', 'tags': '["a"]'}])])
        self.assertEqual(
            [(3,)], self.select('SELECT COUNT(*) FROM stack_tag'))

    def test_what_is_there_already_is_left_out(self):
        self._test_same_as_db_sync('054', None, [
            ['ALTER TABLE stack ADD current_traversal VARCHAR(36)']])
        self._prepare('054', None, [
            ['ALTER TABLE stack ADD current_traversal VARCHAR(36)']])
        self.assertNotIn('ADD COLUMN current_traversal', self._sql())

    def test_killed_at_the_first_statements(self):
        self._test_same_as_db_sync(None, None, [
            ['CREATE TABLE migrate_version (repository_id VARCHAR(250) '
             'PRIMARY KEY, repository_path TEXT, version INTEGER)']])

    def test_without_connection(self):
        databases.load(self.engine, '046')
        self._assert_same_without_connection('--from', '46')
        databases.empty(self.engine)
        # Only a db_sync that changes something makes a file of SQLite.
        self.select('SELECT 1')
        self._assert_same_without_connection()

    def _assert_same_without_connection(self, *args):
        # Options of MySQL's tables come in any order, and only the database
        # can tell the collation, and how many rows there are.
        found, expected = (
            re.sub(r'\n\).*;', '\n);', re.sub(r'-- .*: \d+\n', '', text))
            for text in (
                self._sql('--dialect', self.driver, *args,
                          connection='sqlite:////absent/file'), self._sql()))
        self.assertEqual(expected, found)

    def test_given_version(self):
        databases.load(self.engine, '046')
        clients.feed(self.engine, self._sql('53'))
        self.assertEqual(53, api.db_version(self.engine))
