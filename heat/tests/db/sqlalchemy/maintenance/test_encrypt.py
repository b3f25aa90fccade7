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

"""All that may be encrypted is, or is decrypted, through heat.db.api."""

import json

import sqlalchemy as sa

from heat.db import api
from heat.db import ciphers
from heat.db import crypt
from heat.db import exception
from heat.db.sqlalchemy.engine import autocommit
from heat.db.sqlalchemy import models
from heat.tests import base
from heat.tests.db import secrets
from heat.tests.db import test_crypt

FERNET, CBC, CFB8 = ciphers.METHODS
SECRET = secrets.SECRET
HOT = {'heat_template_version': '2013-05-23', 'parameters': {
    'hidden': {'type': 'string', 'hidden': True},
    'json': {'type': 'json', 'hidden': True},
    'list': {'type': 'comma_delimited_list', 'hidden': True},
    'number': {'type': 'number', 'hidden': True},
    'clear': {'type': 'string'},
    'shown': {'type': 'string', 'hidden': False}}}
CFN = {'AWSTemplateFormatVersion': '2010-09-09', 'Parameters': {
    'hidden': {'Type': 'String', 'NoEcho': 'True'},
    'list': {'Type': 'CommaDelimitedList', 'NoEcho': True},
    'clear': {'Type': 'String', 'NoEcho': 'false'}}}
DATA = {'password': SECRET, 'map': {'a': [1, None, 1.5]}, 'none': None}


class EncryptTestCase(secrets.SecretsTestCase):

    def encrypt(self, key=None, **kwargs):
        return api.encrypt_parameters_and_properties(self.context, key,
                                                     **kwargs)

    def decrypt(self, key=None, **kwargs):
        return api.decrypt_parameters_and_properties(self.context, key,
                                                     **kwargs)

    def create(self, parameters, template=HOT, **environment):
        return self.create_template(template=template, environment={
            'parameters': parameters, **environment}).id

    def environment(self, template_id):
        return api.raw_template_get(self.context, template_id).environment

    def create_data(self, data=DATA, encrypted=False):
        return api.resource_prop_data_create(
            self.context, {'data': data, 'encrypted': encrypted}).id

    def data(self, rpd_id):
        row = api.resource_prop_data_get(self.context, rpd_id)
        return row.data, row.encrypted

    def properties(self, resource_id):
        with self.engine.connect() as conn:
            return tuple(conn.execute(sa.select(
                models.Resource.properties_data,
                models.Resource.properties_data_encrypted).where(
                    models.Resource.id == resource_id)).one())

    def dump(self):
        with self.engine.connect() as conn:
            return {table: [tuple(row) for row in conn.exec_driver_sql(
                'SELECT * FROM %s ORDER BY id' % table)]
                for table in ('raw_template', 'resource_properties_data',
                              'resource')}


