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

"""The data of resources through heat.db.api."""

from concurrent import futures
import threading

from oslo_db import exception as db_exception
import sqlalchemy as sa

from heat.common import context
from heat.db import api
from heat.db import ciphers
from heat.db import crypt
from heat.db import exception
from heat.db.sqlalchemy.engine import facade
from heat.db.sqlalchemy import models
from heat.tests import base
from heat.tests.db import secrets
from heat.tests.db import test_crypt

FERNET, CBC, CFB8 = ciphers.METHODS


class ResourceDataTestCase(secrets.SecretsTestCase):

    def setUp(self):
        super().setUp()
        self.resource_id = self.create_resource().id

    def set(self, key, value, redact=False, **kwargs):
        return api.resource_data_set(
            self.context, self.resource_id, key, value, redact, **kwargs)

    def get(self, key):
        return api.resource_data_get(self.context, self.resource_id, key)

    def get_all(self, data=None):
        return api.resource_data_get_all(self.context, self.resource_id, data)

    def delete(self, key):
        return api.resource_data_delete(self.context, self.resource_id, key)

    def stored(self):
        return self.select('SELECT resource_id, %s, value FROM resource_data '
                           'ORDER BY id' % self.quote('key'))

    def quote(self, name):
        return self.engine.dialect.identifier_preparer.quote(name)


class ResourceDataTest(ResourceDataTestCase):

    def test_set_and_get(self):
        for value in ('value', '', ' ', None, 'ä', 'x' * 65535):
            row = self.set('key', value)
            self.assertEqual(
                (value, False, '', 'key', self.resource_id),
                (row.value, row.redact, row.decrypt_method, row.key,
                 row['resource_id']))
            self.assertEqual(value, self.get('key'))
            self.assertEqual({'key': value}, self.get_all())
        self.assertEqual(1, len(self.stored()))

    def test_secret(self):
        row = self.set('key', secrets.SECRET, redact=True)
        self.assertEqual((True, FERNET), (row.redact, row.decrypt_method))
        stored = api.resource_data_get_by_key(
            self.context, self.resource_id, 'key')
        for text in (row.value, stored.value, self.stored()[0][2]):
            self.assertNotIn(secrets.SECRET, text)
            self.assertEqual(secrets.SECRET, crypt.decrypt(FERNET, text))
        self.assertEqual(secrets.SECRET, self.get('key'))
        self.set('clear', 'a')
        self.assertEqual({'key': secrets.SECRET, 'clear': 'a'},
                         self.get_all())

    def test_secret_or_not_by_turns(self):
        for redact in (True, False, True):
            row = self.set('key', 'value', redact)
            self.assertEqual(redact, row.redact)
            self.assertEqual('value', self.get('key'))
        self.set('key', None, True)
        self.assertIsNone(self.get('key'))

    def test_what_is_returned_is_what_is_stored(self):
        for _ in range(2):
            row = self.set('key', 'value', True)
            stored = api.resource_data_get_by_key(
                self.context, self.resource_id, 'key')
            self.assertEqual(dict(stored), dict(row))

    def test_keys_of_one_resource_only(self):
        other = self.create_resource().id
        api.resource_data_set(self.context, other, 'key', 'other')
        for key in ('key', 'KEY', 'key ', 'k\u00e9y'):
            self.set(key, key)
        self.assertEqual(
            {key: key for key in ('key', 'KEY', 'key ', 'k\u00e9y')},
            self.get_all())
        self.delete('key')
        self.assertRaises(exception.NotFound, self.get, 'key')
        self.assertEqual('KEY', self.get('KEY'))
        self.assertEqual('other', api.resource_data_get(
            self.context, other, 'key'))

    def test_absent(self):
        self.assertRaises(exception.NotFound, self.get_all)
        self.assertRaises(exception.NotFound, self.get_all, [])
        self.set('key', 'value')
        for function in (self.get, self.delete):
            for key in ('absent', None, 7, b'key'):
                error = self.assertRaises(exception.NotFound, function, key)
                self.assertIn(str(key), str(error))
        for wrong in (self.resource_id + 1, str(self.resource_id),
                      float(self.resource_id), None):
            self.resource_id = wrong
            for function, *args in (
                    (self.get_all,), (self.get, 'key'), (self.delete, 'key'),
                    (self.set, 'key', 'value'),
                    (self.set, 'key', 'value', True)):
                error = self.assertRaises(exception.NotFound, function, *args)
                self.assertIn(str(wrong), str(error))
        self.assertEqual(1, len(self.stored()))

    def test_refused(self):
        for key, value, redact, names in (
                (7, 'value', False, ['key']),
                (None, 'value', False, ['key']),
                ('x' * 256, 'value', False, ['key']),
                ('\U0001f600', 'value', False, ['key']),
                ('key', 7, False, ['value']),
                ('key', 7, True, ['value']),
                ('key', b'value', True, ['value']),
                ('key', 'x' * 65536, False, ['value']),
                ('key', 'x' * 65535, True, ['value']),
                ('key', secrets.SECRET + '\0', False, ['value'])):
            error = self.assertRaises(exception.InvalidValues, self.set, key,
                                      value, redact)
            self.assertEqual(names, error.keys)
            self.assert_silent(error)
        self.assertEqual([], self.stored())

    def test_given_rows(self):
        self.set('clear', 'a')
        self.set('key', secrets.SECRET, True)
        data = [api.resource_data_get_by_key(
            self.context, self.resource_id, key) for key in ('clear', 'key')]
        self.execute('DELETE FROM resource_data')
        with base.recorded_statements(self.engine) as statements:
            for rows in (data, tuple(data)):
                self.assertEqual({'clear': 'a', 'key': secrets.SECRET},
                                 self.get_all(rows))
        self.assertEqual([], statements)
        for wrong in ('data', {'a': data[0]}, [('a', 'b')], 7, True,
                      iter(data)):
            error = self.assertRaises(exception.InvalidValues, self.get_all,
                                      wrong)
            self.assertEqual(['data'], error.keys)

    def test_delete(self):
        self.set('key', 'value')
        self.set('other', 'value')
        self.assertIsNone(self.delete('key'))
        self.assertEqual({'other': 'value'}, self.get_all())
        self.assertRaises(exception.NotFound, self.delete, 'key')

    def test_the_resource_stays_as_it_is(self):
        before = []
        for replaced_by in (None, 1, 2 ** 31 - 1):
            self.resource_id = self.create_resource(
                replaced_by=replaced_by, atomic_key=5).id
            before.append((self.resource_id, replaced_by, 5, None))
            self.set('key', 'value')
        self.assertEqual(before, self.select(
            'SELECT id, replaced_by, atomic_key, updated_at FROM resource '
            'WHERE atomic_key = 5 ORDER BY id'))

    def test_in_a_callers_transaction(self):
        with facade.context_manager.writer.using(self.context):
            self.set('key', 'first')
            row = self.set('key', 'second', True)
            self.assertEqual('second', self.get('key'))
            self.assertEqual({'key': 'second'}, self.get_all())
        self.assertTrue(row.redact)
        self.assertEqual('second', self.get('key'))
        self.assertEqual(1, len(self.stored()))


