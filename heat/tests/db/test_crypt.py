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
"""Encryption of secrets, compared with what Heats and PyCrypto wrote."""

import base64
import json
import logging
import traceback

from cryptography.hazmat.primitives.ciphers import algorithms
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers import modes
import fixtures
import hypothesis
from hypothesis import strategies as st
from oslo_config import cfg
from oslo_config import fixture as config_fixture
import testtools

from heat.db import ciphers
from heat.db import crypt
from heat.db import exception

FERNET, CBC, CFB8 = ciphers.METHODS
KEY = '0123456789abcdefghijklmnopqrstuv'
OTHER = 'Another key of thirty-two bytes.'
THIRD = 'and a third one of the same size'
SECRET = 's3cret-pässwörd'

# Fernet tokens are from heat.common.crypt of Heat 25.0.2, with the key above.
# The others are from pycryptodome, which has PyCrypto's AES, with the bytes 0
# to 15 as initialization vector: MODE_CBC and the padding of oslo-incubator,
# and MODE_CFB as it is without segment_size.
VECTORS = (
    (KEY, '', (
        'gAAAAABrBUdJnrDFkuFwIOFUPIzqxUeJ_rpvD0FlWVveRgwcCVveIZxzM2PR8uM5hJ5t'
        '5kWGGz4Nn7ap0b9JWZhoJA3ziezBzw==',
        'AAECAwQFBgcICQoLDA0OD+Rjtb8uzVptXi0RjWWsnCI=',
        'AAECAwQFBgcICQoLDA0ODw==')),
    (KEY, 'secret', (
        'gAAAAABrBUdJxAJ0Yu6u6DNUFzmLrK5fHOImAfB_nwikcsa2CQKMs6cx9vtr-VV0MCZg'
        'cfC1-z_fnwq1c8KchARqoHwKXtJAjA==',
        'AAECAwQFBgcICQoLDA0OD898E6SMv7GD3I4I36lisa4=',
        'AAECAwQFBgcICQoLDA0OD1mMcD1VZQ==')),
    # No zero byte of padding: Heat 25 can not read the second of these.
    (KEY, 'fifteen letters', (
        'gAAAAABrBUdJZK-jecbXjp6nlnT1l1DV2DqqlK-4rcGQe37rgoKmAXD_68A7LDlsARfh'
        'o7xdMtDyaT57rsrf4Jw5XqEMevTtxw==',
        'AAECAwQFBgcICQoLDA0OD1Jgc6jQoc56hkYZ0GC/6MU=',
        'AAECAwQFBgcICQoLDA0OD0xF0WWTATql/+dBQvikXA==')),
    (KEY, 'sixteen letters.', (
        'gAAAAABrBUdJoU0cw27F9rwuVMIqfbWJ6WFAmsSLbEesQEEj7ZjdmDKKHz76xfHj6FCW'
        'EDk_3DfvNRAxi16QmJVfjnrZm9hspk4p2rHG2oSL2Vq_qx_sy6o=',
        'AAECAwQFBgcICQoLDA0OD/T/d4qBaiD1SoCrFL/ICQOO6srF/2j4w0bOuZdoDE5S',
        'AAECAwQFBgcICQoLDA0OD1mADRjDnWe2bUrdU8keHlE=')),
    (KEY, 'pässwörd ☃ 𝄞', (
        'gAAAAABrBUdJvd_yERxBoLqcKHjEPiLrNGVhcoN3y0akw9E_6gvcQVYwhTlFi9wMnGe2'
        '7Y3OCdHvXGOdCAZNeluRzy71BApwYf_wjhUvhOjDgL_skqMf0Qs=',
        'AAECAwQFBgcICQoLDA0ODxkryCNTGM072cwNj652lYnU0e7Xue4tf0LKgfc7M75V',
        'AAECAwQFBgcICQoLDA0OD1obY5oQf/lrIYwqvd43BngL0AY=')),
    (KEY, 'x' * 64, (
        'gAAAAABrBUdJbtC3ANJ--NRkUnmtiyxzkO5cSlGsVojWVtpaPmRpH3cPUVFnCeR_vWwd'
        'Acrsh-z64F5l0POmGk4edrxQmZ5rUzqDwilaCZdor06OOQN7A-WIQBiCXsfdjepCOM9I'
        '7r6hzd705fEX2dZ-BJJgSaNOyIitECstpEuW70LFN4s7t3E=',
        'AAECAwQFBgcICQoLDA0OD3tnJMfS7nStd9KUs/DJ1ZIBWiYvDqw9XVIeOPDTrnj8zcyV'
        'MB7WNQeJdzfbfbcTwNCdSDlyHiDxjnDLUk2yhTmdUWKkR4Zmey8qMDCtzjVG',
        'AAECAwQFBgcICQoLDA0OD1LgkrYm2c9220E7fvmivQwwIHE7jUNORcR2DxbT1/xq87OP'
        '0o/Fz2rWjQb9sONnhxJyFm2w9eyFN5/oagURP3o=')),
    (KEY[:16], 'secret', (
        'gAAAAABrBUdJQxiagrdxvC-IO_bVoy1pA4TTkboGYVvS3CS68hLjKoq2s-DO2WxRXe6P'
        'BLQ46NMBEynY_hZhY87HIL2a35oVgw==',
        'AAECAwQFBgcICQoLDA0OD2zV+cpcQAlJp/P8QchBvVs=',
        'AAECAwQFBgcICQoLDA0OD9MV1T8ZLA==')),
    (KEY[:24], 'secret', (
        'gAAAAABrBUdJiCY6NAYymwzfE9FhCLVnmpsr4hXP-_FYOhob1PHMjfLKH7pN358gWP5H'
        'Vs3Q1LIx4UrLsZhg9uC5-hrONf65dQ==',
        'AAECAwQFBgcICQoLDA0OD1Uf9i5MnCz8AJskMQcG55E=',
        'AAECAwQFBgcICQoLDA0OD3pFenQj/w==')),
)
# From encrypted_dict of the same Heat.
DICT = {'text': 'secret', 'number': 1.5, 'none': None,
        'map': {'ä': [1, True, '☃']}}
