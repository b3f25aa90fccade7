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

"""Events through heat.db.api: listed page by page, and counted."""

import datetime
import itertools

from heat.common import context
from heat.db import api
from heat.db import exception
from heat.tests import base

DAYS = [datetime.datetime(2015, 1, day) for day in (1, 2)]


class EventListTestCase(base.APITestCase):

    def setUp(self):
        super().setUp()
        self.stack_id = self.create_stack().id

    def create(self, name, stack_id=None, **values):
        return api.event_create(self.context, {
            'stack_id': stack_id or self.stack_id, 'uuid': name,
            'resource_name': name, **values})

    def names(self, **kwargs):
        return [event.uuid for event in api.event_get_all_by_stack(
            self.context, self.stack_id, **kwargs)]


class EventOrderTest(EventListTestCase):

    def setUp(self):
        super().setUp()
        for name, day, kind in (
                ('a', DAYS[1], 'X'), ('b', DAYS[0], None), ('c', DAYS[0], 'Y'),
                ('d', None, 'X'), ('e', DAYS[1], 'Y'), ('f', None, None)):
            self.create(name, created_at=day, resource_type=kind)
        self.create('other', self.create_stack().id)

    def test_newest_first_by_default(self):
        self.assertEqual(list('eacbfd'), self.names())
        self.assertEqual(list('bcaedf'), self.names(sort_keys='event_time'))
        self.assertEqual(list('bcaedf'), self.names(sort_dir='asc'))

    def test_every_order_and_page(self):
        for keys, expected in {
                ('event_time',): 'bcaedf',
                ('resource_type',): 'adcebf',
                ('resource_type', 'event_time'): 'adcebf',
                ('event_time', 'resource_type'): 'cbaedf',
                ('nonsense', 'event_time'): 'bcaedf'}.items():
            for limit in (1, 2, 3, 4, 6, 10):
                self.assertEqual(list(expected), self.pages(
                    limit, sort_keys=list(keys)), (keys, limit))
        for limit in (1, 2, 3, 4, 6, 10):
            self.assertEqual(list('eacbfd'), self.pages(limit))
        self.assertEqual([], self.names(limit=0))

    def pages(self, limit, **kwargs):
        found = []
        while page := self.names(
                limit=limit, marker=found[-1] if found else None, **kwargs):
            self.assertLessEqual(len(page), limit)
            found += page
        return found

    def test_markers_that_are_none_of_these(self):
        for marker in ('absent', 'other', 'A', '', 5, None):
            self.assertEqual(['e', 'a'], self.names(marker=marker, limit=2))

    def test_filters(self):
        for filters, expected in (
                ({}, 'eacbfd'), (None, 'eacbfd'),
                ({'resource_type': 'X'}, 'ad'), ({'resource_type': 'x'}, ''),
                ({'resource_type': None}, 'bf'),
                ({'resource_type': ['X', None]}, 'abfd'),
                ({'resource_type': 'Y', 'created_at': DAYS[0]}, 'c'),
                ({'uuid': ['a', 'other', 'b']}, 'ab'), ({'uuid': []}, '')):
            self.assertEqual(list(expected), self.names(filters=filters))
        self.assertEqual(['c'], self.names(
            filters={'resource_type': ['X', 'Y']}, marker='a', limit=1))

    def test_refused(self):
        for key, arguments in (
                ('limit', {'limit': -1}), ('limit', {'limit': '5'}),
                ('sort_dir', {'sort_dir': 'up'}),
                ('sort_keys', {'sort_keys': 5}),
                ('filters', {'filters': 'uuid'}),
                ('nosuch', {'filters': {'nosuch': 1}}),
                ('resource_name', {'filters': {'resource_name': 1}})):
            error = self.assertRaises(exception.InvalidValues, self.names,
                                      **arguments)
            self.assertEqual([key], error.keys)

    def test_count(self):
        self.assertEqual(6, api.event_count_all_by_stack(
            self.context, self.stack_id))
        for stack_id in ('absent', self.stack_id.upper(), None, 5):
            self.assertEqual(0, api.event_count_all_by_stack(
                self.context, stack_id))
            self.assertEqual([], api.event_get_all_by_stack(
                self.context, stack_id))


class EventDataTest(EventListTestCase):

    def setUp(self):
        super().setUp()
        self.data = api.resource_prop_data_create(
            self.context, {'data': {'a': [1]}, 'encrypted': False})
        self.create('a', rsrc_prop_data_id=self.data.id)
        self.create('b')

    def test_is_loaded_with_a_uuid(self):
        with_data, without = api.event_get_all_by_stack(
            self.context, self.stack_id, filters={'uuid': ['a', 'b']},
            sort_dir='asc')
        self.assertEqual({'a': [1]}, with_data['rsrc_prop_data']['data'])
        self.assertIsNone(dict(without)['rsrc_prop_data'])
        for limit in None, 1:
            event, = api.event_get_all_by_stack(
                self.context, self.stack_id, filters={'uuid': 'a'},
                limit=limit)
            self.assertEqual({'a': [1]}, event.rsrc_prop_data.data)

    def test_is_not_loaded_otherwise(self):
        for limit in None, 2:
            for event in api.event_get_all_by_stack(
                    self.context, self.stack_id, limit=limit):
                self.assertNotIn('rsrc_prop_data', event.__dict__)


class EventsOfTenantTest(EventListTestCase):

    def setUp(self):
        super().setUp()
        self.deleted = self.create_stack(deleted_at=DAYS[0]).id
        foreign = self.create_stack(
            tenant='other', stack_user_project_id='tenant').id
        for name, day, stack_id in (
                ('a', DAYS[1], self.stack_id), ('b', DAYS[0], self.deleted),
                ('c', DAYS[0], self.create_stack().id),
                ('d', DAYS[1], foreign), ('e', DAYS[0], self.stack_id)):
            self.create(name, stack_id, created_at=day)

    def names(self, context=None, **kwargs):
        return [event.uuid for event in api.event_get_all_by_tenant(
            context or self.context, **kwargs)]

    def test_of_live_stacks(self):
        self.assertEqual(list('aec'), self.names())
        self.assertEqual(list('cea'), self.names(sort_keys=['event_time']))
        self.assertEqual(['c'], self.names(filters={'uuid': ['b', 'c', 'd']}))

    def test_pages(self):
        for limit in 1, 2, 3, 4:
            found = []
            while page := self.names(
                    limit=limit, marker=found[-1] if found else None):
                found += page
            self.assertEqual(list('aec'), found)
        for marker in 'b', 'd':
            self.assertEqual(list('aec'), self.names(marker=marker))

    def test_tenants(self):
        for is_admin, show_deleted in itertools.product((True, False),
                                                        repeat=2):
            for tenant, expected in (('other', 'd'), ('tenant', 'aec'),
                                     ('third', ''), (None, '')):
                self.assertEqual(list(expected), self.names(
                    context.RequestContext(tenant, is_admin, show_deleted)))
