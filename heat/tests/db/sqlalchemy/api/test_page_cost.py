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
"""What a page of a long list costs the server, wherever in the list it is."""

import datetime

import sqlalchemy as sa

from heat.common import context
from heat.db import api
from heat.db.sqlalchemy.engine import autocommit
from heat.db.sqlalchemy.models import Stack
from heat.tests import base

STACKS = 1000
PAGE = 10
START = datetime.datetime(2015, 1, 1)


class PageCostTest(base.APITestCase):

    def setUp(self):
        super().setUp()
        template_id = self.create_template().id
        with self.engine.begin() as conn:
            conn.execute(sa.insert(Stack.__table__), [
                {'id': 'stack-%d' % number, 'tenant': 'tenant',
                 'raw_template_id': template_id, 'disable_rollback': False,
                 'created_at': START + datetime.timedelta(minutes=number)}
                for number in range(STACKS)])
        self.ids = ['stack-%d' % number for number in range(STACKS)]
        # Costs are counted for a connection: there must be no other.
        self.engine.dispose()

    def test_last_page_costs_no_more_than_the_first(self):
        for request in (self.context, context.RequestContext(is_admin=True)):
            first = self.cost(request, self.ids[:PAGE], marker=None)
            last = self.cost(request, self.ids[-PAGE:],
                             marker=self.ids[-PAGE - 1])
            self.assertGreater(first, 0)
            self.assertLessEqual(last, first * 1.25)

    def cost(self, request, expected, marker):
        """Return how much the server has looked at for a page."""
        sent = []
        self.listen('before_cursor_execute',
                    lambda conn, cursor, *args: sent.append(args[:2]))
        cost = getattr(self, '_cost_on_' + self.driver)(
            lambda: self.assertEqual(expected, [
                stack.id for stack in api.stack_get_all(
                    request, limit=PAGE, marker=marker, sort_dir='asc')]))
        return cost if cost is not None else self._blocks(*sent[-1])

    def _cost_on_sqlite(self, read):
        """Count instructions of its virtual machine."""
        hundreds = []
        with autocommit.connection() as connection:
            file = connection.connection.dbapi_connection
        file.set_progress_handler(lambda: hundreds.append(1), 100)
        read()
        file.set_progress_handler(None, 100)
        return len(hundreds)

    def _cost_on_mysql(self, read):
        before = self._rows_read()
        read()
        return self._rows_read() - before

    def _rows_read(self):
        with autocommit.connection() as connection:
            return sum(int(row[1]) for row in connection.exec_driver_sql(
                "SHOW SESSION STATUS LIKE 'Handler_read%%'"))

    def _cost_on_postgresql(self, read):
        read()

    def _blocks(self, statement, parameters):
        with self.engine.connect() as connection:
            plan = connection.exec_driver_sql(
                'EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ' + statement,
                parameters).scalar()[0]['Plan']
        return plan['Shared Hit Blocks'] + plan['Shared Read Blocks']