ENCRYPTED_DICT = {
    'text': [FERNET, (
        'gAAAAABrBUdJMfHBJ_t4-8pvXyD-_Fwka1S0LtWiBztyNv99GYMpOSjkMFAYZ2HeNoM_'
        'bo87MjjYvsP63vAAfLEa7XRdJQdJmw==')],
    'number': [FERNET, (
        'gAAAAABrBUdJSAwjT70SxWeuxrRRU6U0xf6-j5Bg9_x58l4n31KQtQ0iILYuCnAtYEA7'
        'v4Uwicdbc-TrxN4O6kYFWPBjBOjyjA==')],
    'none': [FERNET, (
        'gAAAAABrBUdJhyvJ7_2ZiI9PWPF0AB3frGLuwr24U8yVWuQJvo2m52850-ELg3d24IBb'
        'eB5imU8R-WzahA9M0H18S9kwWxQxrA==')],
    'map': [FERNET, (
        'gAAAAABrBUdJz_SMWTF5QBjGwEdVmXZuhseqOgapiCZNpMG0luOCI71ux5bW7dWnnDT0'
        'YFUy_VIUVQiIqPqg_y0o1sNdc_qoHsC38yQDbB8007rjBhngSiw=')],
}


def cbc_text(data):
    """Encrypt bytes, padded already, as oslo_decrypt_v1 reads them."""
    return _text(data, modes.CBC)


def cfb8_text(data):
    return _text(data, ciphers.CFB8)


def _text(data, mode):
    encryptor = Cipher(algorithms.AES(KEY.encode()),
                       mode(b'i' * 16)).encryptor()
    return base64.b64encode(b'i' * 16 + encryptor.update(data)).decode()


def padded(data):
    size = -(len(data) + 1) % 16
    return data + bytes(size) + bytes([size])


def everything_said(error):
    """Return all that an error and those behind it hold."""
    said, waiting = '', [error]
    while waiting:
        error = waiting.pop()
        if error is not None:
            said += '%s %r %r' % (error, error, vars(error))
            said += ''.join(traceback.format_exception(error))
            # UnicodeError has what it could not convert.
            said += '%r' % (getattr(error, 'object', None),)
            waiting += [error.__cause__, error.__context__]
    return said


