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

"""How a foreign key is written."""

import sqlalchemy as sa
import testtools

from heat.db.sqlalchemy.ddl import foreign_key


class ForeignKeyTest(testtools.TestCase):

    def _table(self, **options):
        return sa.Table('part', sa.MetaData(), sa.Column(
            'thing_id', sa.Integer, sa.ForeignKey(
                'thing.id', name='fk_thing', **options)))

    def _key(self, **options):
        key, = self._table(**options).foreign_key_constraints
        return key

    def test_clauses(self):
        self.assertEqual('REFERENCES thing (id)',
                         foreign_key.references(self._key()))
        self.assertEqual('REFERENCES thing (id) ON DELETE CASCADE',
                         foreign_key.references(self._key(ondelete='CASCADE')))
        self.assertEqual(
            'ADD CONSTRAINT fk_thing FOREIGN KEY (thing_id) '
            'REFERENCES thing (id)', foreign_key.constraint(self._key()))

    def test_a_table_that_is_not_told(self):
        table = self._table()
        self.assertRaises(sa.exc.NoReferencedTableError, str,
                          sa.schema.CreateTable(table))
        foreign_key.know_targets(table)
        self.assertIn('REFERENCES thing (id)',
                      str(sa.schema.CreateTable(table)))
