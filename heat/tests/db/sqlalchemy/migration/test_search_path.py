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

"""Heat's tables in another schema than the first of the search_path."""

import sqlalchemy as sa

from heat.db import api
from heat.db import exception
from heat.tests import base
from heat.tests.cmd import test_manage
from heat.tests import databases


@base.only_on('postgresql')
class SearchPathTest(base.DBTestCase, test_manage.ManageTestCase):

    def setUp(self):
        super().setUp()
        databases.load(self.engine, '054')
        self.other = self.engine_with('other, public')
        self.execute('CREATE SCHEMA other')
        self.addCleanup(self.execute, 'DROP SCHEMA other CASCADE')

    def engine_with(self, search_path):
        engine = sa.create_engine(self.engine.url.update_query_dict(
            {'options': '-c search_path=%s' % search_path.replace(' ', '')}))
        self.addCleanup(engine.dispose)
        return engine

    def tables(self):
        return self.select('SELECT schemaname, tablename FROM pg_tables '
                           "WHERE schemaname IN ('other', 'public')")

    def assert_refused_everywhere(self, table):
        before = self.tables()
        for function in (api.db_version, api.db_sync, api.db_plan,
                         api.db_status, api.db_drift, api.db_deleted):
            self.assertRaisesRegex(
                exception.MigrationError,
                '^the table %s is in the schema public, but new tables would '
                'be made in other, ' % table, function, self.other)
        self.assertEqual(before, self.tables())

    def test_empty_schema_before_it(self):
        self.assert_refused_everywhere('migrate_version')

    def test_half_a_heat_before_it(self):
        self.execute('CREATE TABLE other.migrate_version (repository_id '
                     'VARCHAR(250), repository_path TEXT, version INTEGER)')
        self.assert_refused_everywhere('raw_template')

    def test_one_line(self):
        line = self.assert_refused(
            'db_sync', connection=self.other.url.render_as_string(
                hide_password=False))
        self.assertIn('SET search_path = public', line)

    def test_schema_that_does_not_exist_before_it(self):
        engine = self.engine_with('absent, public')
        api.db_sync(engine)
        self.assertEqual(86, api.db_version(self.engine))

    def test_two_heats(self):
        self.execute('ALTER SCHEMA public RENAME TO moved')
        self.execute('CREATE SCHEMA public')
        self.addCleanup(self.execute, 'DROP SCHEMA moved CASCADE')
        api.db_sync(self.engine)
        moved = self.engine_with('moved, public')
        self.assertEqual(54, api.db_version(moved))
        api.db_sync(moved)
        self.assertEqual([], api.db_drift(moved))
