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

"""Letting a column hold longer texts."""

import sqlalchemy as sa

from heat.db.sqlalchemy import ddl
from heat.tests.db.sqlalchemy.ddl import operations


def _things(metadata, type_):
    return sa.Table('thing', metadata,
                    sa.Column('id', sa.Integer, primary_key=True),
                    sa.Column('name', sa.String(20), index=True),
                    sa.Column('reason', type_))


class WidenColumnTest(operations.OperationTests, operations.DatabaseTestCase):

    BEFORE = sa.MetaData()
    _things(BEFORE, sa.String(20))
    ROWS = {'thing': [{'id': 1, 'name': 'a', 'reason': 'x' * 20},
                      {'id': 2, 'name': None, 'reason': None}]}

    def operate(self, engine):
        ddl.widen_column(engine, _things(sa.MetaData(), sa.Text()), 'reason')

    def check(self):
        self.assertEqual([('x' * 20,), (None,)], self.select(
            'SELECT reason FROM thing ORDER BY id'))
        self.insert('thing', id=3, reason='y' * 60000)
        self.assertEqual(['ix_thing_name'], [
            index['name'] for index in
            sa.inspect(self.engine).get_indexes('thing')])
