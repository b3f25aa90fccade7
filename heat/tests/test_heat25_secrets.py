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

"""Heat 25 reads the secrets that this layer writes, and the other way."""

import json

from heat.common import context
from heat.db import api
from heat.db import crypt
from heat.db.sqlalchemy.maintenance import rotate
from heat.tests.db import secrets
from heat.tests import test_heat25

SECRET = 's3cret-pässwörd ☃'
PROPERTIES = {'password': SECRET, 'map': {'a': [1, None, 1.5, True]}}
TEMPLATE = {'heat_template_version': '2013-05-23', 'parameters': {
    'text': {'type': 'string', 'hidden': True},
    'map': {'type': 'json', 'hidden': True},
    'list': {'type': 'comma_delimited_list', 'hidden': True},
    'clear': {'type': 'string'}}, 'resources': {}}
PARAMETERS = {'text': SECRET, 'map': {'a': [1, None, 'ä']},
              'list': ['a', 'b'], 'clear': 'clear'}

BEGIN = '''
import json
import sys
import warnings
warnings.simplefilter('ignore')
from oslo_config import cfg
cfg.CONF([], project='heat', default_config_files=[],
         default_config_dirs=[])
from heat.common import context
from heat.common import crypt
from heat.db import api
from heat.engine import environment
from heat.engine import template
from heat.objects import raw_template
from heat.objects import resource_properties_data
ids = json.loads(sys.argv[1])
ctx = context.RequestContext(is_admin=True, username='user',
                             password=ids.get('secret'),
                             project_name='name', project_id='number')
'''

READ = BEGIN + '''
stored = raw_template.RawTemplate.get_by_id(ctx, ids['template'])
parameters = template.Template(
    stored.template, env=environment.Environment(
        stored.environment)).parameters(None, stored.environment[
            'parameters'])
legacy = api.resource_get(ctx, ids['resource'])
properties = legacy.properties_data
if legacy.properties_data_encrypted:
    properties = crypt.decrypted_dict(properties)
print(json.dumps({
    'creds': {key: value for key, value in api.user_creds_get(
        ctx, ids['creds']).items() if key in (
            'username', 'password', 'tenant', 'tenant_id', 'trust_id')},
    'trust': api.user_creds_get(ctx, ids['trust'])['trust_id'],
    'data': api.resource_data_get_all(ctx, ids['resource']),
    'properties':
        resource_properties_data.ResourcePropertiesData.get_by_id(
            ctx, ids['properties']).data,
    'legacy': properties,
    'parameters': {name: parameters[name] for name in parameters
                   if not name.startswith('OS::')}}))
'''

WRITE = BEGIN + '''
creds = api.user_creds_create(ctx)['id']
ctx.trust_id = ids['secret']
api.resource_data_set(ctx, ids['resource'], 'private', ids['secret'], True)
api.resource_data_set(ctx, ids['resource'], 'clear', 'clear')
stored = raw_template.RawTemplate.create(ctx, {
    'template': ids['template'],
    'environment': {'parameters': ids['parameters']}})
print(json.dumps({
    'creds': creds, 'trust': api.user_creds_create(ctx)['id'],
    'resource': ids['resource'], 'template': stored.id, 'properties':
        resource_properties_data.ResourcePropertiesData.create(
            ctx, ids['properties']).id}))
'''

CONVERT = BEGIN + '''
print(json.dumps(list(map(str, getattr(api, ids['function'])(
    ctx, ids['key'])))))
'''