class KeyTestCase(testtools.TestCase):
    """A test with a key, of what must not show a secret."""

    SECRET = SECRET

    def setUp(self):
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger(level=logging.DEBUG))
        # What is to be set has to be registered.
        crypt.keys()
        self.config = self.useFixture(config_fixture.Config())
        self.configure(KEY)

    def configure(self, key, *previous):
        self.config.config(auth_encryption_key=key,
                           auth_encryption_previous_keys=list(previous))

    def assert_silent(self, error, *hidden):
        """Assert that an error, and those behind it, show no secret."""
        said = everything_said(error)
        for text in (KEY, OTHER, self.SECRET, *hidden):
            self.assertNotIn(text, said)
        self.assertNotIn('\n', str(error))


class CryptTestCase(KeyTestCase):

    def assert_refused(self, error, function, *args, hidden=()):
        """Assert an error whose text shows nothing; return the text."""
        raised = self.assertRaises(error, function, *args)
        self.assert_silent(raised, *hidden)
        self.assertEqual('', self.log.output)
        return str(raised)


class VectorsTest(CryptTestCase):

    scenarios = [
        ('%s_%d_%d' % (method, len(key), len(secret)),
         {'method': method, 'key': key, 'secret': secret, 'stored': stored})
        for key, secret, texts in VECTORS
        for method, stored in zip(ciphers.METHODS, texts)]

    def test_decrypt(self):
        self.configure(self.key)
        self.assertEqual(self.secret, crypt.decrypt(self.method, self.stored))

    def test_decrypt_with_a_previous_key(self):
        self.configure(OTHER, self.key)
        self.assertEqual(self.secret, crypt.decrypt(self.method, self.stored))


class MethodsTest(CryptTestCase):

    def test_round_trip(self):
        for secret in ('', SECRET, '\0', ' ', '☃𝄞', 'x' * 100000):
            method, text = crypt.encrypt(secret)
            self.assertEqual(FERNET, method)
            self.assertIsInstance(text, str)
            self.assertTrue(text.isascii())
            self.assertEqual(secret, crypt.decrypt(method, text))

    @hypothesis.given(secret=st.text(st.characters(codec='utf-8')))
    def test_any_text(self, secret):
        self.assertEqual(secret, crypt.decrypt(*crypt.encrypt(secret)))
        data = secret.encode()
        self.assertEqual(secret, crypt.decrypt(CBC, cbc_text(padded(data))))
        self.assertEqual(secret, crypt.decrypt(CFB8, cfb8_text(data)))

    def test_the_same_twice(self):
        self.assertNotEqual(crypt.encrypt(SECRET), crypt.encrypt(SECRET))

    def test_none(self):
        self.assertEqual((None, None), crypt.encrypt(None))
        self.assertIsNone(crypt.decrypt(None, None))
        self.assertIsNone(crypt.decrypt(None, 'text'))
        self.assertIsNone(crypt.decrypt(FERNET, None))

    def test_every_length(self):
        for size in range(65):
            secret = 'x' * size
            data = secret.encode()
            for method, text in (crypt.encrypt(secret),
                                 (CBC, cbc_text(padded(data))),
                                 (CFB8, cfb8_text(data))):
                self.assertEqual(secret, crypt.decrypt(method, text))

    def test_what_is_no_text(self):
        for value in (b'bytes', 7, True, ['list'], {}):
            self.assertEqual('must be a text: value', self.assert_refused(
                exception.InvalidValues, crypt.encrypt, value))
        for data in (b'bytes', 7, [], {}):
            self.assertEqual('must be a text: data', self.assert_refused(
                exception.InvalidValues, crypt.decrypt, FERNET, data))

    def test_half_a_surrogate_pair(self):
        self.assertIn('surrogate', self.assert_refused(
            exception.InvalidValues, crypt.encrypt, SECRET + '\ud800'))

    def test_unknown_method(self):
        text = crypt.encrypt(SECRET)[1]
        for method in ('', 'encrypt', 'keys', '__import__', text, 7, [], {}):
            message = self.assert_refused(
                exception.InvalidValues, crypt.decrypt, method, text,
                hidden=[text])
            self.assertEqual(
                'the method is none of cryptography_decrypt_v1, '
                'oslo_decrypt_v1, heat_decrypt: data', message)


