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

"""Secrets in databases that Heat itself made.

What stands for encrypted text in them is none that any key fits.
"""

from oslo_config import fixture as config_fixture

from heat.common import context
from heat.db import api
from heat.db import crypt
from heat.db import exception
from heat.tests import base
from heat.tests import databases
from heat.tests.db import secrets


class HeatDatabasesTest(base.DBTestCase):

    def setUp(self):
        super().setUp()
        crypt.keys()
        self.useFixture(config_fixture.Config()).config(
            auth_encryption_key=secrets.KEY)
        self.context = context.RequestContext()
        databases.load(self.engine, '046')
        api.db_sync(self.engine)

    def test_credentials(self):
        """Each method is that of some row."""
        for creds_id, method in self.select(
                'SELECT id, decrypt_method FROM user_creds'):
            if method:
                error = self.assertRaises(
                    exception.InvalidEncryptionKey, api.user_creds_get,
                    self.context, creds_id)
                self.assertIn('is damaged, or encrypted', str(error))
        for method, text in secrets.STORED.items():
            for column in ('password', 'trust_id'):
                self.execute(
                    "UPDATE user_creds SET decrypt_method = '%s', %s = '%s' "
                    'WHERE %s IS NOT NULL' % (method, column, text, column))
        found = [api.user_creds_get(self.context, creds_id)
                 for creds_id, in self.select('SELECT id FROM user_creds')]
        self.assertEqual(6, len(found))
        for creds in found:
            self.assertEqual({secrets.SECRET, None},
                             {creds['password'], creds['trust_id']})
            self.assertEqual(creds['trust_id'] is None,
                             creds['username'] is not None)

    def test_data_of_resources(self):
        found = {True: 0, False: 0, None: 0}
        for resource_id, redact in self.select(
                'SELECT resource_id, redact FROM resource_data'):
            redact = None if redact is None else bool(redact)
            found[redact] += 1
            if redact:
                error = self.assertRaises(
                    exception.InvalidEncryptionKey,
                    api.resource_data_get_all, self.context, resource_id)
                self.assertIn('private_key is damaged', str(error))
            else:
                (key, value), = api.resource_data_get_all(
                    self.context, resource_id).items()
                self.assertIn(key, ('user_id', '\u043a\u043b\u044e\u0447'))
                self.assertIn('v\u00e4rde-', value)
        self.assertEqual({True: 4, False: 4, None: 4}, found)
        for method, text in secrets.STORED.items():
            self.execute(
                "UPDATE resource_data SET decrypt_method = '%s', value = '%s' "
                'WHERE redact' % (method, text))
            for resource_id, in self.select(
                    'SELECT resource_id FROM resource_data WHERE redact'):
                self.assertEqual(
                    {'private_key': secrets.SECRET},
                    api.resource_data_get_all(self.context, resource_id))

    def test_encrypt_all(self):
        """What is there can be encrypted, or is named with the reason."""
        environments = self.select(
            'SELECT id, environment FROM raw_template ORDER BY id')
        errors = api.encrypt_parameters_and_properties(self.context, None)
        self.assertEqual(
            [number for number, text in environments
             if text and text.startswith('"')],
            [error.id for error in errors])
        self.assertEqual(environments, self.select(
            'SELECT id, environment FROM raw_template ORDER BY id'))
        self.assertEqual([], [text for text, in self.select(
            'SELECT properties_data FROM resource')
            if text not in (None, 'null') and '"gAAAAA' not in text])
        api.decrypt_parameters_and_properties(self.context, None)
        self.assertEqual([], [text for text, in self.select(
            'SELECT properties_data FROM resource')
            if text and '"gAAAAA' in text])
