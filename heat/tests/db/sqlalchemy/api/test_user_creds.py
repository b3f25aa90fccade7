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

"""Credentials through heat.db.api."""

from heat.common import context
from heat.db import api
from heat.db import ciphers
from heat.db import crypt
from heat.db import exception
from heat.db.sqlalchemy.engine import facade
from heat.tests import base
from heat.tests.db import secrets
from heat.tests import proxied

FERNET, CBC, CFB8 = ciphers.METHODS


class UserCredsTest(secrets.SecretsTestCase):

    def create(self, **values):
        return api.user_creds_create(context.RequestContext(**values))

    def get(self, creds_id):
        return api.user_creds_get(self.context, creds_id)

    def stored(self):
        return self.select('SELECT id FROM user_creds ORDER BY id')

    def test_password(self):
        created = self.create(
            username='user', password=secrets.SECRET, auth_url='http://x',
            region_name='region', project_name='name', project_id='number',
            trustor_user_id='trustor')
        self.assertEqual(FERNET, created.pop('decrypt_method'))
        for creds in (created, self.get(created['id'])):
            self.assertEqual({
                'id': created['id'], 'created_at': created['created_at'],
                'updated_at': None, 'username': 'user',
                'password': secrets.SECRET, 'auth_url': 'http://x',
                'region_name': 'region', 'tenant': 'name',
                'tenant_id': 'number', 'trust_id': None,
                'trustor_user_id': 'trustor'}, creds)

    def test_trust(self):
        created = self.create(
            username='user', password='password', trust_id=secrets.SECRET,
            trustor_user_id='trustor', project_name='name',
            project_id='number')
        for creds in (created, self.get(created['id'])):
            self.assertEqual(
                (None, None, secrets.SECRET, 'trustor', 'name', 'number'),
                tuple(creds[name] for name in (
                    'username', 'password', 'trust_id', 'trustor_user_id',
                    'tenant', 'tenant_id')))

    def test_nothing_of_the_context_but_credentials(self):
        created = self.create(password='x', auth_token='token', roles=['a'])
        self.assertEqual(
            {'auth_url', 'created_at', 'decrypt_method', 'id', 'password',
             'region_name', 'tenant', 'tenant_id', 'trust_id',
             'trustor_user_id', 'updated_at', 'username'}, set(created))

    def test_no_password(self):
        for trust_id in (None, ''):
            created = self.create(username='user', trust_id=trust_id)
            for creds in (created, self.get(created['id'])):
                self.assertEqual(
                    ('user', None, None),
                    (creds['username'], creds['password'],
                     creds['trust_id']))

    def test_context_of_an_older_heat(self):
        class Older(context.RequestContext):
            def to_dict(self):
                return {'tenant': 'name', 'tenant_id': 'number',
                        'username': 'user', 'password': secrets.SECRET}
        creds = self.get(api.user_creds_create(Older())['id'])
        self.assertEqual(
            ('name', 'number', secrets.SECRET),
            (creds['tenant'], creds['tenant_id'], creds['password']))

    def test_is_stored_encrypted(self):
        self.create(password=secrets.SECRET)
        self.create(trust_id=secrets.SECRET)
        (password, method, _), (_, _, trust_id) = self.select(
            'SELECT password, decrypt_method, trust_id FROM user_creds '
            'ORDER BY id')
        for text in (password, trust_id):
            self.assertNotEqual(secrets.SECRET, text)
            self.assertEqual(secrets.SECRET, crypt.decrypt(method, text))

    def test_longest(self):
        longest = 'x' * 127
        self.assertEqual(longest, self.get(
            self.create(password=longest)['id'])['password'])
        for name in ('password', 'trust_id'):
            error = self.assertRaises(exception.InvalidValues, self.create,
                                      **{name: longest + 'x'})
            self.assertEqual([name], error.keys)
            self.assert_silent(error, longest)
        self.assertEqual(1, len(self.stored()))

    def test_refused(self):
        for name, value in (
                ('password', 7654321), ('password', b'secret'),
                ('password', secrets.SECRET + '\ud800'),
                ('trust_id', ['a']), ('username', 'x' * 256),
                ('trustor_user_id', 'x' * 65), ('region_name', 7654321),
                ('auth_url', 'x' * 65536), ('auth_url', 'a\0b')):
            error = self.assertRaises(exception.InvalidValues, self.create,
                                      **{name: value})
            self.assertEqual([name], error.keys)
            self.assert_silent(error, str(value))
        self.assertEqual([], self.stored())

    def test_unusable_key(self):
        self.configure('short')
        error = self.assertRaises(exception.InvalidEncryptionKey,
                                  self.create, password=secrets.SECRET)
        self.assert_silent(error, 'short')
        self.assertEqual([], self.stored())

    def test_wrong_key(self):
        creds_id = self.create(password=secrets.SECRET)['id']
        self.configure(secrets.OTHER)
        error = self.assertRaises(exception.InvalidEncryptionKey, self.get,
                                  creds_id)
        self.assertIn('password is damaged, or encrypted', str(error))
        self.assert_silent(error)
        self.configure(secrets.OTHER, secrets.KEY)
        self.assertEqual(secrets.SECRET, self.get(creds_id)['password'])

    def test_methods_of_all_heats(self):
        for method, text in secrets.STORED.items():
            self.execute('DELETE FROM user_creds')
            self.insert('user_creds', id=1, password=text,
                        decrypt_method=method)
            self.insert('user_creds', id=2, trust_id=text,
                        decrypt_method=method)
            self.assertEqual(
                (secrets.SECRET, None),
                (self.get(1)['password'], self.get(1)['trust_id']))
            self.assertEqual(
                (None, secrets.SECRET),
                (self.get(2)['password'], self.get(2)['trust_id']))

    def test_what_no_method_has_encrypted(self):
        self.insert('user_creds', id=1, password='clear')
        self.assertIsNone(self.get(1)['password'])
        self.insert('user_creds', id=2, password='clear',
                    decrypt_method='rot13')
        error = self.assertRaises(exception.InvalidValues, self.get, 2)
        self.assertEqual(['password'], error.keys)
        self.assert_silent(error, 'clear')

    def test_absent(self):
        creds_id = self.create()['id']
        for absent in (creds_id + 1, str(creds_id), float(creds_id), None):
            self.assertIsNone(self.get(absent))
            self.assertRaises(exception.NotFound, api.user_creds_delete,
                              self.context, absent)
        self.assertEqual([(creds_id,)], self.stored())

    def test_delete(self):
        creds_id, other = self.create()['id'], self.create()['id']
        stacks = [self.create_stack(
            user_creds_id=one, current_traversal=secrets.TRAVERSAL,
            tenant=tenant).id for one, tenant in (
                (creds_id, 'tenant'), (creds_id, 'another'),
                (other, 'tenant'))]
        api.stack_delete(self.context, stacks[0], api.ANY_TRAVERSAL)
        self.assertIsNone(api.user_creds_delete(self.context, creds_id))
        self.assertEqual([(other,)], self.stored())
        self.assertEqual(
            {(stacks[0], None), (stacks[1], None), (stacks[2], other)},
            set(self.select('SELECT id, user_creds_id FROM stack')))
        self.assertRaises(exception.NotFound, api.user_creds_delete,
                          self.context, creds_id)

    # Elsewhere, the stack waits for what the UPDATE has locked.
    @base.only_on('postgresql')
    def test_delete_while_a_stack_is_stored(self):
        creds_id = self.create()['id']
        template_id = self.create_template().id

        def store(conn, cursor, statement, *args):
            if statement.startswith('DELETE FROM user_creds'):
                self.insert('stack', id='new', user_creds_id=creds_id,
                            disable_rollback=False,
                            raw_template_id=template_id)
        self.listen('before_cursor_execute', store)
        error = self.assertRaises(exception.InUse, api.user_creds_delete,
                                  self.context, creds_id)
        self.assertIn('user creds %d are' % creds_id, str(error))
        self.assertEqual([(creds_id,)], self.stored())

    def test_delete_in_a_transaction_that_is_rolled_back(self):
        creds_id = self.create()['id']
        stack_id = self.create_stack(user_creds_id=creds_id).id

        def delete():
            with facade.context_manager.writer.using(self.context):
                api.user_creds_delete(self.context, creds_id)
                1 / 0
        self.assertRaises(ZeroDivisionError, delete)
        self.assertEqual(creds_id, api.stack_get(
            self.context, stack_id).user_creds_id)
        self.assertEqual([(creds_id,)], self.stored())

    def test_nothing_shows_a_secret(self):
        with self.everything_logged():
            created = self.create(password=secrets.SECRET,
                                  auth_token=secrets.SECRET)
            self.get(created['id'])
            error = self.assertRaises(
                exception.InvalidValues, self.create, password=secrets.SECRET,
                username='x' * 256)
            self.assert_silent(error)
            api.user_creds_delete(self.context, created['id'])


class LostConnectionTest(proxied.EachPlaceTestCase, secrets.SecretsTestCase):
    """The encrypted text tells the row of a call."""

    def test_stored_once(self):
        for name in ('password', 'trust_id'):
            request = context.RequestContext(**{name: secrets.SECRET})
            other = api.user_creds_create(request)['id']
            cut = self.proxy.cut(self.when, b'INSERT INTO user_creds')
            created = api.user_creds_create(request)
            self.assertEqual(1, cut.done)
            self.assertEqual([(other,), (created['id'],)], self.select(
                'SELECT id FROM user_creds ORDER BY id'))
            self.assertEqual(secrets.SECRET, api.user_creds_get(
                request, created['id'])[name])
            self.execute('DELETE FROM user_creds')

    def test_one_round_trip(self):
        request = context.RequestContext(password=secrets.SECRET)
        api.user_creds_create(request)
        del self.proxy.requests[:]
        api.user_creds_create(request)
        sent, = self.proxy.requests
        self.assertIn(b'INSERT INTO user_creds', sent)
        self.assertNotIn(secrets.SECRET.encode(), sent)
