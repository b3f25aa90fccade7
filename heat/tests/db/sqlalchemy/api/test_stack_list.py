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

"""Stacks through heat.db.api: to find, list and count them."""

import datetime

from heat.common import context
from heat.db import api
from heat.db import exception
from heat.tests import base


def _names(stacks):
    return [stack.name for stack in stacks]


class StackListTestCase(base.APITestCase):

    def setUp(self):
        super().setUp()
        self.admin = context.RequestContext(is_admin=True)
        self.deleted = context.RequestContext(tenant_id='tenant',
                                              show_deleted=True)
        self.template_id = self.create_template().id

    def create(self, name, **values):
        return self.create_stack(
            name=name, raw_template_id=self.template_id, **values).id


class StackGetAllTest(StackListTestCase):

    def setUp(self):
        super().setUp()
        day = datetime.datetime
        self.create('a', status='X', created_at=day(2015, 1, 3),
                    id='stack-1')
        self.create('b', status='Y', created_at=day(2015, 1, 1),
                    id='stack-2')
        self.create('c', status=None, created_at=day(2015, 1, 2),
                    id='stack-3')
        self.create('d', status=None, created_at=None, id='stack-4')
        self.create('e', status='X', created_at=None, id='stack-5')
        self.create('nested', owner_id='stack-1')
        self.create('backup', owner_id='stack-1', backup=True)
        self.create('gone', deleted_at=day(2015, 2, 1))
        self.create('foreign', tenant='other',
                    stack_user_project_id='tenant')
        with self.engine.begin() as conn:
            conn.exec_driver_sql("UPDATE stack SET created_at = NULL "
                                 "WHERE name IN ('d', 'e')")

    def names(self, context=None, **kwargs):
        return _names(api.stack_get_all(context or self.context, **kwargs))

    def test_newest_first_by_default(self):
        self.assertEqual(['a', 'c', 'b'], self.names()[:3])

    def test_every_order_and_page(self):
        orders = {
            ('stack_name',): 'abcde',
            ('creation_time',): 'bcade',
            ('stack_status',): 'aebcd',
            ('stack_status', 'stack_name'): 'aebcd',
            ('nonsense', 'stack_name'): 'abcde',
        }
        for keys, expected in orders.items():
            for limit in (1, 2, 3, 10):
                found = self.pages(limit, sort_keys=list(keys),
                                   sort_dir='asc')
                self.assertEqual(expected, ''.join(found), (keys, limit))

    def test_every_page_descending(self):
        for keys, expected in ((['stack_name'], 'edcba'),
                               (['creation_time'], 'acbed'),
                               (['stack_status'], 'beadc'),
                               (None, 'acbed')):
            for limit in (1, 2, 10):
                self.assertEqual(expected, ''.join(self.pages(
                    limit, sort_keys=keys, sort_dir='desc')), (keys, limit))

    def pages(self, limit, **kwargs):
        found, marker = [], None
        while True:
            page = api.stack_get_all(self.context, limit=limit,
                                     marker=marker, **kwargs)
            found += _names(page)
            if len(page) < limit:
                return found
            marker = page[-1].id

    def test_unknown_marker_is_the_first_page(self):
        self.assertEqual(self.names(), self.names(marker='nonsense'))

    def test_ascending_if_there_are_keys(self):
        self.assertEqual('abcde',
                         ''.join(self.names(sort_keys=['stack_name'])))

    def test_refused_arguments(self):
        for key, value in (('limit', -1), ('limit', 'x'),
                           ('sort_dir', 'up'), ('filters', {'nonsense': 1})):
            error = self.assertRaises(
                exception.InvalidValues, api.stack_get_all, self.context,
                **{key: value})
            self.assertIn(error.keys[0], (key, 'nonsense'))

    def test_no_limit_and_none_at_all(self):
        self.assertEqual(5, len(self.names()))
        self.assertEqual([], self.names(limit=0))

    def test_filters(self):
        for filters, expected in (
                ({'status': 'X'}, 'ae'), ({'status': ['X', 'Y']}, 'abe'),
                ({'status': None}, 'cd'), ({'status': []}, ''),
                ({'status': 'X', 'name': 'a'}, 'a')):
            self.assertEqual(expected, ''.join(self.names(
                filters=filters, sort_keys=['stack_name'])), filters)
            self.assertEqual(len(expected), api.stack_count_all(
                self.context, filters=filters))

    def test_what_is_listed(self):
        for kwargs, more in (
                ({'show_deleted': True}, {'gone'}),
                ({'show_nested': True}, {'nested'}),
                ({'tenant_safe': False}, {'foreign'}),
                ({'context': self.admin}, {'foreign'}),
                ({'context': self.deleted}, {'gone'})):
            self.assertEqual(set('abcde') | more, set(self.names(**kwargs)))
            self.assertEqual(5 + len(more), api.stack_count_all(
                kwargs.pop('context', self.context), **kwargs))

    def test_a_context_without_tenant_lists_nothing(self):
        nobody = context.RequestContext()
        self.assertEqual([], self.names(nobody))
        self.assertEqual(0, api.stack_count_all(nobody))

    def test_statements(self):
        for kwargs, expected in (({}, 1), ({'marker': 'stack-1'}, 2)):
            with base.recorded_statements(self.engine) as statements:
                api.stack_get_all(self.context, limit=2, **kwargs)
            self.assertEqual(expected, len(
                [sent for sent in statements if 'FROM stack' in sent]))


