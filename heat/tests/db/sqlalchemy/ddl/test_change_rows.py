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

"""Changing rows in batches, and writing down how."""

import sqlalchemy as sa

from heat.db.sqlalchemy import ddl
from heat.db.sqlalchemy.ddl.change_rows import batches
from heat.tests import base
from heat.tests.db.sqlalchemy.ddl import operations


class ChangeRowsTest(base.DBTestCase):

    TABLE = sa.Table('thing', sa.MetaData(),
                     sa.Column('id', sa.String(36), primary_key=True),
                     sa.Column('size', sa.Integer))
    KEY = TABLE.c.id

    def setUp(self):
        super().setUp()
        self.TABLE.create(self.engine)
        self.execute(self.TABLE.insert(), [
            {'id': 'id-%d' % number, 'size': number} for number in range(7)])

    def execute(self, statement, *args):
        with self.engine.begin() as conn:
            return conn.execute(statement, *args)

    def _grow(self, batch):
        yield self.TABLE.update().where(batch).values(
            size=self.TABLE.c.size + 10)

    def _sizes(self):
        return sorted(size for _id, size in self.select(
            'SELECT id, size FROM thing'))

    def test_every_row_is_in_one_batch(self):
        for size, expected in ((3, [3, 3, 1]), (7, [7, 0]), (8, [7])):
            found = []
            for batch in batches(self.engine, self.KEY, size):
                with self.engine.connect() as conn:
                    found.append(conn.execute(
                        sa.select(self.KEY).where(batch)).scalars().all())
            self.assertEqual(expected, [len(ids) for ids in found])
            self.assertEqual(['id-%d' % number for number in range(7)],
                             sorted(sum(found, [])))

    def test_all_rows(self):
        ddl.change_rows(self.engine, self.KEY, self._grow)
        self.assertEqual(list(range(10, 17)), self._sizes())

    def test_batches_are_as_large_as_can_be_held(self):
        """Whoever was waited for makes no difference."""
        self.execute(self.TABLE.insert(), [
            {'id': 'more-%d' % number} for number in range(3000)])
        rows = []
        clock = operations.Clock(self.engine, {
            'BEGIN IMMEDIATE': 1,
            'UPDATE': lambda count: rows.append(count) or count / 16384})
        with clock.running():
            ddl.change_rows(self.engine, self.KEY, self._grow)
        # A twentieth of a second for 819 rows.
        self.assertEqual([500, 819, 819, 819, 50], rows)

    def test_not_what_is_checked_and_refused(self):
        def check(conn, batch):
            raise ValueError(conn.execute(
                sa.select(sa.func.count()).select_from(self.TABLE)
                .where(batch)).scalar())

        error = self.assertRaises(ValueError, ddl.change_rows, self.engine,
                                  self.KEY, self._grow, check)
        self.assertEqual((7,), error.args)
        self.assertEqual(list(range(7)), self._sizes())

    def test_nothing_to_do(self):
        ddl.change_rows(self.engine, self.KEY, self._grow, only_if=lambda
                        schema: schema.has_column('thing', 'colour'))
        self.assertEqual(list(range(7)), self._sizes())

    def test_one_statement_is_written_down(self):
        recorder = ddl.Recorder(ddl.SimulatedSchema(self.engine.dialect))
        ddl.change_rows(recorder, self.KEY, self._grow)
        statement, = recorder.statements
        self.assertEqual(list(range(7)), self._sizes())
        self.execute(sa.text(statement))
        self.assertEqual(list(range(10, 17)), self._sizes())

    # SQLite has one lock for all there is.
    @base.only_on('mysql', 'postgresql')
    def test_rows_that_are_only_read_are_not_locked(self):
        self.execute(sa.text('CREATE TABLE other (size INTEGER)'))
        self.execute(sa.text('INSERT INTO other VALUES (50)'))
        with self.engine.begin() as holder:
            holder.execute(sa.text('UPDATE other SET size = 60'))
            ddl.change_rows(
                self.engine.execution_options(lock_timeout=0), self.KEY,
                lambda batch: [sa.text('INSERT INTO thing (id, size) '
                                       "SELECT 'new', size FROM other")])
        self.assertEqual([*range(7), 50], self._sizes())

    @base.only_on('mysql')
    def test_rows_of_a_batch_are_locked_first(self):
        """Or someone else who writes is the loser of a deadlock."""
        locked = []

        def look(batch):
            with self.engine.connect() as conn:
                locked.append(conn.execute(
                    sa.select(self.KEY).where(batch).with_for_update(
                        skip_locked=True)).all())
            return []

        ddl.change_rows(self.engine, self.KEY, look)
        self.assertEqual([[]], locked)
