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

"""Ending a statement that waits for the lock on its table."""

import threading
from unittest import mock

from oslo_db import exception as db_exception
import sqlalchemy as sa

from heat.db.sqlalchemy.ddl import watchdog
from heat.tests import base
from heat.tests.db.sqlalchemy.ddl import operations

ALTER = 'ALTER TABLE thing ADD COLUMN name INTEGER'


@base.only_on('mysql')
class WatchdogTest(operations.DatabaseTestCase):

    BEFORE = sa.MetaData()
    sa.Table('thing', BEFORE, sa.Column('id', sa.Integer, primary_key=True))

    def test_a_statement_that_waits(self):
        with (self.engine.connect() as holder, holder.begin(),
              self.engine.connect() as conn):
            holder.exec_driver_sql('SELECT * FROM thing')
            with watchdog.Watchdog(conn, 0.1):
                error = self.assertRaises(
                    db_exception.DBError, conn.exec_driver_sql, ALTER)
            self.assertIn('interrupted', str(error))
            # The next one might have been hit as well.
            self.assertTrue(conn.invalidated)
        self.assertEqual(['id'], self._columns())

    def test_a_statement_that_does_not(self):
        with self.engine.connect() as conn:
            with watchdog.Watchdog(conn, 0.1):
                conn.exec_driver_sql(ALTER)
            self.assertFalse(conn.invalidated)
        self.assertEqual(['id', 'name'], self._columns())

    def test_it_has_connected_before_the_statement(self):
        """However late its thread comes to look."""
        with (mock.patch.object(threading, 'Thread'),
              self.engine.connect() as conn):
            with watchdog.Watchdog(conn, 0.1):
                self.assertEqual(2, self.engine.pool.checkedout())
            self.assertEqual(1, self.engine.pool.checkedout())

    def test_it_can_not_connect(self):
        refused = []

        def refuse(*args):
            refused.append(args)
            raise self.engine.dialect.dbapi.OperationalError(2003, 'Full')

        self.engine.dispose()
        with self.engine.connect() as conn:
            sa.event.listen(self.engine, 'do_connect', refuse)
            with watchdog.Watchdog(conn, 0.1):
                conn.exec_driver_sql(ALTER)
            sa.event.remove(self.engine, 'do_connect', refuse)
        self.assertEqual(1, len(refused))
        self.assertEqual(['id', 'name'], self._columns())

    def _columns(self):
        return [column['name'] for column in
                sa.inspect(self.engine).get_columns('thing')]
