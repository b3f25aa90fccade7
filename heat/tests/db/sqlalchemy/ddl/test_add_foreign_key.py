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

"""Adding foreign keys to columns that are there."""

from oslo_db import exception as db_exception
import sqlalchemy as sa

from heat.db.sqlalchemy.ddl import add_foreign_key
from heat.tests import base
from heat.tests.db.sqlalchemy.ddl import operations


@base.only_on('mysql', 'postgresql')
class AddForeignKeyTest(operations.OperationTests,
                        operations.DatabaseTestCase):

    BEFORE = sa.MetaData()
    sa.Table('parent', BEFORE, sa.Column('id', sa.Integer, primary_key=True))
    sa.Table('thing', BEFORE,
             sa.Column('id', sa.Integer, primary_key=True),
             sa.Column('parent_id', sa.Integer))
    ROWS = {'parent': [{'id': 5}],
            'thing': [{'id': 1, 'parent_id': 5}, {'id': 2, 'parent_id': None}]}
    REPEATED = 'ALTER TABLE thing VALIDATE'

    def operate(self, engine):
        key = sa.ForeignKeyConstraint(
            ['parent_id'], ['parent.id'], name='thing_parent')
        sa.Table('thing', sa.MetaData(), sa.Column('parent_id', sa.Integer),
                 key)
        add_foreign_key.add_foreign_key(engine, 'thing', key)

    def check(self):
        self.assertRaises(db_exception.DBReferenceError, self.execute,
                          'UPDATE thing SET parent_id = 6')
        if self.driver == 'postgresql':
            self.assertEqual([(True,)], self.select(
                'SELECT convalidated FROM pg_constraint '
                "WHERE conname = 'thing_parent'"))

    def test_column_without_values(self):
        self.execute('UPDATE thing SET parent_id = NULL')
        self.operate(self.engine)
        self.check()
        if self.driver == 'mysql':
            # Checks are on again.
            self.assertEqual([(1,)], self.select(
                'SELECT @@foreign_key_checks'))

    def test_value_that_refers_to_nothing(self):
        self.execute('UPDATE thing SET parent_id = 6 WHERE id = 1')
        self.assertRaises(db_exception.DBReferenceError, self.operate,
                          self.engine)
