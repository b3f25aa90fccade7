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
from heat.db.sqlalchemy.models import Event
from heat.db.sqlalchemy.models import SoftwareConfig
from heat.db.sqlalchemy.models import Stack
from heat.tests.cost import CostTestCase

MANY = 1000
PAGE = 10
START = datetime.datetime(2015, 1, 1)


class PageTestCase(CostTestCase):
    """What the server looks at for a page of a list of many.

    :cvar MODEL: what is listed
    :cvar KEY: what its markers are
    """

    MODEL = Stack
    KEY = 'id'

    def insert_many(self, owner, **values):
        """Insert rows, and return their keys by their age."""
        keys = ['%s-%03d' % (owner, number) for number in range(MANY)]
        with self.engine.begin() as conn:
            conn.execute(sa.insert(self.MODEL.__table__), [
                {self.KEY: key, **values,
                 'created_at': START + datetime.timedelta(minutes=number)}
                for number, key in enumerate(keys)])
        # Costs are counted for a connection: there must be no other.
        self.engine.dispose()
        return keys

    def insert_owned(self, owner):
        """Insert rows of a tenant, or of a stack of that id."""
        return self.insert_many(
            owner, tenant=owner, raw_template_id=self.create_template().id,
            disable_rollback=False)

    def list(self, request, **kwargs):
        return api.stack_get_all(request, **kwargs)

    def cost_of(self, request, expected, **kwargs):
        """Read a page, and return what it costs, and what was sent.

        :param expected: the keys of its rows
        """
        sent = []
        self.listen('before_cursor_execute',
                    lambda conn, cursor, *args: sent.append(args[:2]))
        cost = self.cost(lambda: self.assertEqual(expected, [
            row[self.KEY] for row in self.list(
                request, limit=PAGE, **kwargs)]))
        table = self.MODEL.__tablename__
        return cost, [args for args in sent if ' %s ' % table in args[0]][-1]

    def plan(self, statement, parameters):
        """Return the plan that PostgreSQL has carried out."""
        with self.engine.connect() as connection:
            return connection.exec_driver_sql(
                'EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ' + statement,
                parameters).scalar()[0]['Plan']


class PageCostTest(PageTestCase):

    def test_last_page_costs_no_more_than_the_first(self):
        keys = self.insert_owned('tenant')
        self.analyze(self.MODEL)
        for request in self.requests():
            first = self.cost_in_order(request, keys[:PAGE], marker=None)
            last = self.cost_in_order(request, keys[-PAGE:],
                                      marker=keys[-PAGE - 1])
            self.assertGreater(first, 0)
            self.assertLessEqual(last, first * 1.25)

    def requests(self):
        """Return the contexts that see the rows."""
        return self.context, context.RequestContext(is_admin=True)

    def cost_in_order(self, request, expected, marker):
        """Return how much the server has looked at for a page."""
        cost, sent = self.cost_of(request, expected, marker=marker,
                                  sort_dir='asc')
        return rows_read(self.plan(*sent)) if cost is None else cost


class ConfigPageCostTest(PageCostTest):

    MODEL = SoftwareConfig

    def insert_owned(self, owner):
        return self.insert_many(owner, tenant=owner)[::-1]

    def list(self, request, sort_dir, **kwargs):
        return api.software_config_get_all(request, **kwargs)


class EventPageCostTest(PageCostTest):

    MODEL = Event
    KEY = 'uuid'

    def insert_owned(self, owner):
        return self.insert_many(owner, stack_id=self.create_stack().id)

    def requests(self):
        return [self.context]

    def list(self, request, **kwargs):
        return api.event_get_all_by_tenant(request, **kwargs)


class IndexedTestCase(PageTestCase):
    """The server reads it in the order of an index, and sorts a page."""

    # Rows read; what MySQL puts together it reads again. And hundreds of
    # instructions.
    MOST = {'postgresql': 2 * PAGE + 1, 'mysql': 6 * PAGE, 'sqlite': 40}

    def setUp(self):
        super().setUp()
        # Of who has half of all, MariaDB would read all that is before a page,
        # if it was not told to use the index.
        self.insert_owned('other')
        self.keys = self.insert_owned('tenant')
        self.empty = [self.keys.pop(number) for number in (777, 77, 7)][::-1]
        table = self.MODEL.__tablename__
        self.execute('UPDATE %s SET created_at = NULL WHERE %s IN '
                     "('%s', '%s', '%s')" % (table, self.KEY, *self.empty))
        self.analyze(self.MODEL)
        # Whoever is the first also reads the statistics.
        self.list(self.context, limit=PAGE)

    def assert_cheap(self, keys, **kwargs):
        last = len(keys)
        for start in 0, 1, last // 2, last - 8, last - 2:
            cost, sent = self.cost_of(
                self.context, keys[start:start + PAGE],
                marker=keys[start - 1] if start else None, **kwargs)
            if cost is None:
                cost = rows_read(self.plan(*sent))
            self.assertLessEqual(cost, self.MOST[self.driver])


class StacksOfTenantTest(IndexedTestCase):

    # On the page where those without a time begin, MySQL looks for the tags of
    # nearly twice as many.
    MOST = {**IndexedTestCase.MOST, 'mysql': 8 * PAGE}

    def test_ascending(self):
        self.assert_cheap(self.keys + self.empty, sort_dir='asc')

    def test_descending(self):
        self.assert_cheap(self.keys[::-1] + self.empty[::-1], sort_dir='desc')


class AllStacksTest(StacksOfTenantTest):
    """An administrator lists the stacks of all tenants."""

    def setUp(self):
        super().setUp()
        self.keys = sorted(
            (key for key, in self.select(
                'SELECT id FROM stack WHERE created_at IS NOT NULL')),
            key=lambda key: (key[-3:], key))

    def analyze(self, *models):
        if self.driver == 'sqlite':
            # It has no statistics unless someone asks for them.
            self.engine.dispose()
        else:
            super().analyze(*models)

    def list(self, request, **kwargs):
        return api.stack_get_all(context.RequestContext(is_admin=True),
                                 **kwargs)


class EventsOfStackTest(StacksOfTenantTest):

    MODEL = Event
    KEY = 'uuid'
    MOST = IndexedTestCase.MOST

    def insert_owned(self, owner):
        return self.insert_many(
            owner, stack_id=self.create_stack(id=owner).id)

    def list(self, request, **kwargs):
        return api.event_get_all_by_stack(request, 'tenant', **kwargs)


class ConfigsOfTenantTest(IndexedTestCase):

    MODEL = SoftwareConfig

    def insert_owned(self, owner):
        return self.insert_many(owner, tenant=owner)

    def list(self, request, **kwargs):
        return api.software_config_get_all(request, **kwargs)

    def test_newest_first(self):
        self.assert_cheap(self.keys[::-1] + self.empty[::-1])


def rows_read(plan):
    """Return how many rows a plan of PostgreSQL has read from tables."""
    read = 0
    if 'Relation Name' in plan:
        read = plan['Actual Loops'] * (
            plan['Actual Rows'] + plan.get('Rows Removed by Filter', 0))
    return read + sum(map(rows_read, plan.get('Plans', ())))
