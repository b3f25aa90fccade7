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

"""Resources found by their stack, their name or what they are to a cloud."""

import datetime

from heat.common import context
from heat.db import api
from heat.db import exception
from heat.db.sqlalchemy import models
from heat.tests import base

STACKS = 1000
RESOURCES = 22


class ListTestCase(base.APITestCase):

    def setUp(self):
        super().setUp()
        self.stack_id = self.create_stack(name='a').id

    def create(self, **values):
        return self.create_resource(**{
            'stack_id': self.stack_id, **values}).id

    def ids(self, found):
        return {key: row.id for key, row in found.items()}


class ByStackTest(ListTestCase):

    def get(self, *args, **kwargs):
        return self.ids(api.resource_get_all_by_stack(
            self.context, self.stack_id, *args, **kwargs))

    def test_by_name(self):
        self.assertEqual({}, self.get())
        expected = {name: self.create(name=name) for name in 'abc'}
        self.create(name='a', stack_id=self.create_stack().id)
        self.assertEqual(expected, self.get())
        self.assertEqual({}, api.resource_get_all_by_stack(
            self.context, self.stack_id.upper()))

    def test_the_newest_of_a_name(self):
        ids = [self.create(name='a') for _ in range(3)]
        # Some engines would return it last.
        self.execute("UPDATE resource SET status = 'x' WHERE id = %d" %
                     ids[0])
        self.assertEqual({'a': ids[-1]}, self.get())
        self.assertEqual(ids[-1], api.resource_get_by_name_and_stack(
            self.context, 'a', self.stack_id).id)

    def test_filters(self):
        one = self.create(name='a', status='COMPLETE', atomic_key=1)
        two = self.create(name='b', status='FAILED')
        for filters, expected in (
                (None, {'a': one, 'b': two}), ({}, {'a': one, 'b': two}),
                ({'status': 'COMPLETE'}, {'a': one}),
                ({'status': 'complete'}, {}),
                ({'status': ['COMPLETE', 'FAILED'], 'name': ('b', 'c')},
                 {'b': two}),
                ({'atomic_key': None}, {'b': two}),
                ({'id': {one, 99}}, {'a': one}), ({'id': []}, {})):
            self.assertEqual(expected, self.get(filters))
            self.execute('UPDATE resource SET root_stack_id = stack_id')
            self.assertEqual(
                set(expected.values()),
                set(api.resource_get_all_by_root_stack(
                    self.context, self.stack_id, filters)))
        for filters in ({'nonsense': 1}, {'nonsense': [1]}, {'id': '1'}):
            for function in (api.resource_get_all_by_stack,
                             api.resource_get_all_by_root_stack):
                self.assertRaises(exception.InvalidValues, function,
                                  self.context, self.stack_id, filters)

    def test_what_belongs_to_them_is_loaded(self):
        self.create(name='a', root_stack_id=self.stack_id,
                    attr_data_id=self.create_properties(a=1),
                    rsrc_prop_data_id=self.create_properties(b=1),
                    physical_resource_id='server')
        one = self.create(name='b', root_stack_id=self.stack_id,
                          physical_resource_id='other')
        for value in 'cd':
            self.insert('resource_data', resource_id=one, value=value)
        server = {'physical_resource_id': 'server'}
        for found in (
                api.resource_get_all(self.context),
                api.resource_get_all_by_stack(self.context, self.stack_id),
                api.resource_get_all_active_by_stack(
                    self.context, self.stack_id),
                api.resource_get_all_by_root_stack(
                    self.context, self.stack_id),
                [api.resource_get_by_name_and_stack(
                    self.context, name, self.stack_id) for name in 'ab'],
                [api.resource_get_by_physical_resource_id(
                    self.context, name) for name in ('server', 'other')],
                api.resource_get_all_by_physical_resource_id(
                    self.context, **server) +
                api.resource_get_all_by_physical_resource_id(
                    self.context, 'other')):
            first, second = (found.values() if isinstance(found, dict) else
                             found)
            self.assertEqual(({'a': 1}, {'b': 1}, []), (
                first.attr_data.data, first.rsrc_prop_data.data,
                list(first.data)))
            self.assertEqual((None, None, {'c', 'd'}), (
                second.attr_data, second.rsrc_prop_data,
                {data.value for data in second.data}))

    def test_active(self):
        self.assertEqual({}, api.resource_get_all_active_by_stack(
            self.context, self.stack_id))
        active = [self.create(name='a', action=action, status=status)
                  for action, status in (
                      ('CREATE', 'COMPLETE'), ('DELETE', 'FAILED'),
                      ('DELETE', None), (None, 'COMPLETE'), (None, None))]
        self.create(action='DELETE', status='COMPLETE')
        self.assertEqual(
            {number: number for number in active},
            self.ids(api.resource_get_all_active_by_stack(
                self.context, self.stack_id)))

    def test_all(self):
        error = self.assertRaises(exception.NotFound, api.resource_get_all,
                                  self.context)
        self.assertIn('resource', str(error))
        ids = [self.create(), self.create(stack_id=self.create_stack(
            tenant='other').id)]
        self.assertEqual(ids, [row.id for row in api.resource_get_all(
            self.context)])

    def test_locks(self):
        def locks():
            return api.engine_get_all_locked_by_stack(
                self.context, self.stack_id)
        self.create()
        self.assertEqual(set(), locks())
        for engine_id in ('one', 'two', 'one', 'TWO'):
            self.create(engine_id=engine_id)
        self.create(engine_id='x', stack_id=self.create_stack().id)
        self.assertEqual({'one', 'two', 'TWO'}, locks())

    def test_by_name_alone(self):
        self.create(name='a', stack_id=self.create_stack().id)
        number = self.create(name='A')
        for name in ('a', 'A ', None, 5):
            self.assertIsNone(api.resource_get_by_name_and_stack(
                self.context, name, self.stack_id))
        self.assertEqual(number, api.resource_get_by_name_and_stack(
            self.context, 'A', self.stack_id).id)