class KeysTest(ResourceDataTestCase):

    def test_wrong_key(self):
        self.set('private', secrets.SECRET, True)
        self.set('clear', 'a')
        self.configure(secrets.OTHER)
        for function, *args in ((self.get, 'private'), (self.get_all,)):
            error = self.assertRaises(exception.InvalidEncryptionKey,
                                      function, *args)
            self.assertIn('private is damaged, or encrypted', str(error))
            self.assert_silent(error, self.stored()[0][2])
        self.assertEqual('a', self.get('clear'))
        self.configure(secrets.OTHER, secrets.KEY)
        self.assertEqual(secrets.SECRET, self.get('private'))

    def test_unusable_key(self):
        self.configure('short')
        error = self.assertRaises(exception.InvalidEncryptionKey, self.set,
                                  'key', secrets.SECRET, True)
        self.assert_silent(error, 'short')
        self.assertEqual([], self.stored())
        self.set('key', 'clear')

    def test_methods_of_all_heats(self):
        for method, text in secrets.STORED.items():
            self.insert('resource_data', resource_id=self.resource_id,
                        redact=True, value=text, decrypt_method=method,
                        **{self.quote('key'): method})
        expected = dict.fromkeys(ciphers.METHODS, secrets.SECRET)
        self.assertEqual(expected, self.get_all())
        for method in ciphers.METHODS:
            self.assertEqual(secrets.SECRET, self.get(method))
            # What is written is encrypted as Heat does it now.
            self.assertEqual(FERNET, self.set(
                method, secrets.SECRET, True).decrypt_method)
        self.assertEqual(expected, self.get_all())

    def test_every_length_of_the_older_methods(self):
        """15 bytes are padded by a zero, and one is all that CFB8 was."""
        for size in range(33):
            data = b'x' * size
            for method, text in (
                    (CBC, test_crypt.cbc_text(test_crypt.padded(data))),
                    (CFB8, test_crypt.cfb8_text(data))):
                row = models.ResourceData(
                    id=1, key='key', redact=True, decrypt_method=method,
                    value=text)
                self.assertEqual({'key': 'x' * size}, self.get_all([row]))

    def test_unknown_method(self):
        self.insert('resource_data', resource_id=self.resource_id, value='x',
                    redact=True, decrypt_method='rot13',
                    **{self.quote('key'): 'private'})
        error = self.assertRaises(exception.InvalidValues, self.get_all)
        self.assertEqual(['private'], error.keys)

    def test_nothing_shows_a_secret(self):
        with self.everything_logged():
            for _ in range(2):
                row = self.set('key', secrets.SECRET, True)
            self.assertNotIn(secrets.SECRET, repr(row) + str(row))
            self.assertNotIn(secrets.SECRET, repr(dict(row)))
            self.get('key')
            self.get_all()

    def test_errors_of_the_database_show_none(self):
        def spoil(conn, cursor, statement, parameters, context, many):
            return statement.replace('INTO resource_data', 'INTO nowhere'
                                     ), parameters
        self.listen('before_cursor_execute', spoil, retval=True)
        error = self.assertRaises(
            (db_exception.DBError, sa.exc.DBAPIError), self.set, 'key',
            secrets.SECRET, True)
        said = str(error) + self.log.output
        self.assertIn('INTO nowhere', said)
        for text in (secrets.SECRET, 'gAAAAA'):
            self.assertNotIn(text, said)


