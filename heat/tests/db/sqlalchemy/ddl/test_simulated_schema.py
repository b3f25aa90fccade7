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

from heat.db import api
from heat.db.sqlalchemy import ddl
from heat.db.sqlalchemy.migration import apply
from heat.db.sqlalchemy.migration import repository
from heat.tests.db.sqlalchemy.ddl import operations
from heat.tests import schema


class SimulatedSchemaTest(operations.DatabaseTestCase):

    def test_every_version(self):
        simulated = ddl.SimulatedSchema(self.engine.dialect)
        for script in sorted(repository.scripts(self.driver).values()):
            apply.apply_version(ddl.Recorder(simulated), script)
            api.db_sync(self.engine, script.version, with_indexes=False)
            self._assert_same(simulated, script.name)

    def test_every_version_from_a_database(self):
        """What is read of a database and what is simulated go together."""
        api.db_sync(self.engine, 50)

        def apply_all(recorder):
            for script in sorted(repository.scripts(self.driver).values()):
                if script.version > 50:
                    apply.apply_version(recorder, script)

        recorder, _found = self.record(apply_all, self.table_names())
        api.db_sync(self.engine, with_indexes=False)
        self._assert_same(recorder.schema)

    def _assert_same(self, simulated, name=None):
        # No version drops a table but the last one.
        names = self.table_names()
        with self.engine.connect() as conn:
            live = self.tell_of(ddl.Schema(conn), names)
        self.assertEqual({}, schema.difference(
            live, self.tell_of(simulated, names)), name)
