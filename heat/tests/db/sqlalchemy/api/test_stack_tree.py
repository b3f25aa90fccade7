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
"""Trees of stacks: their top, what is below, how many resources they have."""

import datetime

import sqlalchemy as sa

from heat.common import context
from heat.db import api
from heat.db import exception
from heat.db.sqlalchemy.engine import autocommit
from heat.db.sqlalchemy import models
from heat.tests import base
from heat.tests import cost

GONE = datetime.datetime(2015, 1, 1)


class TreeTestCase(base.APITestCase):

    def setUp(self):
        super().setUp()
        self.template_id = self.create_template().id
        self.admin = context.RequestContext(is_admin=True)
        self.deleted = context.RequestContext(tenant_id='tenant',
                                              show_deleted=True)

    def create(self, name, owner_id=None, **values):
        """Store a stack whose id is its name, below any other."""
        self.create_stack(id=name, name=name,
                          raw_template_id=self.template_id, **values)
        if owner_id is not None:
            self.execute("UPDATE stack SET owner_id = '%s' WHERE id = '%s'" %
                         (owner_id, name))

    def statements(self, function, *args):
        with base.recorded_statements(self.engine) as statements:
            function(*args)
        return len([sent for sent in statements if 'stack' in sent])


class StackTreeTest(TreeTestCase):

    def setUp(self):
        super().setUp()
        for name, owner_id, values in (
                ('top', None, {}), ('a', 'top', {}), ('b', 'top', {}),
                ('a1', 'a', {}), ('a2', 'a', {}), ('a1x', 'a1', {}),
                ('b1', 'b', {}), ('backup', 'top', {'backup': True}),
                ('in backup', 'backup', {}), ('gone', 'b', {
                    'deleted_at': GONE}), ('in gone', 'gone', {}),
                ('foreign', 'a2', {'tenant': 'other'}),
                ('in foreign', 'foreign', {}), ('other top', None, {})):
            self.create(name, owner_id, **values)

    def below(self, name, one=None):
        return [stack.id for stack in api.stack_get_all_by_root_owner_id(
            one or self.context, name)]

    def test_below(self):
        self.assertEqual('a a1 a1x a2 b b1'.split(), self.below('top'))
        self.assertEqual('a1 a1x a2'.split(), self.below('a'))
        self.assertEqual([], self.below('a1x'))
        self.assertEqual([], self.below('nobody'))

    def test_below_for_an_administrator(self):
        self.assertEqual(
            ['a', 'a1', 'a1x', 'a2', 'foreign', 'in foreign', 'b', 'b1'],
            self.below('top', self.admin))

    def test_below_with_those_deleted(self):
        self.assertEqual(
            ['a', 'a1', 'a1x', 'a2', 'b', 'b1', 'gone', 'in gone'],
            self.below('top', self.deleted))

    def test_null_is_no_backup(self):
        self.execute("UPDATE stack SET backup = NULL WHERE id = 'a1'")
        self.assertEqual('a a1 a1x a2 b b1'.split(), self.below('top'))
        self.assertEqual(['a1', 'a2'], sorted(
            stack.id for stack in api.stack_get_all_by_owner_id(
                self.context, 'a')))
        self.assertEqual(['a', 'b'], sorted(
            stack.id for stack in api.stack_get_all_by_owner_id(
                self.context, 'top')))

    def test_they_own_each_other(self):
        self.execute("UPDATE stack SET owner_id = 'a1x' WHERE id = 'a'")
        self.assertEqual(['a1', 'a1x', 'a', 'a2'], self.below('a'))
        self.assertRaises(exception.NotFound, api.stack_get_root_id,
                          self.context, 'a1')

    def test_below_nothing(self):
        error = self.assertRaises(
            exception.InvalidValues, api.stack_get_all_by_root_owner_id,
            self.context, None)
        self.assertEqual(['owner_id'], error.keys)

    def test_only_the_same_id(self):
        for name in ('TOP', 'top ', 't\u00f6p', 0):
            self.assertEqual([], self.below(name))
            self.assertRaises(exception.NotFound, api.stack_get_root_id,
                              self.context, name)

    def test_root(self):
        for name in ('top', 'a', 'a1x', 'in backup'):
            self.assertEqual('top', api.stack_get_root_id(self.context, name))
        for one in (self.admin, self.deleted):
            self.assertEqual(one is self.admin, self.has_root(
                one, 'in foreign'))
            self.assertEqual(one is self.deleted, self.has_root(
                one, 'in gone'))

    def has_root(self, one, name):
        try:
            return api.stack_get_root_id(one, name) == 'top'
        except exception.NotFound:
            return False

    def test_one_statement(self):
        for function, name in ((api.stack_get_root_id, 'a1x'),
                               (api.stack_get_all_by_root_owner_id, 'top'),
                               (api.stack_count_total_resources, 'top')):
            self.assertEqual(1, self.statements(function, self.context, name))

    def test_columns_are_loaded(self):
        stack, = api.stack_get_all_by_root_owner_id(self.context, 'b')
        self.assertEqual(('b1', 'tenant', None),
                         (stack.name, stack['tenant'], stack.status))


