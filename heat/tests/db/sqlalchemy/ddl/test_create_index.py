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

"""Making indexes."""

from oslo_db import exception as db_exception
import sqlalchemy as sa

from heat.db.sqlalchemy import ddl
from heat.tests import base
from heat.tests.db.sqlalchemy.ddl import operations


class CreateIndexTest(operations.OperationTests, operations.DatabaseTestCase):

    BEFORE = sa.MetaData()
    sa.Table('thing', BEFORE,
             sa.Column('id', sa.Integer, primary_key=True),
             sa.Column('name', sa.String(20)),
             sa.Column('size', sa.Integer))
    ROWS = {'thing': [{'id': 1, 'name': 'a', 'size': 1},
                      {'id': 2, 'name': 'a', 'size': 1}]}

    def operate(self, engine):
        ddl.create_index(engine, 'ix_thing', 'thing', 'name', 'size',
                         mysql_length={'name': 10})

    def check(self):
        index, = sa.inspect(self.engine).get_indexes('thing')
        self.assertEqual(('ix_thing', ['name', 'size'], False), (
            index['name'], index['column_names'], bool(index['unique'])))

    def test_another_index_of_the_name_is_refused(self):
        self.execute('CREATE INDEX ix_thing ON thing (size)')
        self.assert_refused('an index ix_thing', 'name, size')

    @base.only_on('postgresql')
    def test_what_has_died_is_replaced(self):
        with self.engine.connect().execution_options(
                isolation_level='AUTOCOMMIT') as conn:
            self.assertRaises(
                db_exception.DBError, conn.exec_driver_sql,
                'CREATE UNIQUE INDEX CONCURRENTLY ix_thing ON thing (name)')
        self.operate(self.engine)
        self.check()
        self.assertEqual([(True,)], self.select(
            'SELECT indisvalid FROM pg_index '
            "WHERE indexrelid = to_regclass('ix_thing')"))
