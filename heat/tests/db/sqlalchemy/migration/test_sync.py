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

"""What db_sync and db_version do, and what they refuse."""

from unittest import mock

from heat.db import api
from heat.db import exception
from heat.db.sqlalchemy.ddl.change_rows import SIZE
from heat.db.sqlalchemy.migration import repository
from heat.tests import base
from heat.tests import databases
from heat.tests import schema

NEWEST = repository.LAST_VERSION


class DBSyncTest(base.DBTestCase):

    def assertUnchanged(self, function, *args):
        """Assert that a call is refused, and changes nothing."""
        before = schema.describe(self.engine), schema.rows(self.engine)
        error = self.assertRaises(
            exception.MigrationError, function, *args)
        self.assertEqual(
            before, (schema.describe(self.engine), schema.rows(self.engine)))
        return str(error)

    def test_empty_database(self):
        self.assertEqual(45, api.db_version(self.engine))
        self.assertEqual({}, schema.describe(self.engine))

    def test_newest_version(self):
        applied = api.db_sync(self.engine)
        self.assertEqual(NEWEST, api.db_version(self.engine))
        self.assertEqual([*range(46, NEWEST + 1), None],
                         [step.version for step in applied])
        self.assertEqual(['086_drop_watch_rules', 'indexes'],
                         [step.name for step in applied[-2:]])
        self.assertGreater(applied[-1].duration, 0)

    def test_statements_of_batches_are_told_once(self):
        """Or a million rows would be as many as memory can hold."""
        databases.load(self.engine, '046')
        with (base.recorded_statements(self.engine) as sent,
              mock.patch.dict(SIZE, {self.driver: 1})):
            step, = api.db_sync(self.engine, 47)
        # The first, the last and the others have other conditions.
        self.assertGreater(sum('RECURSIVE' in text for text in sent), 20)
        self.assertEqual(3, sum('RECURSIVE' in text
                                for text in step.statements))

    def test_given_version_and_on_from_there(self):
        api.db_sync(self.engine, 50)
        self.assertEqual(50, api.db_version(self.engine))
        applied = api.db_sync(self.engine)
        self.assertEqual(51, applied[0].version)

    def test_nothing_to_do(self):
        api.db_sync(self.engine)
        before = schema.describe(self.engine)
        for version in (None, NEWEST):
            self.assertEqual([], api.db_sync(self.engine, version))
        self.assertEqual(before, schema.describe(self.engine))

    def test_initial_version_makes_nothing(self):
        self.assertEqual([], api.db_sync(self.engine, 45))
        self.assertEqual({}, schema.describe(self.engine))

    def test_unknown_version(self):
        error = self.assertUnchanged(api.db_sync, self.engine, NEWEST + 1)
        self.assertIn('the newest is 86', error)

    def test_no_way_down(self):
        databases.load(self.engine, '054')
        error = self.assertUnchanged(api.db_sync, self.engine, 53)
        self.assertIn('at version 54', error)

    def test_below_the_initial_version(self):
        self.assertUnchanged(api.db_sync, self.engine, 44)

    def test_database_newer_than_the_code(self):
        api.db_sync(self.engine)
        self.execute('UPDATE migrate_version SET version = 87')
        error = self.assertUnchanged(api.db_sync, self.engine)
        self.assertIn('87', error)
        self.assertEqual(87, api.db_version(self.engine))

    def test_database_older_than_juno(self):
        databases.load(self.engine, '046')
        self.execute('UPDATE migrate_version SET version = 40')
        self.assertIn('Juno', self.assertUnchanged(api.db_sync, self.engine))

    def test_database_right_before_juno(self):
        # Version 45 of Heat's own history is not an empty database.
        databases.load(self.engine, '046')
        self.execute('ALTER TABLE resource DROP COLUMN properties_data')
        self.execute('UPDATE migrate_version SET version = 45')
        self.assertIn('properties_data',
                      self.assertUnchanged(api.db_sync, self.engine))

    def test_tables_without_version(self):
        self.execute('CREATE TABLE something (id INTEGER)')
        for function in (api.db_sync, api.db_version):
            self.assertIn('no version',
                          self.assertUnchanged(function, self.engine))

    def test_tables_with_the_version_of_something_else(self):
        databases.load(self.engine, '054')
        self.execute("UPDATE migrate_version SET repository_id = 'other'")
        self.assertIn('no version',
                      self.assertUnchanged(api.db_sync, self.engine))

    def test_version_changed_by_someone_else(self):
        databases.load(self.engine, '054')

        def change(conn, cursor, statement, *args):
            if statement.startswith('UPDATE migrate_version'):
                cursor.execute('UPDATE migrate_version SET version = 50')

        self.listen('before_cursor_execute', change)
        self.assertRaisesRegex(exception.MigrationError, 'someone else',
                               api.db_sync, self.engine)


