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


"""Statements for drivers that get parameters by their places."""

import sqlalchemy as sa
from sqlalchemy.dialects.mysql import mysqldb
import testtools

from heat.db.sqlalchemy import comparison
from heat.db.sqlalchemy.models import Stack


class PlacesTest(testtools.TestCase):
    """mysqlclient, which need not be installed for that, is one of them."""

    def assert_complete(self, condition, *names):
        compiled = sa.select(Stack.id).where(condition).compile(
            dialect=mysqldb.dialect())
        self.assertEqual(len(names), str(compiled).count('%s'))
        self.assertEqual(names, tuple(
            compiled.params[name] for name in compiled.positiontup))

    def test_same_text(self):
        self.assert_complete(comparison.same_text(Stack.name, 'a'), 'a', 'a')

    def test_any_of(self):
        self.assert_complete(comparison.any_of(Stack.name, ['a', 'b']),
                             'a', 'b', 'a', 'b')
