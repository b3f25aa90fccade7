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

"""What 047 asks of MariaDB."""

from heat.db import api
from heat.tests import base
from heat.tests import databases


class Statements047Test(base.DBTestCase):

    @base.only_on('mysql')
    def test_depths_are_counted_without_looking_for_each_group(self):
        databases.load(self.engine, '046')
        with base.recorded_statements(self.engine) as statements:
            api.db_sync(self.engine, 47)
        statement, = [statement for statement in statements
                      if statement.startswith('UPDATE stack JOIN')]
        plan = self.select('EXPLAIN ' + statement)
        self.assertIn('Using filesort', [row[-1] for row in plan])
        self.assertEqual([], [row for row in plan if 'temporary' in row[-1]])
