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

"""Adding a column that has a value in every row."""

from unittest import mock

import sqlalchemy as sa

from heat.db.sqlalchemy import ddl
from heat.db.sqlalchemy.ddl.change_rows import SIZE
from heat.tests import base
from heat.tests.db.sqlalchemy.ddl import operations


class FillColumnTest(operations.OperationTests, operations.DatabaseTestCase):

    BEFORE = sa.MetaData()
    TABLE = sa.Table('thing', BEFORE,
                     sa.Column('id', sa.String(36), primary_key=True))
    ROWS = {'thing': [{'id': 'id-%d' % number} for number in range(7)]}

    def operate(self, engine):
        ddl.add_filled_column(engine, self.TABLE.c.id,
                              sa.Column('is_new', sa.Boolean), False)

    def check(self):
        self.assertEqual([(7, 0, 0)], self.select(
            'SELECT COUNT(*), MIN(CASE WHEN is_new THEN 1 ELSE 0 END), '
            'SUM(CASE WHEN is_new IS NULL THEN 1 ELSE 0 END) FROM thing'))
        self.insert('thing', id='later')
        self.assertEqual([(None,)], self.select(
            "SELECT is_new FROM thing WHERE id = 'later'"))

    def test_no_row_is_written_on_servers(self):
        with base.recorded_statements(self.engine) as statements:
            self.operate(self.engine)
        self.assertEqual(self.driver == 'sqlite', any(
            statement.startswith('UPDATE') for statement in statements))

    def test_rows_that_a_run_left_empty_are_filled(self):
        self.execute('ALTER TABLE thing ADD COLUMN is_new BOOLEAN')
        with mock.patch.dict(SIZE, {self.driver: 2}):
            self.operate(self.engine)
        self.check()
