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

"""Writing down what would be sent."""

import sqlalchemy as sa

from heat.db.sqlalchemy import ddl
from heat.tests.db.sqlalchemy.ddl import operations

THING = sa.table('thing', sa.column('id', sa.Integer),
                 sa.column('name', sa.String))


class RecorderTest(operations.DatabaseTestCase):

    def test_what_the_client_of_the_database_takes(self):
        recorder = ddl.Recorder(ddl.SimulatedSchema(self.engine.dialect))
        self.assertEqual(self.driver, recorder.name)
        recorder.record(
            'DROP TABLE a',
            THING.update().where(THING.c.id == 5).values(name="it's"),
            sa.schema.CreateTable(sa.Table(
                'b', sa.MetaData(), sa.Column('x', sa.Integer))))
        first, second, third = recorder.statements
        self.assertEqual('DROP TABLE a', first)
        self.assertEqual(
            "UPDATE thing SET name='it''s' WHERE thing.id = 5", second)
        self.assertRegex(third, r'\ACREATE TABLE b \(\s+x INTEGER\s+\)\Z')
