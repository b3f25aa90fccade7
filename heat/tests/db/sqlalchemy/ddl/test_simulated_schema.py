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

"""What is simulated is what a database has when it was done."""

import sqlalchemy as sa

from heat.db import api
from heat.db.sqlalchemy import ddl
from heat.db.sqlalchemy.migration import apply
from heat.db.sqlalchemy.migration import repository
from heat.tests import base
from heat.tests import schema


class SimulatedSchemaTest(base.DBTestCase):

    def test_every_version(self):
        simulated = ddl.SimulatedSchema(self.engine.dialect)
        for script in sorted(repository.scripts().values()):
            apply.apply_version(ddl.Recorder(simulated), script)
            api.db_sync(self.engine, script.version, with_indexes=False)
            self._assert_same(simulated, script.name)

    def test_every_version_from_a_database(self):
        """What is read of a database and what is simulated go together."""
        api.db_sync(self.engine, 50)
        with self.engine.connect() as conn:
            simulated = ddl.SimulatedSchema(
                self.engine.dialect, ddl.Schema(conn))
            self._describe(simulated)
            for script in sorted(repository.scripts().values()):
                if script.version > 50:
                    apply.apply_version(ddl.Recorder(simulated), script)
        api.db_sync(self.engine, with_indexes=False)
        self._assert_same(simulated)

    def _assert_same(self, simulated, name=None):
        with self.engine.connect() as conn:
            live = self._describe(ddl.Schema(conn))
        self.assertEqual({}, schema.difference(
            live, self._describe(simulated)), name)

    def _describe(self, questioned):
        # No version drops a table but the last one.
        return {
            (name, key): found
            for name in sa.inspect(self.engine).get_table_names()
            for key, found in self._describe_table(questioned.table(name))}

    def _describe_table(self, table):
        yield 'primary key', table.primary_key
        for name, column in table.columns.items():
            yield ('column', name), (self._type(column.type), column.nullable)
        for name, columns in table.indexes.items():
            yield ('index', name), columns
        for key in table.foreign_keys:
            # SQLAlchemy does not see all names of SQLite's.
            yield ('foreign key', key.columns), (
                key.target, key.on_delete,
                self.driver != 'sqlite' and key.name)

    def _type(self, type_):
        name = type_.compile(dialect=self.engine.dialect).split(' COLL')[0]
        return {'INTEGER(11)': 'INTEGER', 'TINYINT(1)': 'BOOL',
                }.get(name, name)
