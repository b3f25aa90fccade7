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

"""Dropping tables."""

import sqlalchemy as sa

from heat.db.sqlalchemy import ddl
from heat.tests.db.sqlalchemy.ddl import operations


class DropTableTest(operations.OperationTests, operations.DatabaseTestCase):

    BEFORE = sa.MetaData()
    sa.Table('parent', BEFORE, sa.Column('id', sa.Integer, primary_key=True))
    sa.Table('thing', BEFORE,
             sa.Column('id', sa.Integer, primary_key=True),
             sa.Column('parent_id', sa.Integer, sa.ForeignKey('parent.id')))
    ROWS = {'parent': [{'id': 1}],
            'thing': [{'id': 3, 'parent_id': 1}, {'id': 4, 'parent_id': 1}]}

    def operate(self, engine):
        ddl.drop_table(engine, 'thing')

    def check(self):
        self.assertEqual(['parent'], self.table_names())

    def test_rows_are_told(self):
        told = []
        self.operate(self.engine.execution_options(tell=told.append))
        self.assertEqual(['table thing is dropped, with its rows: 2'], told)

    def test_rows_are_told_before(self):
        recorder, _found = self.record(self.operate, tells=True)
        self.assertEqual(['table thing is dropped, with its rows: 2'],
                         recorder.told)

    def test_nothing_is_told_of_an_empty_one(self):
        self.execute('DELETE FROM thing')
        told = []
        self.operate(self.engine.execution_options(tell=told.append))
        self.assertEqual([], told)