class DuplicatesTest(ResourceDataTestCase):
    """Rows that Heat's releases may leave when two set one key at once."""

    def setUp(self):
        super().setUp()
        for value in ('oldest', 'younger', 'youngest'):
            self.insert('resource_data', resource_id=self.resource_id,
                        value=value, **{self.quote('key'): 'key'})

    def test_the_oldest_counts(self):
        self.assertEqual('oldest', self.get('key'))
        self.assertEqual({'key': 'oldest'}, self.get_all())
        with self.engine.connect() as conn:
            data = [models.ResourceData(**row) for row in conn.execute(
                sa.select(models.ResourceData)).mappings()]
        for rows in (data, data[::-1]):
            self.assertEqual({'key': 'oldest'}, self.get_all(rows))

    def test_all_are_written(self):
        self.set('key', 'new')
        self.assertEqual([(self.resource_id, 'key', 'new')] * 3,
                         self.stored())

    def test_all_are_deleted(self):
        self.delete('key')
        self.assertEqual([], self.stored())


class AtOnceTest(ResourceDataTestCase):

    def test_threads_set_new_keys(self):
        """Heat's way, to look and then to insert, leaves several rows."""
        number = 8
        barrier = threading.Barrier(number)

        def set_key(thread):
            request = context.RequestContext()
            for key in range(5):
                barrier.wait()
                api.resource_data_set(request, self.resource_id, str(key),
                                      'value %d' % thread)
        with futures.ThreadPoolExecutor(number) as pool:
            list(pool.map(set_key, range(number)))
        stored = self.stored()
        self.assertEqual(['0', '1', '2', '3', '4'],
                         sorted(key for _, key, _ in stored))
        values = {'value %d' % thread for thread in range(number)}
        self.assertLessEqual({value for _, _, value in stored}, values)

    def test_set_while_another_deletes(self):
        """It is there afterwards if the last call has set it."""
        barrier = threading.Barrier(2)

        def delete():
            for _ in range(20):
                barrier.wait()
                try:
                    api.resource_data_delete(
                        context.RequestContext(), self.resource_id, 'key')
                except exception.NotFound:
                    pass
        with futures.ThreadPoolExecutor(1) as pool:
            deleted = pool.submit(delete)
            for number in range(20):
                barrier.wait()
                row = self.set('key', str(number))
                self.assertEqual(str(number), row.value)
            deleted.result()
        self.set('key', 'last')
        self.assertEqual({'key': 'last'}, self.get_all())
        self.assertEqual(1, len(self.stored()))

    # SQLite has one writer at a time.
    @base.only_on('mysql', 'postgresql')
    def test_the_second_waits(self):
        with facade.context_manager.writer.using(self.context):
            self.set('key', 'first')
            self.assertRaises(db_exception.DBError, self.set_impatiently)
        self.set('key', 'second')
        self.assertEqual([(self.resource_id, 'key', 'second')],
                         self.stored())

    def set_impatiently(self):
        with self.impatient() as request:
            api.resource_data_set(request, self.resource_id, 'key', 'second')
