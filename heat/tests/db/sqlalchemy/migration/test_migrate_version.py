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

"""What a damaged or foreign migrate_version leads to: one clear line."""


from heat.db import api
from heat.db import exception
from heat.tests import base
from heat.tests import databases
from heat.tests import schema

CREATE = ('CREATE TABLE %s (repository_id VARCHAR(250), '
          'repository_path TEXT, version %s)')


class VersionTest(base.DBTestCase):

    def load(self, version='054'):
        databases.empty(self.engine)
        databases.load(self.engine, version)

    def make(self, repository_id, version, name='migrate_version',
             kind='INTEGER'):
        """Make the table by hand, in a database that is empty otherwise."""
        databases.empty(self.engine)
        self.execute(CREATE % (name, kind))
        self.insert(name, repository_id=repository_id, version=version)

    def assert_unknown(self, reason):
        """Assert that all is refused for a reason, and nothing changed."""
        before = schema.describe(self.engine), schema.rows(self.engine)
        for function in (api.db_version, api.db_sync, api.db_plan,
                         api.db_status):
            error = self.assertRaises(exception.UnknownVersion, function,
                                      self.engine)
            self.assertRegex(str(error), reason)
        self.assertEqual(
            before, (schema.describe(self.engine), schema.rows(self.engine)))

    def test_version_that_is_no_number(self):
        for version in '54', 'abc', '', None:
            self.make('heat', version, kind='VARCHAR(20)')
            self.assert_unknown('has for heat is %r, which is no number' %
                                (version,))

    def test_no_version_in_a_database_with_tables(self):
        self.load()
        self.execute('UPDATE migrate_version SET version = NULL')
        self.assert_unknown('has for heat is None')

    def test_fraction(self):
        self.make('heat', 54.5, kind='NUMERIC(5, 1)')
        self.assert_unknown('54.5.* which is no number')

    def test_other_repository_id(self):
        for name in 'Heat', 'HEAT', 'heat ', ' heat':
            self.load()
            self.execute("UPDATE migrate_version SET repository_id = '%s'" %
                         name)
            self.assert_unknown('the repository_id "%s", not heat' % name)
            self.make(name, 54)
            self.assert_unknown('the repository_id "%s", not heat' % name)

    def test_other_repositories_do_not_count(self):
        self.make('nova', 200)
        self.assertEqual(45, api.db_version(self.engine))
        self.insert('migrate_version', repository_id=None, version=3)
        self.assertEqual(45, api.db_version(self.engine))
        self.insert('migrate_version', repository_id='heat', version=54)
        self.assertEqual(54, api.db_version(self.engine))

    def test_other_columns(self):
        self.execute('CREATE TABLE migrate_version (id INTEGER, name TEXT)')
        self.assert_unknown(r'migrate_version has other columns \(id, name\)')

    def test_view(self):
        self.execute("CREATE VIEW migrate_version AS SELECT 'heat' AS "
                     "repository_id, '' AS repository_path, 54 AS version")
        self.assert_unknown('migrate_version is a view')

    def test_other_case(self):
        self.make('heat', 54, name='MIGRATE_VERSION')
        if self.driver == 'postgresql':
            # Without quotes, it is the same there.
            self.assertEqual(54, api.db_version(self.engine))
        else:
            self.assert_unknown('has tables, but no version')

    def test_version_without_tables(self):
        self.make('heat', 54)
        self.assertEqual(54, api.db_version(self.engine))
        for function in api.db_sync, api.db_plan, api.db_status:
            self.assertRaisesRegex(
                exception.MigrationError, 'there is no table .?stack.?, .*'
                'restore a backup$', function, self.engine)

    @base.only_on('mysql')
    def test_binary_charset(self):
        self.execute('ALTER DATABASE %s CHARACTER SET binary' %
                     self.engine.url.database)
        self.execute(CREATE % ('migrate_version', 'INTEGER'))
        self.insert('migrate_version', repository_id='heat', version=55)
        self.assertEqual(55, api.db_version(self.engine))
        self.execute('DROP TABLE migrate_version')
        api.db_sync(self.engine)
        self.assertEqual([('heat',)], self.select(
            'SELECT repository_id FROM migrate_version'))


class ArgumentsTest(base.DBTestCase):

    WRONG = ('55', 'abc', '9' * 5000, 55.0, True, b'55', [55], object())

    def test_versions(self):
        databases.load(self.engine, '054')
        for version in self.WRONG:
            for function, args in ((api.db_sync, (self.engine,)),
                                   (api.db_plan, (self.engine,)),
                                   (api.db_plan_offline, ('mysql', 45)),
                                   (api.db_plan_offline, ('mysql',))):
                self.assertIn('a version is a number such as 55, not ', str(
                    self.assertRaises(exception.MigrationError, function,
                                      *args, version)))
        self.assertEqual(54, api.db_version(self.engine))

    def test_versions_that_are_none(self):
        for version in -1, 44, 10 ** 5000 - 1:
            self.assertRaises(exception.MigrationError, api.db_plan_offline,
                              'mysql', 46, version)
        self.assertRaises(exception.MigrationError, api.db_plan_offline,
                          'mysql', None)

    def test_backends(self):
        for backend in 'oracle', '', None, 5, ['mysql'], {'mysql': 1}:
            self.assertRaisesRegex(
                exception.MigrationError, 'there is one for mysql, postgresql',
                api.db_plan_offline, backend, 45)

    def test_lock_timeout(self):
        for seconds in '90', None, -1, float('nan'), True, [1]:
            self.assertRaisesRegex(
                exception.MigrationError, 'lock_timeout is a number of',
                api.db_sync, self.engine, lock_timeout=seconds)
        self.assertEqual({}, schema.describe(self.engine))

    def test_engines_and_listeners(self):
        for wrong in None, 'sqlite://', 5, self.engine.url, [self.engine]:
            for function in (api.db_charset, api.db_deleted, api.db_drift,
                             api.db_plan, api.db_sizes, api.db_status,
                             api.db_sync, api.db_version):
                self.assertRaisesRegex(exception.MigrationError,
                                       'is no Engine', function, wrong)
        for wrong in None, print, api.MigrationListener, self:
            self.assertRaisesRegex(
                exception.MigrationError, 'is no MigrationListener',
                api.db_sync, self.engine, listener=wrong)
        self.assertEqual({}, schema.describe(self.engine))
