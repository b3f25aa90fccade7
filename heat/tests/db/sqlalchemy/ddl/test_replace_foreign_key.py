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

"""Giving a foreign key another name and another action."""

from oslo_db import exception as db_exception
import sqlalchemy as sa

from heat.db.sqlalchemy import ddl
from heat.tests import base
from heat.tests.db.sqlalchemy.ddl import operations


def _parts(metadata, **options):
    return sa.Table(
        'part', metadata,
        sa.Column('id', sa.Integer, primary_key=True),
        sa.Column('thing_id', sa.Integer, sa.ForeignKey(
            'thing.id', **options), nullable=False, index=True))


class ReplaceForeignKeyTest(operations.OperationTests,
                            operations.DatabaseTestCase):

    BEFORE = sa.MetaData()
    sa.Table('thing', BEFORE, sa.Column('id', sa.Integer, primary_key=True))
    _parts(BEFORE)
    ROWS = {'thing': [{'id': 1}, {'id': 2}],
            'part': [{'id': 7, 'thing_id': 1}, {'id': 8, 'thing_id': 2}]}
    REPEATED = 'ALTER TABLE part VALIDATE'

    def operate(self, engine):
        ddl.replace_foreign_key(
            engine, _parts(sa.MetaData(), name='fk_thing',
                           ondelete='CASCADE'), 'thing_id')

    def check(self):
        self.execute('DELETE FROM thing WHERE id = 1')
        self.assertEqual([(8, 2)], self.select('SELECT * FROM part'))
        key, = sa.inspect(self.engine).get_foreign_keys('part')
        self.assertIn(key['name'], {
            'sqlite': (None, 'fk_thing')}.get(self.driver, ('fk_thing',)))
        self.assertRaises(db_exception.DBReferenceError, self.insert, 'part',
                          id=9, thing_id=1)

    @base.only_on('mysql', 'postgresql')
    def test_key_that_was_dropped_already(self):
        key, = sa.inspect(self.engine).get_foreign_keys('part')
        self.execute('ALTER TABLE part DROP %s %s' % (
            'FOREIGN KEY' if self.driver == 'mysql' else 'CONSTRAINT',
            key['name']))
        self.operate(self.engine)
        self.check()

    @base.only_on('mysql', 'postgresql')
    def test_no_moment_without_a_key(self):
        with base.recorded_statements(self.engine) as statements:
            self.operate(self.engine)
        replacing, = [statement for statement in statements
                      if 'ADD CONSTRAINT' in statement]
        self.assertIn('DROP ', replacing)
