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

"""UPDATE with values of a SELECT."""

import sqlalchemy as sa

from heat.db.sqlalchemy import ddl
from heat.tests import clients
from heat.tests.db.sqlalchemy.ddl import operations


class UpdateFromTest(operations.DatabaseTestCase):

    BEFORE = sa.MetaData()
    THING = sa.Table('thing', BEFORE,
                     sa.Column('id', sa.Integer, primary_key=True),
                     sa.Column('name', sa.String(20)),
                     sa.Column('size', sa.Integer))
    OTHER = sa.Table('other', BEFORE,
                     sa.Column('id', sa.Integer, primary_key=True),
                     sa.Column('size', sa.Integer))
    ROWS = {'thing': [{'id': number, 'name': 'a', 'size': 0}
                      for number in range(1, 5)],
            'other': [{'id': 2, 'size': 20}, {'id': 3, 'size': 30},
                      {'id': 9, 'size': 90}]}

    def _statement(self):
        source = sa.select(self.OTHER).where(
            self.OTHER.c.id < 9).subquery('source')
        return ddl.UpdateFrom(
            self.THING, source, sa.and_(source.c.id == self.THING.c.id,
                                        self.THING.c.id > 2),
            {'size': source.c.size, 'name': sa.literal("it's 5%")})

    def _assert_updated(self):
        self.assertEqual(
            [(1, 'a', 0), (2, 'a', 0), (3, "it's 5%", 30), (4, 'a', 0)],
            self.select('SELECT id, name, size FROM thing ORDER BY id'))

    def test_rows_that_have_one_in_the_source(self):
        with self.engine.begin() as conn:
            conn.execute(self._statement())
        self._assert_updated()

    def test_table_itself_as_the_source(self):
        others = self.THING.alias('others')
        with self.engine.begin() as conn:
            conn.execute(ddl.UpdateFrom(
                self.THING, others, others.c.id == self.THING.c.id + 1,
                {'size': others.c.id}))
        self.assertEqual([(1, 2), (2, 3), (3, 4), (4, 0)], self.select(
            'SELECT id, size FROM thing ORDER BY id'))

    def test_what_is_written_down(self):
        recorder = ddl.Recorder(ddl.SimulatedSchema(self.engine.dialect))
        recorder.record(self._statement())
        clients.feed(self.engine, recorder.statements[0].replace(
            '%%', '%') + ';')
        self._assert_updated()