class LargeTreeTest(TreeTestCase):
    """1,000 stacks that have 22,000 resources."""

    STACKS = 1000
    RESOURCES = 22

    def setUp(self):
        super().setUp()
        # Five levels: ten below each, until there are enough.
        names = ['top'] + ['stack %d' % number
                           for number in range(self.STACKS - 1)]
        self.fill(models.Stack, [
            {'id': name, 'tenant': 'tenant', 'disable_rollback': False,
             'raw_template_id': self.template_id, 'backup': False,
             'owner_id': names[(number - 1) // 10] if number else None}
            for number, name in enumerate(names)])
        self.fill(models.Resource, [
            {'stack_id': name, 'root_stack_id': 'top',
             'name': 'resource %d' % number}
            for name in names for number in range(self.RESOURCES)])

    def fill(self, model, rows):
        with self.engine.begin() as conn:
            conn.execute(sa.insert(model.__table__), rows)

    def test_all_functions(self):
        self.assert_counted()
        if self.driver == 'mysql':
            self.assert_little_is_read()
        found = [stack.id for stack in api.stack_get_all_by_root_owner_id(
            self.context, 'top')]
        self.assertEqual(self.STACKS - 1, len(set(found)))
        self.assertEqual('top', api.stack_get_root_id(self.context,
                                                      found[-1]))
        self.assertEqual(1, self.statements(
            api.stack_get_all_by_root_owner_id, self.context, 'top'))

    def assert_counted(self):
        count = self.STACKS * self.RESOURCES
        for one, name, expected in (
                (self.context, 'top', count), (self.admin, 'top', count),
                (self.context, 'stack 1', 0), (self.context, 'nobody', 0),
                (self.context, '', 0), (self.context, None, 0),
                (context.RequestContext(tenant_id='other'), 'top', 0)):
            self.assertEqual(expected, api.stack_count_total_resources(
                one, name))

    def assert_little_is_read(self):
        """The server reads no row more than there are in the index."""
        self.engine.dispose()
        before = self.rows_read()
        api.stack_count_total_resources(self.context, 'top')
        self.assertLessEqual(self.rows_read() - before,
                             self.STACKS * self.RESOURCES + 10)

    def rows_read(self):
        with autocommit.connection() as connection:
            return sum(int(row[1]) for row in connection.exec_driver_sql(
                "SHOW SESSION STATUS LIKE 'Handler_read%%'"))


class SmallTreeTest(cost.CostTestCase):
    """A stack with nine below it, among many others that are like it."""

    STACKS = 10000
    # Rows, rows and entries of indexes, and hundreds of instructions.
    MOST = {'mysql': 200, 'postgresql': 100, 'sqlite': 40}

    def setUp(self):
        super().setUp()
        template_id = self.create_template().id
        ids = ['%05d' % number for number in range(self.STACKS)]
        with self.engine.begin() as conn:
            conn.execute(sa.insert(models.Stack.__table__), [
                {'id': one, 'tenant': 'tenant', 'disable_rollback': False,
                 'raw_template_id': template_id, 'status_reason': 'x' * 1000,
                 'owner_id': None if one[-1] == '0' else one[:-1] + '0'}
                for one in ids])
        if self.driver != 'sqlite':
            # They do it by themselves.
            self.analyze(models.Stack)
        self.engine.dispose()

    def test_reads_no_others(self):
        def below():
            return len(api.stack_get_all_by_root_owner_id(
                self.context, '0%d0' % (self.STACKS // 20)))

        # It has read the statistics, too.
        self.assertEqual(9, below())
        self.assertLessEqual(cost.cost(self.driver, below),
                             self.MOST[self.driver])