class TemplatesTest(EncryptTestCase):

    def test_hidden_parameters(self):
        for template, parameters in (
                (HOT, {'hidden': SECRET, 'clear': 'a', 'shown': 'b',
                       'not in the template': 'c'}),
                (CFN, {'hidden': SECRET, 'clear': 'a'})):
            template_id = self.create(parameters, template,
                                      parameter_defaults={'hidden': 'd'})
            self.assertEqual([], self.encrypt())
            environment = self.environment(template_id)
            self.assertEqual(SECRET, crypt.decrypt(
                *environment['parameters']['hidden']))
            self.assertEqual(['hidden'], environment['encrypted_param_names'])
            self.assertEqual(
                {key: value for key, value in parameters.items()
                 if key != 'hidden'},
                {key: value for key, value in
                 environment['parameters'].items() if key != 'hidden'})
            self.assertEqual({'hidden': 'd'},
                             environment['parameter_defaults'])
            self.assertEqual([], self.decrypt())
            self.assertEqual(
                {'parameters': parameters, 'encrypted_param_names': [],
                 'parameter_defaults': {'hidden': 'd'}},
                self.environment(template_id))

    def test_names_that_are_there_already(self):
        """Heat's engines store the list, and Heat's own function fails."""
        template_id = self.create({'hidden': SECRET},
                                  encrypted_param_names=[])
        self.assertEqual([], self.encrypt())
        environment = self.environment(template_id)
        self.assertEqual(['hidden'], environment['encrypted_param_names'])
        self.assertEqual(FERNET, environment['parameters']['hidden'][0])

    def test_values_that_are_no_texts(self):
        for template, name, value, text in (
                (HOT, 'json', {'a': [1, None]}, '{"a": [1, null]}'),
                (HOT, 'json', ['a', 'b'], '["a", "b"]'),
                (HOT, 'list', ['a', 'b'], 'a,b'),
                (CFN, 'list', ['a', 'b'], 'a,b'),
                (HOT, 'number', 5, '5'),
                (HOT, 'number', 1.5, '1.5'),
                (HOT, 'hidden', True, 'True')):
            template_id = self.create({name: value}, template)
            self.assertEqual([], self.encrypt())
            self.assertEqual([], self.decrypt())
            self.assertEqual({name: text}, self.environment(template_id)[
                'parameters'])

    def test_nothing_to_encrypt(self):
        for template, environment in (
                (HOT, None), (HOT, {}), (HOT, {'parameters': {}}),
                (HOT, {'parameters': None}),
                (HOT, {'parameters': {'clear': 'a', 'hidden': None}}),
                ({}, {'parameters': {'hidden': 'a'}}),
                (None, {'parameters': {'hidden': 'a'}}),
                ({'parameters': ['a']}, {'parameters': {'hidden': 'a'}}),
                ({'parameters': {'hidden': 'a'}},
                 {'parameters': {'hidden': 'a'}})):
            self.create_template(template=template, environment=environment)
        before = self.dump()
        for function in (self.encrypt, self.decrypt):
            self.assertEqual([], function())
        self.assertEqual(before, self.dump())

    def test_encrypted_already(self):
        template_id = self.create(
            {'hidden': list(crypt.encrypt(SECRET)), 'number': 5},
            encrypted_param_names=['hidden'])
        self.assertEqual([], self.encrypt())
        self.assertEqual([], self.decrypt())
        self.assertEqual({'hidden': SECRET, 'number': '5'},
                         self.environment(template_id)['parameters'])

    def test_what_is_no_pair_is_clear(self):
        template_id = self.create({'hidden': 'clear'},
                                  encrypted_param_names=['hidden', 'gone'])
        self.assertEqual([], self.decrypt())
        self.assertEqual(
            {'parameters': {'hidden': 'clear'}, 'encrypted_param_names': []},
            self.environment(template_id))


class PropertiesTest(EncryptTestCase):

    def test_round_trip(self):
        ids = [self.create_data(encrypted=encrypted)
               for encrypted in (False, None)]
        resources = [self.create_resource(
            properties_data=DATA, properties_data_encrypted=encrypted).id
            for encrypted in (False, None)]
        self.assertEqual([], self.encrypt())
        for data, encrypted in (*map(self.data, ids),
                                *map(self.properties, resources)):
            self.assertIs(True, encrypted)
            self.assertEqual(DATA, crypt.decrypted_dict(data))
            self.assertNotIn(SECRET, json.dumps(data))
        self.assertEqual([], self.decrypt())
        for found in (*map(self.data, ids),
                      *map(self.properties, resources)):
            self.assertEqual((DATA, False), found)

    def test_nothing_to_encrypt(self):
        for data in (None, {}):
            for encrypted in (True, False, None):
                self.create_data(data, encrypted)
                self.create_resource(properties_data=data,
                                     properties_data_encrypted=encrypted)
        before = self.dump()
        for function in (self.encrypt, self.decrypt):
            self.assertEqual([], function())
        self.assertEqual(before, self.dump())

    def test_locked_resource(self):
        """Heat leaves it, and says nothing; nothing of the lock is here."""
        resource_id = self.create_resource(
            properties_data=DATA, engine_id='engine', atomic_key=5).id
        self.assertEqual([], self.encrypt())
        self.assertIs(True, self.properties(resource_id)[1])
        self.assertEqual([('engine', 5)], self.select(
            'SELECT engine_id, atomic_key FROM resource'))

    def test_methods_of_all_heats(self):
        data = json.dumps(SECRET).encode()
        rpd_id = self.create_data({
            'fernet': list(crypt.encrypt('"%s"' % SECRET)),
            'cbc': [CBC, test_crypt.cbc_text(test_crypt.padded(data))],
            'cfb8': [CFB8, test_crypt.cfb8_text(data)]}, True)
        self.assertEqual([], self.decrypt())
        self.assertEqual(
            (dict.fromkeys(('fernet', 'cbc', 'cfb8'), SECRET), False),
            self.data(rpd_id))