class KeysTest(CryptTestCase):

    def test_wrong_key(self):
        secret = SECRET * 3
        data = secret.encode()
        for method, text in (crypt.encrypt(secret),
                             (CBC, cbc_text(padded(data))),
                             (CFB8, cfb8_text(data))):
            for keys in (OTHER,), (OTHER, THIRD):
                self.configure(*keys)
                self.assertIn(
                    'add that to auth_encryption_previous_keys',
                    self.assert_refused(
                        exception.InvalidEncryptionKey, crypt.decrypt,
                        method, text, hidden=[text, THIRD]))
            self.configure(KEY)

    def test_several_keys(self):
        stored = []
        for key in KEY, OTHER, KEY[:16]:
            self.configure(key)
            stored.append(crypt.encrypt(SECRET + key))
        self.configure(OTHER, KEY, KEY[:16], '')
        for key, (method, text) in zip((KEY, OTHER, KEY[:16]), stored):
            self.assertEqual(SECRET + key, crypt.decrypt(method, text))
        method, text = crypt.encrypt(SECRET)
        self.configure(OTHER)
        self.assertEqual(SECRET, crypt.decrypt(method, text))

    def test_one_key_twice(self):
        self.configure(KEY, KEY)
        self.assertEqual('a', crypt.decrypt(CFB8, cfb8_text(b'a')))

    def test_more_than_one_key_fits(self):
        """Half of all bytes are a text, so half of all keys make one."""
        self.configure(KEY, *('%032d' % number for number in range(64)))
        text = cfb8_text(b'a')
        self.assertIn('one or another', self.assert_refused(
            exception.InvalidEncryptionKey, crypt.decrypt, CFB8, text,
            hidden=[text]))

    def test_unusable_keys(self):
        text = crypt.encrypt(SECRET)[1]
        for key, reason in (
                ('', 'has 0 characters; a key has 32'),
                (KEY[:31], 'has 31 characters'),
                (KEY + 'w', 'has 33 characters'),
                (KEY[:15], 'has 15 characters'),
                (KEY[:31] + 'ä', 'not ASCII'),
                ('key-$nothing', 'write $$')):
            for function, args in (
                    (crypt.encrypt, [SECRET]),
                    (crypt.decrypt, [FERNET, text]),
                    (crypt.encrypted_dict, [{'a': SECRET}]),
                    (crypt.decrypted_dict, [{'a': [FERNET, text]}])):
                self.configure(key)
                message = self.assert_refused(
                    exception.InvalidEncryptionKey, function, *args,
                    hidden=[text, KEY[:15], 'nothing'])
                self.assertIn('auth_encryption_key has', message)
                self.assertIn(reason, message)
                if key:
                    self.configure(KEY, OTHER, key)
                    message = self.assert_refused(
                        exception.InvalidEncryptionKey, function, *args,
                        hidden=[text, KEY[:15], 'nothing'])
                    self.assertIn('auth_encryption_previous_keys has',
                                  message)

    def test_key_with_a_dollar(self):
        self.configure(KEY[:30] + '$$$$')
        self.assertEqual([(KEY[:30] + '$$').encode()], crypt.keys())

    def test_keys_are_not_in_a_dump_of_options(self):
        self.configure(KEY, OTHER)
        cfg.CONF.log_opt_values(logging.getLogger(), logging.INFO)
        self.assertIn('auth_encryption_previous_keys', self.log.output)
        self.assertNotIn(KEY, self.log.output)
        self.assertNotIn(OTHER, self.log.output)


