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

"""What is read of a database."""

import sqlalchemy as sa

from heat.db import api
from heat.db import exception
from heat.db.sqlalchemy import ddl
from heat.tests import databases
from heat.tests.db.sqlalchemy.ddl import operations


class SchemaTest(operations.DatabaseTestCase):

    BEFORE = sa.MetaData()
    sa.Table('parent', BEFORE, sa.Column('id', sa.Integer, primary_key=True))
    sa.Table('thing', BEFORE,
             sa.Column('id', sa.String(36), primary_key=True),
             sa.Column('parent_id', sa.Integer, sa.ForeignKey(
                 'parent.id', ondelete='CASCADE'), nullable=False),
             sa.Column('size', sa.Integer, server_default=sa.text('7')),
             sa.Column('name', sa.String(20), index=True))
    ROWS = {'parent': [{'id': 1}],
            'thing': [{'id': 'a', 'parent_id': 1, 'name': None}]}

    def ask(self, function):
        with self.engine.connect() as conn:
            return function(ddl.Schema(conn))

    def test_answers(self):
        for expected, question in (
                (True, lambda s: s.has_table('thing')),
                (False, lambda s: s.has_table('other')),
                (None, lambda s: s.table('other')),
                (['id', 'name', 'parent_id', 'size'],
                 lambda s: sorted(s.columns('thing'))),
                ({}, lambda s: s.columns('other')),
                (True, lambda s: s.has_integer('thing', 'size')),
                (False, lambda s: s.has_integer('thing', 'id')),
                (False, lambda s: s.has_integer('other', 'id')),
                (None, lambda s: s.column_type('thing', 'colour')),
                ((True, True), lambda s: s.column('thing', 'size')[1:]),
                ((False, False), lambda s: s.column('thing', 'parent_id')[1:]),
                (['id'], lambda s: s.primary_key('thing')),
                (True, lambda s: s.has_index('thing', 'ix_thing_name')),
                (['name'], lambda s: s.indexes('thing')['ix_thing_name']),
                (('parent.id', 'CASCADE'),
                 lambda s: s.foreign_key('thing', 'parent_id')[1:3]),
                (None, lambda s: s.foreign_key('thing', 'size')),
                (True, lambda s: s.has_values('thing', 'size')),
                (False, lambda s: s.has_values('thing', 'name')),
                (False, lambda s: s.has_values('thing', 'colour')),
                (True, lambda s: s.has_empty('thing', 'name')),
                (False, lambda s: s.has_empty('thing', 'size'))):
            self.assertEqual(expected, self.ask(question))

    def test_column_that_has_to_be_there(self):
        error = self.assertRaises(
            exception.MigrationError, self.ask,
            lambda s: s.column('thing', 'colour'))
        self.assertIn('no column colour of table thing', str(error))

    def test_a_view_is_no_table(self):
        self.execute('CREATE VIEW seen AS SELECT * FROM thing')
        for question in (
                lambda s: s.has_table('seen'), lambda s: s.table('seen'),
                lambda s: s.columns('seen'), lambda s: s.indexes('seen'),
                lambda s: s.has_values('seen', 'size')):
            error = self.assertRaises(exception.MigrationError, self.ask,
                                      question)
            self.assertIn('seen is a view', str(error))


class ViewTest(operations.DatabaseTestCase):
    """A view has taken the place of one of Heat's tables."""

    def prepare(self):
        databases.empty(self.engine)

    def _test_refused(self, version, *tables):
        for name in tables:
            databases.empty(self.engine)
            databases.load(self.engine, version)
            self.execute('ALTER TABLE %s RENAME TO kept' % name)
            self.execute('CREATE VIEW %s AS SELECT * FROM kept' % name)
            before = self.describe()
            for function in api.db_sync, api.db_plan:
                error = self.assertRaises(exception.MigrationError,
                                          function, self.engine)
                self.assertIn('%s is a view' % name, str(error))
                self.assert_same(before, self.describe())

    def test_046(self):
        # Also of tables that later versions change or drop.
        self._test_refused('046', 'stack', 'raw_template', 'watch_rule')

    def test_062(self):
        self._test_refused('062', 'resource', 'event')

    def test_086(self):
        self._test_refused('086', 'stack')