class StackFindTest(StackListTestCase):

    def test_by_name(self):
        stack_id = self.create('web', tenant='tenant')
        self.create('web', tenant='other')
        find = api.stack_get_by_name
        self.assertEqual(stack_id, find(self.context, 'web').id)
        for name in ('WEB', 'web ', 'wéb'):
            self.assertIsNone(find(self.context, name))
        self.assertIsNone(find(context.RequestContext('third'), 'web'))

    def test_by_name_as_user_project(self):
        stack_id = self.create('web', tenant='other',
                               stack_user_project_id='tenant')
        self.assertEqual(stack_id,
                         api.stack_get_by_name(self.context, 'web').id)

    def test_by_name_deleted(self):
        stack_id = self.create('web',
                               deleted_at=datetime.datetime(2015, 1, 1))
        self.assertIsNone(api.stack_get_by_name(self.context, 'web'))
        self.assertEqual(stack_id,
                         api.stack_get_by_name(self.deleted, 'web').id)

    def test_by_name_the_oldest(self):
        owner_id = None
        for year in (2016, 2014, 2015):
            owner_id = self.create('web', owner_id=owner_id,
                                   created_at=datetime.datetime(year, 1, 1))
        self.assertEqual(2014, api.stack_get_by_name(
            self.context, 'web').created_at.year)

    def test_by_name_and_owner(self):
        top = self.create('web')
        nested = self.create('web', owner_id=top)
        find = api.stack_get_by_name_and_owner_id
        self.assertEqual(top, find(self.context, 'web', None).id)
        self.assertEqual(nested, find(self.context, 'web', top).id)
        self.assertIsNone(find(self.context, 'web', nested))

    def test_by_owner(self):
        top = self.create('top')
        nested = {self.create('nested', owner_id=top)}
        foreign = {self.create('nested', owner_id=top, tenant='other')}
        gone = self.create('nested', owner_id=top,
                           deleted_at=datetime.datetime(2015, 1, 1))
        find = api.stack_get_all_by_owner_id
        self.assertEqual(nested, {
            stack.id for stack in find(self.context, top)})
        self.assertEqual(nested | {gone}, {
            stack.id for stack in find(self.deleted, top)})
        self.assertEqual(nested | foreign, {
            stack.id for stack in find(self.admin, top)})

    def test_by_no_owner(self):
        self.create('top')
        for one in (self.context, self.admin):
            error = self.assertRaises(
                exception.InvalidValues, api.stack_get_all_by_owner_id, one,
                None)
            self.assertEqual(['owner_id'], error.keys)

    def test_root(self):
        top = self.create('top')
        middle = self.create('middle', owner_id=top)
        bottom = self.create('bottom', owner_id=middle)
        for stack_id in (top, middle, bottom):
            self.assertEqual(top,
                             api.stack_get_root_id(self.context, stack_id))

    def test_no_root(self):
        for stack_id, owner_id in (('one', 'two'), ('two', 'one'),
                                   ('orphan', 'nobody')):
            self.create(stack_id, id=stack_id)
            self.execute("UPDATE stack SET owner_id = '%s' WHERE id = '%s'" %
                         (owner_id, stack_id))
        foreign = self.create('foreign', tenant='other')
        for stack_id in ('one', 'orphan', 'nobody', foreign):
            self.assertRaises(exception.NotFound, api.stack_get_root_id,
                              self.context, stack_id)