class DamageTest(CryptTestCase):

    def damaged(self, text, decode):
        """Yield texts of which one byte is another one, or is missing."""
        data = decode(text)
        encode = (base64.b64encode if decode is base64.b64decode else
                  base64.urlsafe_b64encode)
        for place in range(len(data)):
            changed = bytearray(data)
            changed[place] ^= 1
            yield encode(changed).decode()
            yield encode(data[:place]).decode()
        for place in range(len(text)):
            yield text[:place] + 'ä' + text[place + 1:]
        yield from ('', '=', 'A', '☃', '\0', text[:-1], 'no base64!')

    def test_token(self):
        text = crypt.encrypt(SECRET)[1]
        for damaged in self.damaged(text, base64.urlsafe_b64decode):
            self.assert_refused(
                exception.InvalidEncryptionKey, crypt.decrypt, FERNET,
                damaged, hidden=[damaged] if len(damaged) > 10 else [])

    def test_older_methods(self):
        """A text or an error comes out, but never another error."""
        for method, text in ((CBC, cbc_text(padded(SECRET.encode()))),
                             (CFB8, cfb8_text(SECRET.encode()))):
            refused = 0
            for damaged in self.damaged(text, base64.b64decode):
                try:
                    self.assertNotEqual(SECRET,
                                        crypt.decrypt(method, damaged))
                except exception.InvalidEncryptionKey as error:
                    refused += 1
                    self.assertNotIn(SECRET, everything_said(error))
            self.assertGreater(refused, 40)

    def test_padding(self):
        for data in (b'x' * 16, b'x' * 15 + b'\x10', bytes(15) + b'\x10',
                     b'x' * 14 + b'\1\1', b'x' * 13 + b'\1\0\2'):
            self.assert_refused(exception.InvalidEncryptionKey,
                                crypt.decrypt, CBC, cbc_text(data))
        for data in (bytes(16), b'\0' * 15 + b'\0'):
            self.assertEqual('\0' * 15, crypt.decrypt(CBC, cbc_text(data)))

    def test_what_is_no_utf8(self):
        for method, text in ((CBC, cbc_text(padded(b'\xff'))),
                             (CFB8, cfb8_text(b'\xff'))):
            self.assert_refused(exception.InvalidEncryptionKey,
                                crypt.decrypt, method, text)


class DictTest(CryptTestCase):

    def test_from_heat(self):
        self.assertEqual(DICT, crypt.decrypted_dict(ENCRYPTED_DICT))

    def test_round_trip(self):
        encrypted = crypt.encrypted_dict(DICT)
        self.assertEqual(set(DICT), set(encrypted))
        for method, text in encrypted.values():
            self.assertEqual(FERNET, method)
            self.assertNotIn('secret', text)
        # As it comes back from the database.
        encrypted = json.loads(json.dumps(encrypted))
        self.assertEqual(DICT, crypt.decrypted_dict(encrypted))

    def test_nothing(self):
        for data in None, {}:
            self.assertEqual({}, crypt.encrypted_dict(data))
            self.assertEqual({}, crypt.decrypted_dict(data))

    def test_all_methods(self):
        data = json.dumps(SECRET).encode()
        self.assertEqual(
            {'a': SECRET, 'b': SECRET},
            crypt.decrypted_dict({'a': [CBC, cbc_text(padded(data))],
                                  'b': (CFB8, cfb8_text(data))}))

    def test_what_is_no_dictionary(self):
        for data in ([], [SECRET], SECRET, 7, {7: SECRET}, {None: SECRET}):
            for function in crypt.encrypted_dict, crypt.decrypted_dict:
                self.assertEqual(
                    'must be a dictionary with texts as keys: data',
                    self.assert_refused(
                        exception.InvalidValues, function, data))

    def test_what_is_no_json(self):
        endless = []
        endless.append(endless)
        for value in (b'x', {1}, object(), float('nan'), endless):
            self.assertEqual('not what JSON can hold: bad',
                             self.assert_refused(
                                 exception.InvalidValues,
                                 crypt.encrypted_dict,
                                 {'good': SECRET, 'bad': value}))

    def test_what_is_no_pair(self):
        for pair in (SECRET, [SECRET], [], None, [FERNET, SECRET, 1],
                     {FERNET: SECRET}, [None, None], ['', SECRET],
                     [FERNET, None], [FERNET, 7]):
            self.assertIn(': bad', self.assert_refused(
                exception.InvalidValues, crypt.decrypted_dict,
                {'bad': pair, **ENCRYPTED_DICT}))

    def test_wrong_key(self):
        encrypted = crypt.encrypted_dict({'bad': SECRET})
        self.configure(OTHER)
        self.assertIn('bad is damaged, or encrypted', self.assert_refused(
            exception.InvalidEncryptionKey, crypt.decrypted_dict, encrypted,
            hidden=[encrypted['bad'][1]]))

    def test_text_that_is_no_json(self):
        for text in SECRET, '[' * 9999:
            self.assertIn('bad is no JSON', self.assert_refused(
                exception.InvalidEncryptionKey, crypt.decrypted_dict,
                {'bad': list(crypt.encrypt(text))}))