class BatchesTest(EncryptTestCase):

    def fill(self, number):
        for _ in range(number):
            self.create({'hidden': SECRET})
            self.create_data()

    def stored(self):
        """Return what is stored of each template and each data, as a text."""
        dump = self.dump()
        return [repr(row) for table in ('raw_template',
                                        'resource_properties_data')
                for row in dump[table]]

    def test_every_size(self):
        self.fill(7)
        for size in (1, 2, 7, 8, 50):
            with base.recorded_statements(self.engine) as statements:
                self.assertEqual([], self.encrypt(batch_size=size))
            self.assert_batches(statements, size)
            for row in self.stored():
                self.assertNotIn(SECRET, row)
            with base.recorded_statements(self.engine) as statements:
                self.assertEqual([], self.decrypt(batch_size=size))
            self.assert_batches(statements, size)

    def assert_batches(self, statements, size):
        """One SELECT for each batch of each kind, and one that is empty."""
        batches = -(-7 // size)
        for start, number in (
                ('SELECT raw_template.', batches + 1),
                ('SELECT resource_properties_data.', batches + 1),
                ('SELECT resource.', 1),
                ('UPDATE raw_template', 7),
                ('UPDATE resource_properties_data', 7)):
            self.assertEqual(number, len([
                statement for statement in statements
                if statement.startswith(start)]), (size, start))

    def test_goes_on_after_it_was_stopped(self):
        class Stopped(Exception):
            pass

        def stop(conn, cursor, statement, *args):
            updates.append(statement)
            if len([one for one in updates
                    if one.startswith('UPDATE')]) == 5:
                raise Stopped
        updates = []
        self.fill(5)
        sa.event.listen(self.engine, 'before_cursor_execute', stop)
        try:
            self.assertRaises(Stopped, self.encrypt, batch_size=2)
        finally:
            sa.event.remove(self.engine, 'before_cursor_execute', stop)
        self.assertEqual(4, sum('gAAAAA' in row for row in self.stored()))
        with base.recorded_statements(self.engine) as statements:
            self.assertEqual([], self.encrypt(batch_size=2))
        self.assertEqual(10, sum('gAAAAA' in row for row in self.stored()))
        self.assertEqual(6, len([one for one in statements
                                 if one.startswith('UPDATE')]))

    def test_sizes(self):
        self.fill(1)
        for size in (0, -1, None, True, False, '50', 1.0, 2 ** 31):
            error = self.assertRaises(exception.InvalidValues, self.encrypt,
                                      batch_size=size)
            self.assertEqual(['batch_size'], error.keys)

    def test_verbose(self):
        self.fill(1)
        self.encrypt(verbose=True)
        self.assertIn('Converting raw_template up to', self.log.output)
        self.assertNotIn(SECRET, self.log.output)


class MeanwhileTest(EncryptTestCase):
    """Another changes a row after it was read and before it is written."""

    def change(self, table, change):
        """Change what is stored after a SELECT, before a transaction."""
        seen = []

        def look(conn, cursor, statement, *args):
            if statement.startswith('SELECT %s.' % table):
                seen.append(statement)

        def begin(conn):
            if seen:
                del seen[:]
                change()
        for engine, name, listener in (
                (self.engine, 'before_cursor_execute', look),
                (autocommit.get_engine(), 'begin', begin)):
            sa.event.listen(engine, name, listener)
            self.addCleanup(sa.event.remove, engine, name, listener)

    def race(self, table, change):
        changes = [change]
        self.change(table, lambda: changes and changes.pop()())
        self.assertEqual([], self.encrypt())
        self.assertEqual([], changes)

    def test_template(self):
        template_id = self.create({'hidden': 'old'})
        self.race('raw_template', lambda: self.execute(
            "UPDATE raw_template SET environment = "
            "'{\"parameters\": {\"hidden\": \"new\"}, \"more\": 1}'"))
        environment = self.environment(template_id)
        self.assertEqual('new', crypt.decrypt(
            *environment['parameters']['hidden']))
        self.assertEqual(1, environment['more'])

    def test_data(self):
        rpd_id = self.create_data({'a': 'old'})
        self.race('resource_properties_data', lambda: self.execute(
            "UPDATE resource_properties_data SET data = "
            "'{\"a\": \"new\"}'"))
        data, encrypted = self.data(rpd_id)
        self.assertEqual(({'a': 'new'}, True),
                         (crypt.decrypted_dict(data), encrypted))

    def test_encrypted_meanwhile(self):
        """Twice would be once too often."""
        rpd_id = self.create_data({'a': 'old'})
        encrypted = json.dumps(crypt.encrypted_dict({'a': 'old'}))
        self.race('resource_properties_data', lambda: self.execute(
            "UPDATE resource_properties_data SET encrypted = %s, data = '%s'"
            % ('true', encrypted)))
        data, is_encrypted = self.data(rpd_id)
        self.assertEqual({'a': 'old'}, crypt.decrypted_dict(data))

    def test_deleted_meanwhile(self):
        self.create_data({'a': 'old'})
        self.race('resource_properties_data', lambda: self.execute(
            'DELETE FROM resource_properties_data'))
        self.assertEqual([], self.dump()['resource_properties_data'])

    def test_changed_again_and_again(self):
        rpd_id = self.create_data({'a': 0})
        numbers = iter(range(1, 100))
        self.change('resource_properties_data', lambda: self.execute(
            "UPDATE resource_properties_data SET data = '{\"a\": %d}'" %
            next(numbers)))
        error, = self.encrypt()
        self.assertIsInstance(error, exception.NotConverted)
        self.assertEqual(('resource_properties_data', rpd_id),
                         (error.table, error.id))
        self.assertIn('others go on changing it', str(error))
        self.assertEqual(({'a': next(numbers) - 1}, False),
                         self.data(rpd_id))


class ErrorsTest(EncryptTestCase):

    def test_rows_that_can_not_be_converted(self):
        good = self.create_data()
        stored = (
            ('raw_template', 'environment', '"{}"'),
            ('raw_template', 'environment', '{"parameters": [1]}'),
            ('raw_template', 'environment', 'no JSON ' + SECRET),
            ('resource_properties_data', 'data', '["%s"]' % SECRET),
            ('resource_properties_data', 'data', 'no JSON ' + SECRET),
            ('resource_properties_data', 'data', '[' * 9999))
        for table, column, text in stored:
            self.insert(table, **{column: text})
        self.create({'list': [SECRET + ',', 'b']})
        before = self.dump()
        errors = self.encrypt()
        self.assertEqual(
            4 * ['raw_template'] + 3 * ['resource_properties_data'],
            [error.table for error in errors])
        for error in errors:
            self.assertIn('%s %s: ' % (error.table, error.id), str(error))
            self.assert_silent(error)
        after = self.dump()
        self.assertTrue(self.data(good)[1])
        self.assertEqual(before['raw_template'], after['raw_template'])
        self.assertEqual(before['resource_properties_data'][1:],
                         after['resource_properties_data'][1:])

    def test_wrong_key(self):
        template_id = self.create({'hidden': SECRET})
        self.create_data()
        self.encrypt()
        before = self.dump()
        for key in (secrets.OTHER, 'x' * 16):
            errors = self.decrypt(key)
            self.assertEqual(['raw_template', 'resource_properties_data'],
                             [error.table for error in errors])
            for error in errors:
                self.assertIn('is damaged, or encrypted', str(error))
                self.assert_silent(error, 'gAAAAA')
        self.assertEqual(before, self.dump())
        self.assertEqual([], self.decrypt(secrets.KEY))
        self.assertEqual({'hidden': SECRET}, self.environment(template_id)[
            'parameters'])

    def test_given_key(self):
        """The way to another key: to decrypt with the old one first."""
        template_id = self.create({'hidden': SECRET})
        self.assertEqual([], self.encrypt(secrets.OTHER))
        self.assertEqual([], self.decrypt(secrets.OTHER))
        self.assertEqual([], self.encrypt())
        self.assertEqual(SECRET, crypt.decrypt(*self.environment(
            template_id)['parameters']['hidden']))

    def test_unusable_key(self):
        self.create({'hidden': SECRET})
        before = self.dump()
        for key in ('', 'short', SECRET * 3, 'ä' * 32, 7, b'x' * 32):
            for function in (self.encrypt, self.decrypt):
                error = self.assertRaises(exception.InvalidEncryptionKey,
                                          function, key)
                self.assertIn('encryption_key has', str(error))
                self.assert_silent(error)
        self.assertEqual(before, self.dump())
