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
"""Several SELECTs see one state."""

import sqlalchemy as sa

from heat.db.sqlalchemy.engine import snapshot
from heat.db.sqlalchemy.models import Stack
from heat.tests import base


# On SQLite, who writes would wait until all is read.
@base.only_on('mysql', 'postgresql')
class SnapshotTest(base.APITestCase):

    def test_one_moment(self):
        count = sa.select(sa.func.count(Stack.id))

        def look_twice(execute):
            before = execute(count, {}).scalar()
            self.create_stack()
            return before, execute(count, {}).scalar()

        self.assertEqual((0, 0), snapshot.read(self.engine, look_twice))
        self.assertEqual((1, 1), snapshot.read(self.engine, look_twice))
