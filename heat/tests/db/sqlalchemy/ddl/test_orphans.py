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

"""Rows that refer to rows that are not there."""

from unittest import mock

import sqlalchemy as sa

from heat.db import exception
from heat.db.sqlalchemy import ddl
from heat.db.sqlalchemy.ddl.change_rows import SIZE
from heat.tests import base
from heat.tests import cost
from heat.tests import databases
from heat.tests.db.sqlalchemy.ddl import operations

PARTS = 'rows of part that refer to a row of thing that is not there: '
DETAILS = 'rows of detail that belong to them: '
DELETED = '; they are deleted'


class OrphansTest(operations.OperationTests, operations.DatabaseTestCase):

    # No foreign key: the rows were there before.
    BEFORE = sa.MetaData()
    sa.Table('thing', BEFORE, sa.Column('id', sa.String(36), primary_key=True))
    sa.Table('part', BEFORE,
             sa.Column('id', sa.Integer, primary_key=True),
             sa.Column('thing_id', sa.String(36)))
    sa.Table('detail', BEFORE,
             sa.Column('id', sa.Integer, primary_key=True),
             sa.Column('part_id', sa.Integer))
    ROWS = {
        'thing': [{'id': 'a'}, {'id': 'b'}],
        'part': [{'id': number, 'thing_id': thing} for number, thing in
                 enumerate(['a', 'gone', None, 'b', 'gone', 'lost'], 1)],
        'detail': [{'id': number, 'part_id': part} for number, part in
                   enumerate([1, 2, 2, 4, 6], 1)]}

    def operate(self, engine):
        if isinstance(engine, sa.engine.Engine):
            engine = engine.execution_options(orphans='delete')
        self._clear(engine)

    def _clear(self, engine):
        ddl.clear_orphans(engine, 'part.thing_id', 'thing.id',
                          children=['detail.part_id'])

    def record(self, change, names=(), **options):
        return super().record(change, names,
                              **{'orphans': 'delete', **options})

    def check(self):
        self.assertEqual([(1, 'a'), (3, None), (4, 'b')], self.select(
            'SELECT id, thing_id FROM part ORDER BY id'))
        self.assertEqual([(1, 1), (4, 4)], self.select(
            'SELECT id, part_id FROM detail ORDER BY id'))

    def test_they_are_refused(self):
        before = self.describe()
        error = self.assertRaises(exception.MigrationError, self._clear,
                                  self.engine)
        self.assertEqual(
            PARTS + '3 (id 2, 5, 6); correct what they refer to, or let '
            'db_sync delete them with --orphans delete', str(error))
        self.assert_same(before, self.describe())

    def test_they_are_told_when_they_are_deleted(self):
        told = []
        self.operate(self.engine.execution_options(tell=told.append))
        expected = [PARTS + '3 (id 2, 5, 6)' + DELETED,
                    DETAILS + '3' + DELETED]
        self.assertEqual(expected, told)
        self.prepare()
        self.assertEqual(expected, self.record(self._clear)[0].told)

    def test_a_recorder_notes_what_is_refused(self):
        recorder, _found = self.record(self._clear, orphans='refuse')
        self.assertEqual([PARTS + '3 (id 2, 5, 6)'],
                         [found for found, remedy in recorder.refused])
        self.assertEqual([], recorder.statements)

    def test_a_recorder_that_is_not_to_look(self):
        with base.recorded_statements(self.engine) as statements:
            recorder, _found = self.record(self._clear, orphans=None)
        self.assertEqual(([], [], []), (
            recorder.statements, recorder.told, recorder.refused))
        self.assertEqual([], [statement for statement in statements
                              if 'FROM part' in statement])

    def test_a_recorder_looks_once(self):
        def clear_twice(recorder):
            self._clear(recorder)
            self._clear(recorder)

        recorder, _found = self.record(clear_twice)
        self.assertEqual(2, len(recorder.told))

    def test_no_more_than_ten_are_named(self):
        self.execute('DELETE FROM part')
        with self.engine.begin() as conn:
            conn.execute(self.BEFORE.tables['part'].insert(), [
                {'id': number, 'thing_id': 'gone'}
                for number in range(1, 24)])
        # More than one batch has them.
        with mock.patch.dict(ddl.orphans._SIZE, {self.driver: 4}):
            error = self.assertRaises(exception.MigrationError, self._clear,
                                      self.engine)
        self.assertIn(': 23 (id 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, ...);',
                      str(error))

    def test_columns_that_are_not_there_or_do_not_match(self):
        for column, target in (('part.other', 'thing.id'),
                               ('part.thing_id', 'other.id'),
                               ('part.id', 'thing.id')):
            ddl.clear_orphans(self.engine, column, target)

    def test_batches(self):
        with (mock.patch.dict(SIZE, {self.driver: 2}),
              base.recorded_statements(self.engine) as statements):
            self.operate(self.engine)
        self.check()
        deletions = [statement for statement in statements
                     if statement.startswith('DELETE FROM part')]
        self.assertGreater(len(deletions), 2)

    def _cost(self, count):
        """Return what it costs to delete so many of twice as many rows."""
        databases.empty(self.engine)
        self.BEFORE.create_all(self.engine)
        numbers = range(1, 1 + 2 * count)
        with self.engine.begin() as conn:
            for name, rows in {
                    'thing': [{'id': str(number)} for number in numbers],
                    'part': [{'id': number, 'thing_id': str(number)
                              if number % 2 else 'gone'}
                             for number in numbers],
                    'detail': [{'id': number, 'part_id': number}
                               for number in numbers]}.items():
                conn.execute(self.BEFORE.tables[name].insert(), rows)
        if self.driver == 'postgresql':
            # InnoDB would make an index for it.
            self.execute('ALTER TABLE detail '
                         'ADD FOREIGN KEY (part_id) REFERENCES part (id)')
        for name in self.BEFORE.tables:
            self.execute('ANALYZE %s' % (
                'TABLE ' + name if self.driver == 'mysql' else name))
        spent = cost.cost(self.driver, lambda: self.operate(self.engine))
        self.assertEqual([(count,)] * 2, self.select(
            'SELECT COUNT(*) FROM part UNION ALL '
            'SELECT COUNT(*) FROM detail'))
        return spent

    def test_it_costs_no_more_for_each_of_many(self):
        with mock.patch.dict(SIZE, {self.driver: 20}):
            few, more, many = [self._cost(count) for count in (250, 500, 1000)]
        # It is twice if each costs the same, and four times if all are read
        # for each batch.
        self.assertLess(many - more, 2.5 * (more - few))
