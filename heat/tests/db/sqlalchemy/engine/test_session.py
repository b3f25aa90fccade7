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

"""Schemas are read and made the same however a server is set."""

from oslo_db.sqlalchemy import engines

from heat.db import api
from heat.tests import base
from heat.tests import databases
from heat.tests import schema

MODES = ('ORACLE', 'MSSQL', 'DB2', 'POSTGRESQL', 'ANSI', 'ANSI_QUOTES',
         'NO_FIELD_OPTIONS', 'NO_BACKSLASH_ESCAPES', 'PIPES_AS_CONCAT', '')


class SettingsTest(base.DBTestCase):

    def engines(self):
        """Yield engines whose sessions are set in some other way each."""
        if self.driver == 'mysql':
            for mode in MODES:
                yield self.make_engine(mysql_sql_mode=mode), (
                    'SELECT @@sql_mode')
        elif self.driver == 'postgresql':
            yield self.make_engine(self.engine.url.update_query_dict(
                {'options': '-c quote_all_identifiers=on'})), (
                    'SHOW quote_all_identifiers')

    def make_engine(self, url=None, **options):
        engine = engines.create_engine(url or self.engine.url, **options)
        self.addCleanup(engine.dispose)
        return engine

    def test_db_check(self):
        api.db_sync(self.engine)
        for engine, query in self.engines():
            with engine.connect() as conn:
                before = conn.exec_driver_sql(query).scalar()
            self.assertEqual([], api.db_drift(engine), before)
            self.assertFalse(api.db_status(engine).half_applied)
            with engine.connect() as conn:
                self.assertEqual(before, conn.exec_driver_sql(query).scalar())

    def test_db_sync(self):
        for version, target in (None, 46), ('046', None):
            self.prepare(version)
            api.db_sync(self.engine, target)
            expected = schema.describe(self.engine)
            for engine, query in self.engines():
                self.prepare(version)
                with engine.connect() as conn:
                    before = conn.exec_driver_sql(query).scalar()
                api.db_sync(engine, target)
                self.assertEqual({}, schema.difference(
                    expected, schema.describe(self.engine)), before)
                with engine.connect() as conn:
                    self.assertEqual(
                        before, conn.exec_driver_sql(query).scalar())

    def prepare(self, version):
        databases.empty(self.engine)
        if version:
            databases.load(self.engine, version)
