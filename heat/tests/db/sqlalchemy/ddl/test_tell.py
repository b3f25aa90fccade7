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

"""Telling what is thrown away."""

import sqlalchemy as sa

from heat.db.sqlalchemy import ddl
from heat.tests.db.sqlalchemy.ddl import operations


class TellTest(operations.DatabaseTestCase):

    BEFORE = sa.MetaData()
    sa.Table('thing', BEFORE,
             sa.Column('id', sa.Integer, primary_key=True),
             sa.Column('size', sa.Integer))
    ROWS = {'thing': [{'id': 1, 'size': 5}, {'id': 2, 'size': None}]}

    def _told(self, condition, table='thing', column=None):
        """Return what is told with an engine, and with a Recorder."""
        def tell(engine):
            ddl.tell_count(
                engine, table,
                'SELECT COUNT(*) FROM %s WHERE %s' % (table, condition),
                'things: %d', column)

        told = []
        tell(self.engine)
        tell(self.engine.execution_options(tell=told.append))
        return told, self.record(
            tell, tells=True)[0].told

    def test_number_of_rows(self):
        self.assertEqual((['things: 1'], ['things: 1']),
                         self._told('size = 5', column='size'))

    def test_nothing_of_no_rows_or_of_what_is_not_there(self):
        for values in (('size = 6',), ('1 = 1', 'other'),
                       ('colour = 1', 'thing', 'colour')):
            self.assertEqual(([], []), self._told(*values))

    def test_number_is_not_known_of_what_is_made_meanwhile(self):
        def tell(recorder):
            ddl.add_columns(recorder, 'thing', sa.Column('new', sa.Integer))
            ddl.tell_count(recorder, 'thing', 'SELECT COUNT(*) FROM thing '
                           'WHERE new IS NULL', 'things: %d', 'new')

        self.assertEqual([], self.record(
            tell, tells=True)[0].told)
