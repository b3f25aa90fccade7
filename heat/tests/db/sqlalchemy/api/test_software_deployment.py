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

"""Software deployments through heat.db.api."""

import datetime

from heat.common import context
from heat.db import api
from heat.db import exception
from heat.tests import base

THEN = datetime.datetime(2015, 1, 1)


class SoftwareDeploymentTest(base.APITestCase):

    def setUp(self):
        super().setUp()
        self.users = context.RequestContext(tenant_id='users')
        self.other = context.RequestContext(tenant_id='other')
        self.admin = context.RequestContext(tenant_id='other', is_admin=True)
        self.config_id = self.create_config(name='first')

    def create_config(self, tenant='tenant', **values):
        return api.software_config_create(
            context.RequestContext(tenant_id=tenant),
            {'tenant': tenant, **values}).id

    def create(self, **values):
        return api.software_deployment_create(self.context, {
            'config_id': self.config_id, 'server_id': 'server',
            'tenant': 'tenant', 'stack_user_project_id': 'users', **values})

    def get(self, deployment_id, context=None):
        return api.software_deployment_get(context or self.context,
                                           deployment_id)

    def ids(self, context, *args):
        return [deployment.id for deployment in
                api.software_deployment_get_all(context, *args)]

    def assert_same(self, one, other):
        self.assertEqual(dict(one['config']), dict(other['config']))
        self.assertEqual({**one, 'config': None}, {**other, 'config': None})

    def test_create_and_get(self):
        created = self.create(input_values={'a': 1}, status='IN_PROGRESS')
        self.assert_same(created, self.get(created.id))
        self.assertEqual('first', created.config.name)
        self.assertEqual('first', api.software_deployment_get_all(
            self.context)[0]['config']['name'])

    def test_update(self):
        deployment = self.create(updated_at=THEN, status='IN_PROGRESS')
        values = {'status': 'COMPLETE', 'output_values': {'a': [1]}}
        updated = api.software_deployment_update(
            self.context, deployment.id, values)
        self.assertEqual({'status': 'COMPLETE', 'output_values': {'a': [1]}},
                         values)
        # Only callers know when that is.
        self.assertEqual(('COMPLETE', {'a': [1]}, THEN), (
            updated.status, updated.output_values, updated.updated_at))
        self.assert_same(updated, self.get(deployment.id))

    def test_other_config(self):
        deployment = self.create()
        updated = api.software_deployment_update(
            self.context, deployment.id,
            {'config_id': self.create_config(name='second')})
        self.assertEqual('second', updated.config.name)
        self.assert_same(updated, self.get(deployment.id))

    def test_config_that_is_not_there(self):
        deployment = self.create()
        foreign = self.create_config(tenant='other')
        for config_id in ('absent', foreign, self.config_id.upper()):
            for function, *args in (
                    (api.software_deployment_create,
                     {'config_id': config_id, 'server_id': 'server',
                      'tenant': 'tenant'}),
                    (api.software_deployment_update, deployment.id,
                     {'config_id': config_id, 'status': 'FAILED'})):
                error = self.assertRaises(exception.InvalidValues, function,
                                          self.context, *args)
                self.assertEqual(['config_id'], error.keys)
        self.assertEqual([(deployment.id, self.config_id, None)], self.select(
            'SELECT id, config_id, status FROM software_deployment'))

    def test_config_that_is_deleted_meanwhile(self):
        def delete(conn, cursor, statement, *args):
            if 'INTO software_deployment' in statement and not deleted:
                deleted.append(self.config_id)
                api.software_config_delete(
                    context.RequestContext(is_admin=True), self.config_id)
        deleted = []
        self.listen('before_cursor_execute', delete)
        error = self.assertRaises(exception.InvalidValues, self.create)
        self.assertEqual(['config_id'], error.keys)
        self.assertEqual(1, len(deleted))
        self.assertEqual([], self.ids(self.admin))

    def test_who_sees_it(self):
        deployment = self.create(id='deployment')
        for one in self.context, self.users, self.admin:
            self.assertEqual('deployment', self.get(deployment.id, one).id)
            self.assertEqual(['deployment'], self.ids(one))
            self.assertEqual(1, api.software_deployment_count_all(one))
            api.software_deployment_update(one, deployment.id,
                                           {'status': one.tenant_id})
            self.assertEqual(one.tenant_id, self.get(deployment.id).status)
        for one in self.other, context.RequestContext():
            self.assertEqual([], self.ids(one))
            self.assertEqual(0, api.software_deployment_count_all(one))
            for function, *args in (
                    (api.software_deployment_get,),
                    (api.software_deployment_update, {'status': 'other'}),
                    (api.software_deployment_delete,)):
                error = self.assertRaises(exception.NotFound, function, one,
                                          deployment.id, *args)
                self.assertIn('software deployment deployment', str(error))
        self.assertEqual('other', self.get(deployment.id).status)
        api.software_deployment_delete(self.users, deployment.id)
        self.assertEqual([], self.ids(self.context))

    def test_update_decides_who_may_write(self):
        def give_away(conn, cursor, statement, *args):
            if statement.startswith('UPDATE software') and not given:
                given.append(True)
                self.execute("UPDATE software_deployment SET tenant = 'other'")
        deployment = self.create(stack_user_project_id=None)
        given = []
        self.listen('before_cursor_execute', give_away)
        self.assertRaises(
            exception.NotFound, api.software_deployment_update, self.context,
            deployment.id, {'status': 'COMPLETE'})
        self.assertEqual([True], given)
        self.assertIsNone(self.get(deployment.id, self.other).status)

    def test_of_a_server(self):
        newer = self.create().id
        older = self.create(created_at=THEN).id
        elsewhere = self.create(server_id='Server').id
        self.assertEqual({newer, older, elsewhere},
                         set(self.ids(self.context)))
        self.assertEqual([older, newer], self.ids(self.context, 'server'))
        self.assertEqual([elsewhere], self.ids(self.context, 'Server'))
        self.assertEqual([], self.ids(self.context, ''))

    def test_is_not_given_away(self):
        deployment = self.create()
        for function, *args in (
                (api.software_deployment_create,
                 {'config_id': self.config_id, 'server_id': 'server',
                  'tenant': 'other'}),
                (api.software_deployment_update, deployment.id,
                 {'tenant': 'other'})):
            error = self.assertRaises(exception.InvalidValues, function,
                                      self.context, *args)
            self.assertEqual(['tenant'], error.keys)

    def test_long_reasons_are_cut(self):
        # Each has two bytes, and one would be cut in two.
        reason = '\u00e9' * 40000
        deployment = self.create(status_reason=reason)
        self.assertEqual(reason[:32767],
                         self.get(deployment.id).status_reason)
        api.software_deployment_update(
            self.context, deployment.id,
            {'status': 'FAILED', 'status_reason': '\u20ac' * 30000})
        found = self.get(deployment.id)
        self.assertEqual(('FAILED', '\u20ac' * 21845),
                         (found.status, found.status_reason))

    def test_writers_do_not_mix(self):
        """What one writes is there as a whole, or overwritten as a whole."""
        def write_other(conn, cursor, statement, *args):
            if statement.startswith('UPDATE') and not written:
                written.append(True)
                api.software_deployment_update(
                    self.users, deployment.id,
                    {'status': 'FAILED', 'status_reason': 'other'})
        deployment = self.create(status='COMPLETE', status_reason='first')
        written = []
        self.listen('before_cursor_execute', write_other)
        api.software_deployment_update(
            self.context, deployment.id,
            {'status': 'COMPLETE', 'status_reason': 'second'})
        found = self.get(deployment.id)
        self.assertEqual([True], written)
        self.assertEqual(('COMPLETE', 'second'),
                         (found.status, found.status_reason))