class SecretsTest(test_heat25.Heat25TestCase, secrets.SecretsTestCase):

    def heat(self, program, **arguments):
        """Run a program with Heat 25 and the same key."""
        return json.loads(self.run_program(
            'python', '-c', program, json.dumps(arguments),
            auth_encryption_key=secrets.KEY,
            encrypt_parameters_and_properties='true').splitlines()[-1])

    def write(self):
        """Write what is secret; return the ids."""
        resource_id = self.create_resource(properties_data=PROPERTIES).id
        for args in (('private', SECRET, True), ('clear', 'clear')):
            api.resource_data_set(self.context, resource_id, *args)
        return {
            'creds': self.create_creds(username='user', password=SECRET),
            'trust': self.create_creds(trust_id=SECRET),
            'resource': resource_id,
            'properties': api.resource_prop_data_create(
                self.context, {'data': PROPERTIES, 'encrypted': False}).id,
            'template': self.create_template(
                template=TEMPLATE, environment={
                    'parameters': PARAMETERS}).id}

    def create_creds(self, **values):
        return api.user_creds_create(context.RequestContext(
            project_name='name', project_id='number', **values))['id']

    def expected(self):
        return {
            'creds': {'username': 'user', 'password': SECRET,
                      'tenant': 'name', 'tenant_id': 'number',
                      'trust_id': None},
            'trust': SECRET, 'data': {'private': SECRET, 'clear': 'clear'},
            'properties': PROPERTIES, 'legacy': PROPERTIES,
            'parameters': PARAMETERS}

    def assert_no_secret_is_stored(self, *tables):
        for table in ('raw_template', 'resource_data',
                      'resource_properties_data', 'user_creds', *tables):
            # In JSON, it may be written otherwise.
            self.assertNotIn('s3cret', str(self.select(
                'SELECT * FROM ' + table)))

    def test_heat_reads_what_is_encrypted_and_rotated(self):
        self.configure(secrets.OTHER)
        ids = self.write()
        self.assertEqual([], api.encrypt_parameters_and_properties(
            self.context, None))
        rotate.rotate(self.context,
                      [secrets.KEY.encode(), secrets.OTHER.encode()],
                      self.fail)
        self.assert_no_secret_is_stored('resource')
        self.assertEqual(self.expected(), self.heat(READ, **ids))

    def test_heat_reads_what_is_decrypted(self):
        ids = self.write()
        for function in (api.encrypt_parameters_and_properties,
                         api.decrypt_parameters_and_properties):
            self.assertEqual([], function(self.context, None))
        self.assertEqual(self.expected(), self.heat(READ, **ids))

    def test_heat_decrypts_what_is_encrypted(self):
        ids = self.write()
        self.assertEqual([], api.encrypt_parameters_and_properties(
            self.context, None))
        self.assertEqual([], self.heat(
            CONVERT, function='decrypt_parameters_and_properties',
            key=secrets.KEY))
        self.assert_clear(ids)

    def test_decrypts_what_heat_has_encrypted(self):
        ids = self.write()
        # A parameter that is no text is none that Heat can read again.
        api.raw_template_update(self.context, ids['template'], {
            'environment': {'parameters': {
                **PARAMETERS, 'map': json.dumps(PARAMETERS['map']),
                'list': 'a,b'}}})
        self.assertEqual([], self.heat(
            CONVERT, function='encrypt_parameters_and_properties',
            key=secrets.KEY))
        # Heat 25 leaves the properties_data of a resource as they are.
        self.assert_no_secret_is_stored()
        self.assertEqual([], api.decrypt_parameters_and_properties(
            self.context, secrets.KEY))
        self.assert_clear(ids)

    def assert_clear(self, ids):
        self.assertEqual(
            (PROPERTIES, False), self.properties(ids['properties']))
        parameters = api.raw_template_get(
            self.context, ids['template']).environment['parameters']
        self.assertEqual((SECRET, 'clear'),
                         (parameters['text'], parameters['clear']))
        self.assertEqual(self.expected(), self.heat(READ, **ids))

    def properties(self, rpd_id):
        row = api.resource_prop_data_get(self.context, rpd_id)
        return row.data, row.encrypted

    def test_reads_what_heat_has_written(self):
        ids = self.heat(
            WRITE, secret=SECRET, resource=self.create_resource().id,
            template=TEMPLATE, parameters=PARAMETERS, properties=PROPERTIES)
        creds = api.user_creds_get(self.context, ids['creds'])
        self.assertEqual(self.expected()['creds'], {
            name: creds[name] for name in self.expected()['creds']})
        self.assertEqual(SECRET, api.user_creds_get(
            self.context, ids['trust'])['trust_id'])
        self.assertEqual(
            {'private': SECRET, 'clear': 'clear'},
            api.resource_data_get_all(self.context, ids['resource']))
        data, encrypted = self.properties(ids['properties'])
        self.assertEqual((PROPERTIES, True),
                         (crypt.decrypted_dict(data), encrypted))
