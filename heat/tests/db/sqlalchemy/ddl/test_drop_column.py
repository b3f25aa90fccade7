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

"""Dropping columns."""

import sqlalchemy as sa

from heat.db.sqlalchemy import ddl
from heat.tests.db.sqlalchemy.ddl import operations


def _things(metadata, *columns):
    return sa.Table('thing', metadata,
                    sa.Column('id', sa.Integer, primary_key=True),
                    sa.Column('name', sa.String(20), index=True), *columns)


class DropColumnTest(operations.OperationTests, operations.DatabaseTestCase):

    BEFORE = sa.MetaData()
    _things(BEFORE, sa.Column('size', sa.Integer))
    ROWS = {'thing': [{'id': 1, 'name': 'a', 'size': 3}]}

    def operate(self, engine):
        ddl.drop_column(engine, 'thing', 'size')

    def check(self):
        self.assertEqual([(1, 'a')], self.select('SELECT * FROM thing'))
        self.assertEqual(['ix_thing_name'], [
            index['name'] for index in
            sa.inspect(self.engine).get_indexes('thing')])


class DropKeyTest(operations.OperationTests, operations.DatabaseTestCase):
    """The column has a foreign key, and on MySQL its index."""

    BEFORE = sa.MetaData()
    _things(BEFORE, sa.Column('parent_id', sa.Integer, sa.ForeignKey(
        'thing.id', name='thing_parent')))
    ROWS = {'thing': [{'id': 1, 'name': 'a', 'parent_id': None},
                      {'id': 2, 'name': 'b', 'parent_id': 1}]}

    def operate(self, engine):
        ddl.drop_column(engine, 'thing', 'parent_id',
                        without_it=_things(sa.MetaData()))

    def check(self):
        self.assertEqual([(1, 'a'), (2, 'b')], self.select(
            'SELECT * FROM thing ORDER BY id'))
        inspector = sa.inspect(self.engine)
        self.assertEqual([], inspector.get_foreign_keys('thing'))
        self.assertEqual(['ix_thing_name'], [
            index['name'] for index in inspector.get_indexes('thing')])

    def test_columns_of_others_are_not_lost(self):
        self.execute('ALTER TABLE thing ADD COLUMN owner INTEGER')
        if self.driver == 'sqlite':
            self.assert_refused('table thing', '(owner)')
        else:
            self.operate(self.engine)
            self.assertEqual([(1, 'a', None), (2, 'b', None)], self.select(
                'SELECT * FROM thing ORDER BY id'))
