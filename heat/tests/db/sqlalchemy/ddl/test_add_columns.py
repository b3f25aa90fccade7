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

"""Adding columns with their foreign keys."""

import sqlalchemy as sa

from heat.db.sqlalchemy import ddl
from heat.tests.db.sqlalchemy.ddl import operations


class AddColumnsTest(operations.OperationTests, operations.DatabaseTestCase):

    BEFORE = sa.MetaData()
    sa.Table('parent', BEFORE, sa.Column('id', sa.Integer, primary_key=True))
    sa.Table('thing', BEFORE, sa.Column('id', sa.Integer, primary_key=True))
    ROWS = {'parent': [{'id': 5}], 'thing': [{'id': 1}, {'id': 2}]}
    REPEATED = 'ALTER TABLE thing VALIDATE'

    def operate(self, engine):
        ddl.add_columns(
            engine, 'thing',
            sa.Column('colour', sa.String(20)),
            sa.Column('parent_id', sa.Integer, sa.ForeignKey(
                'parent.id', name='thing_parent')),
            sa.Column('size', sa.Integer, server_default=sa.text('7')))

    def check(self):
        self.assertEqual(
            [(1, None, None, 7), (2, None, None, 7)], self.select(
                'SELECT id, colour, parent_id, size FROM thing ORDER BY id'))
        key, = sa.inspect(self.engine).get_foreign_keys('thing')
        self.assertEqual((['parent_id'], 'parent'), (
            key['constrained_columns'], key['referred_table']))

    def test_another_type_is_refused(self):
        self.execute('ALTER TABLE thing ADD colour INTEGER')
        self.assert_refused('column colour of table thing', 'INTEGER')

    def test_column_without_its_key_is_refused_on_sqlite(self):
        self.execute('ALTER TABLE thing ADD parent_id INTEGER')
        if self.driver == 'sqlite':
            self.assert_refused('column parent_id of table thing',
                                'no foreign key')
        else:
            self.operate(self.engine)
            self.check()