class PhysicalTest(ListTestCase):

    def found(self, physical_resource_id='server', **kwargs):
        asking = context.RequestContext(**kwargs)
        every = api.resource_get_all_by_physical_resource_id(
            asking, physical_resource_id)
        one = api.resource_get_by_physical_resource_id(
            asking, physical_resource_id)
        self.assertEqual(every[0].id if every else None, one and one.id)
        return [row.id for row in every]

    def test_who_may_see_them(self):
        mine = self.create(physical_resource_id='server')
        others = self.create(
            physical_resource_id='server', stack_id=self.create_stack(
                tenant='other', stack_user_project_id='project').id)
        self.create(physical_resource_id='SERVER')
        for expected, kwargs in (
                ([mine], {'tenant_id': 'tenant'}),
                ([others], {'tenant_id': 'other'}),
                ([others], {'tenant_id': 'project'}),
                ([], {'tenant_id': 'TENANT'}), ([], {}),
                ([mine, others], {'is_admin': True})):
            self.assertEqual(expected, self.found(**kwargs))
            self.assertEqual([], self.found('absent', **kwargs))

    def test_no_tenant_is_nobodys(self):
        self.execute('UPDATE stack SET tenant = NULL')
        number = self.create(physical_resource_id='server')
        self.assertEqual([], self.found())
        self.assertEqual([number], self.found(is_admin=True))

    def test_of_a_deleted_stack(self):
        stack_id = self.create_stack(
            deleted_at=datetime.datetime(2015, 1, 1)).id
        number = self.create(physical_resource_id='server',
                             stack_id=stack_id)
        self.assertEqual([number], self.found(tenant_id='tenant'))


class LargeTreeTest(ListTestCase):
    """As large as the largest that users are known to have had."""

    def fill(self):
        template_id = self.create_template().id
        stacks = [{'id': 'stack %d' % number, 'tenant': 'tenant',
                   'raw_template_id': template_id, 'disable_rollback': False,
                   'owner_id': self.stack_id} for number in range(STACKS)]
        resources = [{'stack_id': stack['id'], 'name': 'name %d' % number,
                      'root_stack_id': self.stack_id, 'uuid': None}
                     for stack in stacks for number in range(RESOURCES)]
        with self.engine.begin() as conn:
            conn.execute(models.Stack.__table__.insert(), stacks)
            conn.execute(models.Resource.__table__.insert(), resources)

    def test_one_statement(self):
        self.fill()
        self.create(name='of another tree')
        for kwargs in ({}, {'stack_id_only': True},
                       {'filters': {'name': 'name 5'}}):
            with base.recorded_statements(self.engine) as statements:
                found = api.resource_get_all_by_root_stack(
                    self.context, self.stack_id, **kwargs)
            self.assertEqual(1, len(statements), statements)
            self.assertEqual(STACKS, len({
                row.stack_id for row in found.values()}))
            self.assertEqual(STACKS * (1 if 'filters' in kwargs else
                                       RESOURCES), len(found))

    def test_nothing_else_is_loaded(self):
        number = self.create(name='name', root_stack_id=self.stack_id)
        found = api.resource_get_all_by_root_stack(
            self.context, self.stack_id, stack_id_only=True)
        place = found[number]
        expected = {'id': number, 'stack_id': self.stack_id}
        self.assertEqual([place], list(found.values()))
        self.assertEqual(expected, dict(place))
        self.assertEqual(expected, {
            'id': place.id, 'stack_id': place['stack_id']})
        self.assertRaises(AttributeError, getattr, place, 'name')
