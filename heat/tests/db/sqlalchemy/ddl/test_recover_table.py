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

"""Undoing what Heat's own migrations have left on SQLite."""

import sqlalchemy as sa

from heat.db.sqlalchemy import ddl
from heat.tests import base
from heat.tests import clients
from heat.tests.db.sqlalchemy.ddl import operations

CREATE = 'CREATE TABLE %s (id INTEGER PRIMARY KEY, name TEXT%s)'
INDEX = 'CREATE INDEX ix_thing_name ON thing (name)'


@base.only_on('sqlite')
class _RecoverTestCase(operations.DatabaseTestCase):

    BEFORE = sa.MetaData()

    def assert_recovered(self, columns=('id', 'name')):
        self.assertEqual(['thing'], self.table_names())
        inspector = sa.inspect(self.engine)
        self.assertEqual(list(columns), [
            column['name'] for column in inspector.get_columns('thing')])
        self.assertEqual(['ix_thing_name'], [
            index['name'] for index in inspector.get_indexes('thing')])
        self.assertEqual([(1, 'a'), (2, 'b')], self.select(
            'SELECT id, name FROM thing ORDER BY id'))


class IncompleteCopyTest(operations.OperationTests, _RecoverTestCase):
    """The copy is not complete, as the table is still there."""

    def prepare(self):
        super().prepare()
        clients.feed(self.engine, ';\n'.join((
            CREATE % ('thing', ''), INDEX,
            "INSERT INTO thing (name) VALUES ('a'), ('b')",
            CREATE % ('thing__tmp__', ', size INTEGER'),
            "INSERT INTO thing__tmp__ (name) VALUES ('a')")))

    def operate(self, engine):
        ddl.recover_copied_table(engine, 'thing', 'name')

    def check(self):
        self.assert_recovered()


class CopyOnlyTest(operations.OperationTests, _RecoverTestCase):
    """The copy is all there is, and lacks its index."""

    def prepare(self):
        super().prepare()
        clients.feed(self.engine, ';\n'.join((
            CREATE % ('new_thing', ', size INTEGER'),
            "INSERT INTO new_thing (name) VALUES ('a'), ('b')")))

    def operate(self, engine):
        ddl.recover_copied_table(engine, 'thing', 'name', copy='new_thing')

    def check(self):
        self.assert_recovered(('id', 'name', 'size'))


class CompleteCopyTest(operations.OperationTests, _RecoverTestCase):
    """Another table tells that the copy is complete."""

    def prepare(self):
        super().prepare()
        clients.feed(self.engine, ';\n'.join((
            CREATE % ('thing', ''), INDEX,
            CREATE % ('new_thing', ', size INTEGER'),
            "INSERT INTO new_thing (name) VALUES ('a'), ('b')")))

    def operate(self, engine):
        ddl.recover_copied_table(
            engine, 'thing', 'name', copy='new_thing',
            is_complete=lambda schema: schema.has_column('new_thing', 'size'))

    def check(self):
        self.assert_recovered(('id', 'name', 'size'))


class MovedTableTest(operations.OperationTests, _RecoverTestCase):
    """The table was moved away, and the new one has some of the rows."""

    def prepare(self):
        super().prepare()
        clients.feed(self.engine, ';\n'.join((
            CREATE % ('migration_tmp', ''),
            "INSERT INTO migration_tmp (name) VALUES ('a'), ('b')",
            CREATE % ('thing', ', size INTEGER'),
            "INSERT INTO thing (name) VALUES ('a')")))

    def operate(self, engine):
        ddl.recover_moved_table(engine, 'thing', 'name')

    def check(self):
        self.assert_recovered()

    def test_another_table_was_moved(self):
        clients.feed(self.engine, 'DROP TABLE migration_tmp; CREATE TABLE '
                     'migration_tmp (x INTEGER, y INTEGER, z INTEGER)')
        self.operate(self.engine)
        self.assertEqual(['migration_tmp', 'thing'], self.table_names())
        self.assertEqual([('a',)], self.select('SELECT name FROM thing'))
