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

"""What a tenant's lists and counts cost, among the rows of others."""

import sqlalchemy as sa

from heat.common import context
from heat.db import api
from heat.db.sqlalchemy.engine import facade
from heat.db.sqlalchemy.models import Event
from heat.db.sqlalchemy.models import SoftwareConfig
from heat.db.sqlalchemy.models import SoftwareDeployment
from heat.db.sqlalchemy.models import Stack
from heat.tests import at
from heat.tests import base
from heat.tests.db.sqlalchemy.api import test_page_cost

OTHERS = 8
TOP = 20
INDEX = 'ix_stack_tenant_owner_id_created_at_id'


class TenantTestCase(test_page_cost.PageTestCase):

    def insert_rows(self, model, rows):
        with self.engine.begin() as conn:
            conn.execute(sa.insert(model.__table__), rows)

    def cost_for(self, function, *args, **kwargs):
        """Return what a call costs; on PostgreSQL, in all of its plans."""
        sent = []
        self.listen('before_cursor_execute',
                    lambda conn, cursor, *args: sent.append(args[:2]))
        cost = self.cost(lambda: function(self.context, *args, **kwargs))
        if cost is not None:
            return cost
        return sum(test_page_cost.rows_read(self.plan(*args))
                   for args in sent[:])


class NestedStacksTest(TenantTestCase):
    """Each tenant has far more stacks below others than at the top."""

    # Rows read; what MySQL puts together it reads again. PostgreSQL reads all
    # at the top, if these are few. Hundreds of instructions.
    MOST_OF_PAGE = {'postgresql': TOP * (OTHERS + 1) + 1,
                    'mysql': 6 * test_page_cost.PAGE, 'sqlite': 40}
    MOST_OF_COUNT = {'postgresql': TOP * (OTHERS + 1), 'mysql': TOP + 2,
                     'sqlite': 4}

    def setUp(self):
        super().setUp()
        for tenant in ('tenant', *map('other-{}'.format, range(OTHERS))):
            self.insert_owned(tenant)
            with self.engine.begin() as conn:
                conn.execute(sa.update(Stack.__table__).where(
                    Stack.tenant == tenant, Stack.id.not_like('%00'),
                    Stack.id.not_like('%50')).values(owner_id='top'))
        self.analyze(Stack)
        # Whoever is the first also reads the statistics.
        api.stack_get_all(self.context, limit=1)
        api.stack_count_all(self.context)

    def test_page(self):
        marker = 'tenant-400'
        for order in 'asc', 'desc':
            self.assertLessEqual(self.cost_for(
                api.stack_get_all, limit=test_page_cost.PAGE, marker=marker,
                sort_dir=order), self.MOST_OF_PAGE[self.driver])

    def test_count(self):
        self.assertEqual(TOP, api.stack_count_all(self.context))
        self.assertLessEqual(self.cost_for(api.stack_count_all),
                             self.MOST_OF_COUNT[self.driver])


class EventsOfTenantTest(TenantTestCase):
    """An event does not name a tenant: all that it has are read."""

    MOST = {'postgresql': 250, 'mysql': 700, 'sqlite': 70}

    def test_others_are_not_read(self):
        for number in range(OTHERS * 5):
            tenant = 'other-%d' % number if number else 'tenant'
            stack = self.create_stack(id='stack-%d' % number, tenant=tenant)
            self.insert_rows(Event, [
                {'stack_id': stack.id, 'uuid': '%d-%d' % (number, each),
                 'created_at': test_page_cost.START} for each in range(200)])
        self.analyze(Stack, Event)
        api.event_get_all_by_tenant(self.context, limit=1)
        self.assertLessEqual(self.cost_for(
            api.event_get_all_by_tenant, limit=test_page_cost.PAGE),
            self.MOST[self.driver])


class DeploymentsTest(TenantTestCase):
    """Heat counts them before it makes another one."""

    MOST = {'postgresql': 10, 'mysql': 30, 'sqlite': 5}

    def test_others_are_not_counted(self):
        self.insert_rows(SoftwareConfig, [
            {'id': 'config', 'tenant': 'tenant'}])
        self.insert_rows(SoftwareDeployment, [
            {'id': str(number), 'config_id': 'config', 'server_id': 'server',
             'tenant': 'tenant' if number < 5 else 'other-%d' % (number % 50),
             'stack_user_project_id': 'of-%d' % (number % 500)}
            for number in range(2000)])
        self.analyze(SoftwareDeployment)
        user = context.RequestContext(tenant_id='of-7')
        for request, number in (self.context, 5), (user, 4):
            self.context = request
            self.assertEqual(number, api.software_deployment_count_all(
                request))
            self.assertLessEqual(
                self.cost_for(api.software_deployment_count_all),
                self.MOST[self.driver])


class LeftOutTest(TenantTestCase):
    """An operator has left the index out that MySQL is told to use."""

    def setUp(self):
        super().setUp()
        self.keys = [self.create_stack().id for _ in range(3)]
        self.addCleanup(api.db_sync, self.engine)
        # It would remember in the next test.
        self.useFixture(at.At(self.engine.url))
        self.engine = api.get_engine()
        self.execute('DROP INDEX %s%s' % (
            INDEX, ' ON stack' if self.driver == 'mysql' else ''))

    def list_stacks(self, request):
        return [stack.id for stack in api.stack_get_all(
            request, limit=3, sort_keys='creation_time')]

    def test_it_is_asked_for_once(self):
        asked = []
        self.listen('before_cursor_execute', lambda conn, cursor, statement,
                    *args: asked.append(INDEX) if INDEX in statement else None)
        for _ in range(2):
            self.assertCountEqual(self.keys, self.list_stacks(self.context))
        self.assertEqual([INDEX] if self.driver == 'mysql' else [], asked)

    def test_in_a_transaction_of_the_caller(self):
        with facade.context_manager.writer.using(self.context):
            api.stack_update(self.context, self.keys[0], {'name': 'new'})
            self.assertCountEqual(self.keys, self.list_stacks(self.context))
        self.assertEqual('new', api.stack_get(
            self.context, self.keys[0]).name)

    @base.only_on('mysql')
    def test_other_errors_pass(self):
        self.execute('ALTER TABLE stack RENAME COLUMN owner_id TO other')
        self.addCleanup(self.execute,
                        'ALTER TABLE stack RENAME COLUMN other TO owner_id')
        self.assertRaisesRegex(Exception, 'owner_id', self.list_stacks,
                               self.context)