@base.only_on('mysql')
class MySQLCharsetTest(base.DBTestCase):

    def test_other_charset_is_refused(self):
        databases.load(self.engine, '054')
        self.execute('CREATE TABLE old (id INTEGER) CHARACTER SET latin1')
        before = schema.describe(self.engine)
        error = self.assertRaises(exception.MigrationError,
                                  api.db_sync, self.engine)
        self.assertIn('not UTF-8: old;', str(error))
        self.assertEqual(before, schema.describe(self.engine))

    def test_tags_of_characters_that_utf8mb3_does_not_have(self):
        databases.load(self.engine, '046', charset='utf8mb4')
        api.db_sync(self.engine, 50)
        # ["an emoji"], which a connection of utf8mb3 can not send either.
        self.execute('UPDATE stack SET tags = CONVERT('
                     "UNHEX('5B22F09F9880225D') USING utf8mb4)")
        self.assertRaisesRegex(exception.MigrationError, 'the tags of stack',
                               api.db_sync, self.engine)
        self.execute("UPDATE stack SET tags = '[\"a\"]'")
        api.db_sync(self.engine)
        self.assertEqual([('a',)], self.select(
            'SELECT DISTINCT tag FROM stack_tag'))

    def test_tables_without_transactions_are_refused(self):
        databases.load(self.engine, '054')
        self.execute('CREATE TABLE old (id INTEGER) ENGINE = MyISAM')
        self.execute('ALTER TABLE migrate_version ENGINE = MyISAM')
        before = schema.describe(self.engine)
        error = self.assertRaises(exception.MigrationError,
                                  api.db_sync, self.engine)
        self.assertIn('no transactions: old;', str(error))
        self.assertEqual(before, schema.describe(self.engine))
        self.execute('ALTER TABLE old ENGINE = InnoDB')
        api.db_sync(self.engine)
        self.execute('ALTER TABLE old ENGINE = MyISAM')
        self.assertEqual([], api.db_sync(self.engine))

    def test_new_tables_follow_a_database_in_utf8mb4(self):
        databases.load(self.engine, '046', charset='utf8mb4')
        api.db_sync(self.engine)
        self.assertEqual(('InnoDB', 'utf8mb4_general_ci'), schema.describe(
            self.engine)['stack_tag', 'table', 'options'])

    def test_new_keys_follow_the_key_and_not_the_default_of_its_table(self):
        databases.load(self.engine, '046')
        self.execute('ALTER TABLE stack DEFAULT CHARACTER SET utf8mb4')
        api.db_sync(self.engine)
        self.assertEqual(('InnoDB', 'utf8mb3_general_ci'), schema.describe(
            self.engine)['stack_tag', 'table', 'options'])


class RepositoryTest(base.DBTestCase):

    def test_sqlalchemy_migrate_itself_can_use_it(self):
        from migrate.versioning import api as versioning_api
        versioning_api.version_control(
            self.engine, repository.PATH, repository.INIT_VERSION)
        versioning_api.upgrade(self.engine, repository.PATH)
        self.assertEqual(NEWEST, api.db_version(self.engine))
