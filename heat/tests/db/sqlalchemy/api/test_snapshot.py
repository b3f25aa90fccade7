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

"""Snapshots through heat.db.api."""

import datetime
import types

from heat.common import context
from heat.db import api
from heat.db import exception
from heat.tests import base

THEN = datetime.datetime(2015, 1, 1)


class SnapshotTest(base.APITestCase):

    def setUp(self):
        super().setUp()
        self.stack_id = self.create_stack().id

    def create(self, **values):
        return api.snapshot_create(self.context, {
            'stack_id': self.stack_id, 'tenant': 'tenant', 'name': 'name',
            'status': 'IN_PROGRESS', **values})

    def get(self, snapshot):
        return api.snapshot_get(self.context, snapshot.id)

    def test_create_and_get(self):
        created = self.create(data={'resources': {'a': [1]}})
        self.assertEqual(dict(created), dict(self.get(created)))
        self.assertEqual({'resources': {'a': [1]}}, created['data'])

    def test_update(self):
        snapshot = self.create(updated_at=THEN)
        values = {'status': 'COMPLETE', 'data': {'a': 1}}
        updated = api.snapshot_update(self.context, snapshot.id, values)
        self.assertEqual({'status': 'COMPLETE', 'data': {'a': 1}}, values)
        self.assertEqual('COMPLETE', updated.status)
        self.assertGreater(updated.updated_at, THEN)
        self.assertEqual(dict(updated), dict(self.get(snapshot)))

    def test_nothing_new_is_not_written(self):
        snapshot = self.create(updated_at=THEN)
        with base.recorded_statements(self.engine) as statements:
            api.snapshot_update(self.context, snapshot.id,
                                {'status': 'IN_PROGRESS', 'name': 'name'})
        self.assertEqual(1, len(statements))
        self.assertEqual(THEN, self.get(snapshot).updated_at)

    def test_long_reasons_are_cut(self):
        snapshot = self.create(status_reason='\u00e9' * 300)
        self.assertEqual('\u00e9' * 255, self.get(snapshot).status_reason)
        api.snapshot_update(self.context, snapshot.id, {
            'status': 'FAILED', 'status_reason': 'b' * 70000})
        found = self.get(snapshot)
        self.assertEqual(('FAILED', 'b' * 255),
                         (found.status, found.status_reason))

    def test_delete(self):
        snapshot = self.create()
        self.assertIsNone(api.snapshot_delete(self.context, snapshot.id))
        error = self.assertRaises(exception.NotFound, self.get, snapshot)
        self.assertIn('snapshot ' + snapshot.id, str(error))

    def test_of_a_stack(self):
        newer, older = self.create(), self.create(created_at=THEN)
        other = self.create(stack_id=self.create_stack().id)
        self.assertEqual([older.id, newer.id], [
            snapshot.id for snapshot in api.snapshot_get_all_by_stack(
                self.context, self.stack_id)])
        self.assertEqual(2, api.snapshot_count_all_by_stack(
            self.context, self.stack_id))
        stack = types.SimpleNamespace(id=self.stack_id)
        self.assertEqual(older.id, api.snapshot_get_by_stack(
            self.context, older.id, stack).id)
        self.assertRaises(exception.NotFound, api.snapshot_get_by_stack,
                          self.context, other.id, stack)

    def test_other_tenants_and_administrators_see_none(self):
        snapshot = self.create()
        stack = types.SimpleNamespace(id=self.stack_id)
        for one in (context.RequestContext(tenant_id='other'),
                    context.RequestContext(is_admin=True),
                    context.RequestContext(tenant_id='other', is_admin=True),
                    context.RequestContext()):
            for function, *args in (
                    (api.snapshot_get,), (api.snapshot_delete,),
                    (api.snapshot_update, {'status': 'COMPLETE'}),
                    (api.snapshot_get_by_stack, stack)):
                self.assertRaises(exception.NotFound, function, one,
                                  snapshot.id, *args)
            self.assertEqual([], api.snapshot_get_all_by_stack(
                one, self.stack_id))
            self.assertEqual(0, api.snapshot_count_all_by_stack(
                one, self.stack_id))
        self.assertEqual('IN_PROGRESS', self.get(snapshot).status)

    def test_stack_that_is_not_there(self):
        snapshot = self.create()
        for function, *args in (
                (api.snapshot_create, {'tenant': 'tenant',
                                       'stack_id': 'absent'}),
                (api.snapshot_update, snapshot.id, {'stack_id': 'absent'})):
            error = self.assertRaises(exception.InvalidValues, function,
                                      self.context, *args)
            self.assertEqual(['stack_id'], error.keys)

    def test_is_not_given_away(self):
        snapshot = self.create()
        for function, *args in (
                (api.snapshot_create, {'tenant': 'other',
                                       'stack_id': self.stack_id}),
                (api.snapshot_update, snapshot.id, {'tenant': 'other'})):
            error = self.assertRaises(exception.InvalidValues, function,
                                      self.context, *args)
            self.assertEqual(['tenant'], error.keys)
