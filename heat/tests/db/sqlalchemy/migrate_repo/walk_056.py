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

"""What there is before 056 to 086, and what they make of it."""

import importlib
import json

import fixtures
import sqlalchemy as sa

from heat.tests.db.sqlalchemy.migrate_repo import walk_046

change_rows = importlib.import_module('heat.db.sqlalchemy.ddl.change_rows')

TWICE = json.dumps(json.dumps({'parameters': {'a': 'ü'}}))


class Walk(walk_046.Walk):

    def setUp(self):
        super().setUp()
        # So that there is more than one batch.
        self.useFixture(fixtures.MockPatchObject(
            change_rows, 'SIZE', dict.fromkeys(change_rows.SIZE, 500)))

    def foreign_keys(self, table):
        return {tuple(key['constrained_columns']): (
            key['referred_table'], key['options'].get('ondelete'))
            for key in sa.inspect(self.engine).get_foreign_keys(table)}

    def prepare_056(self):
        self.insert_many('raw_template', [
            {'id': number, 'template': '{"t": 2}'}
            for number in range(2, 700)])
        if self.driver == 'postgresql':
            self.execute("SELECT setval('raw_template_id_seq', 699)")
        for stack_id, template, created, parameters, deleted in (
                ('first', 2, 1, '{"a": 1}', None),
                ('second', 2, 2, '{"A": 1}', None),
                ('third', 2, 3, '{"A": 1}', None),
                ('fourth', 2, 4, '{"a": 1}', None),
                ('fifth', 2, 5, None, None),
                ('sixth', 2, 6, '', None),
                ('gone', 2, 0, '{"b": 1}', '2015-02-01 00:00:00'),
                ('alone', 699, 1, '{"ü": 1}', None),
                ('gone-alone', 698, 1, '{"b": 1}', '2015-02-01 00:00:00')):
            self.insert('stack', id=stack_id, raw_template_id=template,
                        created_at='2015-01-01 00:00:0%d' % created,
                        parameters=parameters, deleted_at=deleted,
                        disable_rollback=False)
        # Of an engine from before 047.
        for stack_id, owner in (('nested', 'grandchild'),
                                ('below', 'nested')):
            self.add_stack(stack_id, owner_id=owner)

    def check_056(self):
        self.assertNotIn('parameters', self.columns('stack'))
        found = {stack_id: rest for stack_id, *rest in self.select(
            'SELECT stack.id, raw_template.id, environment, template '
            'FROM stack JOIN raw_template '
            'ON raw_template.id = raw_template_id')}
        self.assertEqual([2, '{"a": 1}', '{"t": 2}'], found['first'])
        self.assertEqual(found['first'], found['fourth'])
        self.assertEqual(found['first'], found['gone'])
        self.assertEqual(['{"A": 1}', '{"t": 2}'], found['second'][1:])
        self.assertEqual(found['second'], found['third'])
        self.assertEqual([None, '{"t": 2}'], found['fifth'][1:])
        self.assertEqual(['', '{"t": 2}'], found['sixth'][1:])
        self.assertEqual([699, '{"ü": 1}', '{"t": 2}'], found['alone'])
        self.assertEqual([698, None, '{"t": 2}'], found['gone-alone'])
        self.assertEqual({found[stack_id][0] for stack_id in (
            'second', 'fifth', 'sixth')}, {700, 701, 702})
        self.assertEqual([(702, 0)], self.select(
            'SELECT COUNT(*), COUNT(predecessor) FROM raw_template'))
        self.assertEqual([('first', 0), ('nested', 3), ('below', 4)],
                         self.select(
            'SELECT id, nested_depth FROM stack '
            "WHERE id IN ('first', 'nested', 'below') ORDER BY nested_depth"))

    def prepare_057(self):
        self.insert_many('resource', [
            {'id': 'resource-%03d' % number, 'stack_id': 'top', 'created_at':
             '2015-01-01 00:%02d:%02d' % divmod(600 - number, 60)}
            for number in range(600)])
        self.insert_many('resource_data', [
            {'id': number + 1, 'value': str(number), 'created_at':
             '2015-01-01 00:00:00', 'resource_id': 'resource-%03d' % number}
            for number in range(600)])

    def check_057(self):
        self.assertEqual(
            [(number + 1, 'resource-%03d' % (599 - number))
             for number in range(600)],
            self.select('SELECT id, uuid FROM resource ORDER BY id'))
        self.assertEqual(
            [(str(number), 600 - number) for number in range(600)],
            self.select('SELECT value, resource_id FROM resource_data '
                        'WHERE created_at IS NOT NULL ORDER BY id'))
        self.insert('resource', stack_id='top', uuid='next')
        self.assertEqual([(601,)], self.select(
            "SELECT id FROM resource WHERE uuid = 'next'"))

    def check_058(self):
        self.assertLessEqual({'engine_id', 'atomic_key'},
                             set(self.columns('resource')))

    def check_059(self):
        self.assertEqual(
            ['entity_id', 'traversal_id', 'is_update'],
            sa.inspect(self.engine).get_pk_constraint('sync_point')[
                'constrained_columns'])

    def check_060(self):
        self.assertLessEqual({'needed_by', 'requires', 'replaces',
                              'replaced_by'}, set(self.columns('resource')))
        self.assertEqual(('raw_template', None), self.foreign_keys(
            'resource')['current_template_id',])

    def check_061(self):
        for table in 'stack', 'resource', 'software_deployment':
            self.assertIsNone(
                self.columns(table)['status_reason']['type'].length)
        self.execute("UPDATE resource SET status_reason = '%s'" % ('x' * 999))

    def check_062(self):
        self.assertIn('parent_resource_name', self.columns('stack'))

    def check_063(self):
        self.assertEqual([(False,)], self.select(
            'SELECT DISTINCT properties_data_encrypted FROM resource'))

    def prepare_064(self):
        self.execute('UPDATE raw_template SET predecessor = 1 WHERE id = 2')

    def check_064(self):
        self.assertNotIn('predecessor', self.columns('raw_template'))
        self.assertEqual([(702,)], self.select(
            'SELECT COUNT(environment IS NULL) FROM raw_template'))

    def prepare_065(self):
        for stack_id, owner_id in (('ring-1', 'ring-2'), ('ring-2', 'ring-1'),
                                   ('below-ring', 'ring-1')):
            self.add_stack(stack_id, owner_id=owner_id)
        self.insert_many('resource', [
            {'stack_id': stack_id, 'uuid': stack_id} for stack_id, in
            self.select("SELECT id FROM stack WHERE id <> 'top'")])

    def check_065(self):
        roots = dict(self.select(
            'SELECT stack_id, root_stack_id FROM resource'))
        self.assertEqual([(601,)], self.select(
            "SELECT COUNT(*) FROM resource WHERE root_stack_id = stack_id "
            "AND stack_id = 'top'"))
        self.assertEqual({'top'}, {
            roots['child-%04d' % number] for number in range(1100)})
        self.assertEqual(
            {'grandchild': 'top', 'deleted': 'top', 'below-backup': 'top',
             'orphan': 'gone', 'below-orphan': 'gone', 'alone': 'alone',
             'own-owner': 'own-owner', 'ring-1': 'ring-1', 'ring-2': 'ring-2',
             'below-ring': 'below-ring', 'below-top-backup': 'top-backup'},
            {stack_id: roots[stack_id] for stack_id in (
                'grandchild', 'deleted', 'below-backup', 'orphan', 'alone',
                'below-orphan', 'own-owner', 'ring-1', 'ring-2',
                'below-ring', 'below-top-backup')})
        self.assertIn('ix_resource_root_stack_id', self.indexes('resource'))

    def check_071(self):
        self.assertIn('ix_stack_owner_id', self.indexes('stack'))

    def check_072(self):
        self.assertEqual(('raw_template_files', None), self.foreign_keys(
            'raw_template')['files_id',])

    def check_073(self):
        self.assertEqual({('resource_id',): ('resource', 'CASCADE')},
                         self.foreign_keys('resource_data'))
        self.assertEqual([(600,)], self.select(
            'SELECT COUNT(*) FROM resource_data'))

    def check_079(self):
        for table in 'resource', 'event':
            self.assertEqual(
                ('resource_properties_data', None),
                self.foreign_keys(table)['rsrc_prop_data_id',])

    def check_080(self):
        self.assertEqual(('resource_properties_data', None),
                         self.foreign_keys('resource')['attr_data_id',])

    def prepare_086(self):
        self.insert('watch_rule', id=1, state='NODATA', rule='{}',
                    stack_id='top')
        self.insert('watch_data', id=1, watch_rule_id=1, data='{}')
        # What Heat's own 056 has left on SQLite; and what it has not.
        for number, environment in (
                (1, TWICE), (2, 'null'), (3, '{'), (4, '"{"'), (5, '"a"'),
                (6, '"{\\"a\\": 1}"'), (700, TWICE)):
            with self.engine.begin() as conn:
                conn.execute(sa.text(
                    'UPDATE raw_template SET environment = :environment '
                    'WHERE id = :id'), {'id': number,
                                        'environment': environment})

    def check_086(self):
        self.assertEqual(set(), {'watch_rule', 'watch_data'} & set(
            sa.inspect(self.engine).get_table_names()))
        found = dict(self.select('SELECT id, environment FROM raw_template'))
        self.assertEqual(['null', '{', '"{"', '"a"'],
                         [found[number] for number in range(2, 6)])
        once = self.driver == 'sqlite'
        self.assertEqual(json.loads(TWICE) if once else TWICE, found[1])
        self.assertEqual(found[1], found[700])
        self.assertEqual('{"a": 1}' if once else '"{\\"a\\": 1}"', found[6])
