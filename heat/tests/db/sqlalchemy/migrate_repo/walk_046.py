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

"""What there is before 046 to 055, and what they make of it."""

import json

import sqlalchemy as sa

from heat.db import api
from heat.db import exception
from heat.tests import base


class Walk(base.DBTestCase):

    def columns(self, table):
        return {column['name']: column
                for column in sa.inspect(self.engine).get_columns(table)}

    def indexes(self, table):
        return {index['name']
                for index in sa.inspect(self.engine).get_indexes(table)}

    def insert_many(self, name, rows):
        table = sa.table(name, *map(sa.column, rows[0]))
        with self.engine.begin() as conn:
            conn.execute(table.insert(), rows)

    def add_stack(self, stack_id, **values):
        self.insert('stack', id=stack_id, raw_template_id=1,
                    disable_rollback=False, **values)

    def check_046(self):
        self.assertEqual(
            {'event', 'migrate_version', 'raw_template', 'resource',
             'resource_data', 'snapshot', 'software_config',
             'software_deployment', 'stack', 'stack_lock', 'user_creds',
             'watch_data', 'watch_rule'},
            set(sa.inspect(self.engine).get_table_names()))

    def prepare_047(self):
        self.insert('raw_template', id=1, template='{}')
        self.add_stack('top')
        # Deeper and more than a script handles at a time.
        self.insert_many('stack', [
            {'id': 'child-%04d' % number, 'owner_id': 'top', 'backup': False,
             'raw_template_id': 1, 'disable_rollback': False}
            for number in range(1100)])
        self.add_stack('grandchild', owner_id='child-1099')
        self.add_stack('deleted', owner_id='grandchild',
                       deleted_at='2015-01-01 00:00:00')
        self.add_stack('backup', owner_id='top', backup=True)
        self.add_stack('below-backup', owner_id='backup')
        self.add_stack('orphan', owner_id='gone')
        self.add_stack('below-orphan', owner_id='orphan')
        self.add_stack('own-owner', owner_id='own-owner')
        self.add_stack('top-backup', backup=True)
        self.add_stack('below-top-backup', owner_id='top-backup')

    def check_047(self):
        depths = dict(self.select('SELECT id, nested_depth FROM stack'))
        self.assertEqual(
            {1}, {depths.pop('child-%04d' % n) for n in range(1100)})
        self.assertEqual(
            {'top': 0, 'grandchild': 2, 'deleted': 3, 'backup': 0,
             'below-backup': 0, 'orphan': 0, 'below-orphan': 0,
             'own-owner': 0, 'top-backup': 0, 'below-top-backup': 0},
            depths)

    def check_048(self):
        self.assertIsNone(self.columns('resource')['id']['default'])

    def check_049(self):
        self.assertIn('region_name', self.columns('user_creds'))

    def check_050(self):
        self.assertIn('tags', self.columns('stack'))

    def check_051(self):
        self.assertIn('engine_id', self.columns('service'))

    def check_052(self):
        self.assertEqual(
            [(False,)], self.select('SELECT DISTINCT convergence FROM stack'))

    def check_053(self):
        self.assertLessEqual({'ix_stack_name', 'ix_stack_tenant'},
                             self.indexes('stack'))

    def prepare_054(self):
        for stack_id, tags in (('top', ['a', 'ü' * 80]), ('orphan', []),
                               ('backup', None), ('grandchild', ['a'])):
            self._set_tags(stack_id, json.dumps(tags))
        # What is no list of tags stops the script before it loses anything.
        for wrong in ('{"a": 1}', '["%s"]' % ('x' * 81), '[1]', 'a', '0',
                      '{}', '""', 'false', '["\\ud800"]', '["\\u0000"]',
                      '[' * 100000):
            self._set_tags('deleted', wrong)
            self.assertRaisesRegex(exception.MigrationError, 'deleted',
                                   api.db_sync, self.engine, 54)
        self.assertIn('tags', self.columns('stack'))
        self._set_tags('deleted', '["b"]')

    def _set_tags(self, stack_id, tags):
        with self.engine.begin() as conn:
            conn.execute(sa.text('UPDATE stack SET tags = :tags '
                                 'WHERE id = :id'),
                         {'tags': tags, 'id': stack_id})

    def check_054(self):
        self.assertNotIn('tags', self.columns('stack'))
        self.assertEqual(
            [('deleted', 'b'), ('grandchild', 'a'), ('top', 'a'),
             ('top', 'ü' * 80)],
            sorted(self.select('SELECT stack_id, tag FROM stack_tag')))

    def check_055(self):
        columns = self.columns('stack')
        for name in ('prev_raw_template_id', 'current_traversal',
                     'current_deps'):
            self.assertTrue(columns[name]['nullable'], name)
        indexes = self.indexes('stack')
        for column in ('prev_raw_template_id', 'raw_template_id'):
            self.assertTrue(
                {'ix_stack_' + column, column, 'prev_raw_template_ref'}
                & indexes, column)
        self.assertIn(['prev_raw_template_id'], [
            key['constrained_columns'] for key in
            sa.inspect(self.engine).get_foreign_keys('stack')])
