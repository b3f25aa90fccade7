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

"""Copying tables of SQLite."""

import sqlalchemy as sa

from heat.db.sqlalchemy import ddl
from heat.tests import base
from heat.tests.db.sqlalchemy.ddl import operations


@base.only_on('sqlite')
class CopyTableTest(operations.OperationTests, operations.DatabaseTestCase):

    BEFORE = sa.MetaData()
    sa.Table('thing', BEFORE,
             sa.Column('id', sa.Integer, primary_key=True),
             sa.Column('size', sa.Integer),
             sa.Column('old', sa.Integer),
             sa.Column('name', sa.String(20), index=True))
    # What another table refers to is replaced, too.
    sa.Table('part', BEFORE, sa.Column(
        'thing_id', sa.Integer, sa.ForeignKey('thing.id'), primary_key=True))
    ROWS = {'thing': [{'id': 1, 'size': 5, 'old': 6, 'name': 'a'},
                      {'id': 2, 'size': None, 'old': 7, 'name': None}],
            'part': [{'thing_id': 1}]}

    def operate(self, engine):
        table = sa.Table(
            'thing', sa.MetaData(),
            sa.Column('id', sa.Integer, primary_key=True),
            sa.Column('size', sa.Text),
            sa.Column('new', sa.Integer),
            sa.Column('name', sa.String(20), index=True))
        ddl.copy_table(
            engine, table, lambda schema: schema.has_column('thing', 'old'),
            lambda schema: {'new': 'thing.old + 1'}, drops=['old'])

    def check(self):
        self.assertEqual(
            [(1, '5', 7, 'a'), (2, None, 8, None)],
            self.select('SELECT id, size, new, name FROM thing ORDER BY id'))
        self.assertEqual(['ix_thing_name'], [
            index['name'] for index in
            sa.inspect(self.engine).get_indexes('thing')])
        self.assertEqual([], self.select('PRAGMA foreign_key_check'))

    def test_indexes_of_others_are_made_again(self):
        self.execute('CREATE UNIQUE INDEX mine ON thing (size, name)')
        recorder, _found = self.record(self.operate)
        self.assertEqual(
            ['CREATE UNIQUE INDEX mine ON thing (size, name)'],
            [statement for statement in recorder.statements
             if isinstance(statement, ddl.ForeignStatement)])
        self.operate(self.engine)
        self.assertIn(('mine', 1), [
            (index['name'], index['unique']) for index in
            sa.inspect(self.engine).get_indexes('thing')])

    def test_columns_of_others_are_not_lost(self):
        self.execute('ALTER TABLE thing ADD owner TEXT')
        self.execute('ALTER TABLE thing ADD comment TEXT')
        self.assert_refused('table thing', '(comment, owner)')

    def test_foreign_keys_hold_again(self):
        self.operate(self.engine)
        self.assertEqual([(1,)], self.select('PRAGMA foreign_keys'))
