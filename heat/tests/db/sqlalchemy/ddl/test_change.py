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

"""Sending schema changes, and waiting for those who are in the way."""

import contextlib

from oslo_db.sqlalchemy import engines
import sqlalchemy as sa

from heat.db import exception
from heat.db.sqlalchemy import ddl
from heat.db.sqlalchemy.ddl import change
from heat.tests import base
from heat.tests.db.sqlalchemy.ddl import operations


class ApplyTest(operations.DatabaseTestCase):

    BEFORE = sa.MetaData()
    TABLE = sa.Table('thing', BEFORE,
                     sa.Column('id', sa.Integer, primary_key=True),
                     sa.Column('size', sa.Integer))
    ROWS = {'thing': [{'id': 1, 'size': 5}]}

    def _apply(self, engine, *statements):
        asked = []

        def missing(schema):
            asked.append(schema.has_column('thing', 'size'))
            return statements

        ddl.apply(engine, missing, lambda schema: schema.drop_column(
            'thing', 'size'))
        return asked

    @contextlib.contextmanager
    def _in_use(self):
        """Let someone else be in the middle of a transaction."""
        with self.engine.connect() as conn, conn.begin():
            conn.exec_driver_sql('UPDATE thing SET size = 5')
            yield

    def test_it_is_sent(self):
        self.assertEqual([True], self._apply(
            self.engine, self.TABLE.update().values(size=7),
            'ALTER TABLE thing ADD COLUMN name INTEGER'))
        self.assertEqual([(1, 7, None)], self.select('SELECT * FROM thing'))

    def test_it_is_written_down_with_its_effect(self):
        recorder, _found = self.record(
            lambda recorder: self._apply(recorder, 'some statement'))
        self.assertEqual(['some statement'], recorder.statements)
        self.assertFalse(recorder.schema.has_column('thing', 'size'))
        self.assertEqual([(5,)], self.select('SELECT size FROM thing'))

    def test_someone_is_in_the_way(self):
        before = self.describe()
        engine = self.engine.execution_options(lock_timeout=0)
        with self._in_use():
            error = self.assertRaises(
                exception.MigrationError, self._apply, engine,
                'ALTER TABLE thing ADD COLUMN name INTEGER')
        self.assertIn('has locked what is to be changed, for 0 seconds',
                      str(error))
        self.assert_same(before, self.describe())

    # SQLite's driver waits by itself at first.
    @base.only_on('mysql', 'postgresql')
    def test_the_database_is_asked_again_for_each_attempt(self):
        asked = []
        with contextlib.ExitStack() as stack:
            stack.enter_context(self._in_use())

            def missing(schema):
                asked.append(schema.has_column('thing', 'name'))
                if len(asked) == 3:
                    stack.close()
                return ['ALTER TABLE thing ADD COLUMN name INTEGER']

            ddl.apply(self.engine, missing, lambda schema: None)
        self.assertEqual([False] * 3, asked)
        self.assertEqual([(1, 5, None)], self.select('SELECT * FROM thing'))

    @base.only_on('sqlite')
    def test_who_waits_gets_a_turn(self):
        """A pause is as long as it was held, not as others held it."""
        clock = operations.Clock(self.engine, {
            'BEGIN IMMEDIATE': 1, 'UPDATE': 0.04, 'DELETE': 0.2})
        with clock.running():
            for statement in 'UPDATE thing SET size = 8', 'DELETE FROM thing':
                ddl.execute(self.engine, statement)
        # Those who came at the begin look after 53 and 228 milliseconds.
        self.assertEqual([24, 60], clock.pauses)

    @base.only_on('sqlite')
    def test_a_large_table_stays_in_memory(self):
        sizes = []

        def missing(schema):
            sizes.append(schema.conn.exec_driver_sql(
                'PRAGMA cache_size').scalar())
            return []

        ddl.apply(self.engine, missing, lambda schema: None)
        self.assertEqual([-32768], sizes)

    def test_execute(self):
        ddl.execute(self.engine, 'UPDATE thing SET size = 8',
                    'UPDATE thing SET size = size + 1')
        self.assertEqual([(9,)], self.select('SELECT size FROM thing'))

    def test_update_row(self):
        for key, found in ((1, True), (2, False)):
            statement = self.TABLE.update().where(
                self.TABLE.c.id == key).values(size=key)
            self.assertIs(found, ddl.update_row(self.engine, statement))
            self.assertTrue(self.record(lambda recorder: self.assertTrue(
                ddl.update_row(recorder, statement)))[0].statements)
        self.assertEqual([(1,)], self.select('SELECT size FROM thing'))

    def test_what_a_question_is_answered_from(self):
        self.assertIsInstance(
            change.look(self.engine, lambda schema: schema), ddl.Schema)
        recorder, _found = self.record(lambda recorder: None)
        self.assertIs(recorder.schema,
                      change.look(recorder, lambda schema: schema))

    @base.only_on('mysql', 'postgresql')
    def test_statements_take_as_long_as_they_need(self):
        """Though a server ends those of others after a quarter second."""
        limit, query, slow = {
            'mysql': ({'init_command': 'SET max_statement_time = 0.25'},
                      'SELECT @@max_statement_time', 'SELECT SLEEP(0.5)'),
            'postgresql': ({'options': '-c statement_timeout=250ms'},
                           'SHOW statement_timeout', 'SELECT pg_sleep(0.5)'),
        }[self.driver]
        engine = engines.create_engine(
            self.engine.url.update_query_dict(limit))
        self.addCleanup(engine.dispose)
        with engine.connect() as conn:
            before = conn.exec_driver_sql(query).scalar()
        ddl.execute(engine, slow, 'UPDATE thing SET size = 8')
        self.assertEqual([(8,)], self.select('SELECT size FROM thing'))
        with engine.connect() as conn:
            self.assertEqual(before, conn.exec_driver_sql(query).scalar())
