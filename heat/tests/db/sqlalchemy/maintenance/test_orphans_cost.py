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
"""What PostgreSQL reads to count what belongs to nothing any more."""

from heat.tests import base
from heat.tests import cost
from heat.tests.db.sqlalchemy.maintenance import test_purge

STACKS = 8000

# Of each table: how many rows a stack has, the columns and their values.
TABLES = (
    ('raw_template_files', 1, 'id', 'n'),
    ('raw_template', 1, 'id, files_id', 'n, n'),
    ('stack', 1, 'id, raw_template_id, disable_rollback, deleted_at',
     "n, n, false, CASE WHEN mod(n, 2) = 0 THEN timestamp '2020-01-01' END"),
    ('resource_properties_data', 5, 'id', 'n'),
    ('resource', 5, 'id, uuid, stack_id, rsrc_prop_data_id, '
     'current_template_id', 'n, n, (n + 4) / 5, n, (n + 4) / 5'),
    ('resource_data', 5, 'id, resource_id, key', "n, n, 'key'"),
)


class CostTest(test_purge.PurgeTestCase):

    @base.only_on('postgresql')
    def test_dry_run(self):
        """It reads each row a few times, and no whole table for a page."""
        rows = 0
        for table, number, columns, values in TABLES:
            rows += number * STACKS
            self.execute(
                "INSERT INTO %s (created_at, %s) SELECT '2020-01-01', %s "
                'FROM generate_series(1, %d) n' % (
                    table, columns, values, number * STACKS))
            self.execute('ANALYZE ' + table)
        spent = cost.cost(self.driver, lambda: self.purge(
            with_orphans=True, dry_run=True, batch_size=100))
        self.assertLess(spent / rows, 100)
