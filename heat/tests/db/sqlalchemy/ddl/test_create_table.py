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

"""Making tables."""

import sqlalchemy as sa

from heat.db.sqlalchemy import ddl
from heat.tests.db.sqlalchemy.ddl import operations
from heat.tests import schema


class CreateTableTest(operations.OperationTests, operations.DatabaseTestCase):

    BEFORE = sa.MetaData()
    sa.Table('stack', BEFORE,
             sa.Column('id', sa.String(36), primary_key=True),
             mysql_charset='utf8mb4', mysql_collate='utf8mb4_bin')
    ROWS = {'stack': [{'id': 'a'}]}

    def operate(self, engine):
        ddl.create_table(engine, sa.Table(
            'thing', sa.MetaData(),
            sa.Column('id', sa.Integer, primary_key=True),
            sa.Column('stack_id', sa.String(36), sa.ForeignKey(
                'stack.id', name='thing_stack'), nullable=False),
            sa.Column('name', sa.String(20), index=True),
            sa.Column('size', sa.Integer, index=True),
            mysql_engine='InnoDB', mysql_charset='utf8mb3'))

    def check(self):
        self.insert('thing', stack_id='a', name='b')
        inspector = sa.inspect(self.engine)
        self.assertLessEqual({'ix_thing_name', 'ix_thing_size'}, {
            index['name'] for index in inspector.get_indexes('thing')})
        self.assertEqual(1, len(inspector.get_foreign_keys('thing')))
        if self.driver == 'mysql':
            self.assertEqual(
                ('InnoDB', 'utf8mb4_bin'), schema.describe(self.engine)[
                    'thing', 'table', 'options'])

    def test_other_columns_are_refused(self):
        self.execute('CREATE TABLE thing (id INTEGER, size INTEGER, '
                     'colour INTEGER)')
        self.assert_refused('table thing', '(colour, name, stack_id)')
