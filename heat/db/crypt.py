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
"""Secrets in the database, encrypted as Heat encrypts them.

A real Heat reads what is written here, and all that Heats from Havana on have
written is read: heat.db.ciphers has the formats. The keys come from the
options auth_encryption_key, which encrypts, and
auth_encryption_previous_keys, which are tried too when something is read.

No error shows a secret, a key or what is stored, nor is raised from one that
does. The library cryptography is loaded on the first use.
"""

import importlib
import json

from oslo_config import cfg

from heat.common.i18n import _
from heat.db import exception
from heat.db import options

KEY_SIZES = (32, 24, 16)


def encrypt(value, name='value', known=None):
    """Encrypt a text with auth_encryption_key.

    :param value: a text; None is no secret
    :param name: of the value, for errors
    :param known: what keys() returned; None is to call it
    :returns: (name of the method that decrypts it, text to be stored), or
        (None, None) for None
    :raises heat.db.exception.InvalidValues: value is no text, or holds
        half a surrogate pair
    :raises heat.db.exception.InvalidEncryptionKey: a configured key can
        not be used
    """
    if value is None:
        return None, None
    return _encrypt(known or keys(), value, name)


def decrypt(method, data, name='data', known=None):
    """Decrypt a text with whichever of the configured keys fits.

    Only cryptography_decrypt_v1 tells a wrong key for sure. The two older
    methods may make an arbitrary text of a short one.

    :param method: the name of the method, as stored; None is no secret
    :param data: the text, as stored; None is no secret
    :param name: of the secret, for errors
    :param known: what keys() returned; None is to call it
    :returns: the secret, or None if method or data is None
    :raises heat.db.exception.InvalidValues: method is none of Heat's
        three, or data is no text
    :raises heat.db.exception.InvalidEncryptionKey: no key fits, or of an
        older method more than one; or a configured key can not be used
    """
    if method is None or data is None:
        return None
    return _decrypt(known or keys(), method, data, name)


def encrypted_dict(data, known=None):
    """Encrypt the values of a dictionary, each as JSON.

    :param data: a dictionary with texts as keys, which stay as they are;
        None is an empty one
    :param known: what keys() returned; None is to call it
    :returns: {key: [method, text]}
    :raises heat.db.exception.InvalidValues: data is no such dictionary,
        or a value is nothing that JSON can hold; it names the key
    :raises heat.db.exception.InvalidEncryptionKey: a configured key can
        not be used
    """
    return _each(_encrypt_json, data, known)


def decrypted_dict(data, known=None):
    """Decrypt what encrypted_dict returned.

    :param data: {key: [method, text]}; None is an empty one
    :param known: what keys() returned; None is to call it
    :returns: {key: value}
    :raises heat.db.exception.InvalidValues: data is no such dictionary,
        or a method none of Heat's; it names the key
    :raises heat.db.exception.InvalidEncryptionKey: as decrypt raises it,
        or what comes out is no JSON
    """
    return _each(_decrypt_json, data, known)


def keys(key=None, name='encryption_key'):
    """Return the configured keys as bytes, the one that encrypts first.

    :param key: a text that is the only key instead
    :param name: of that key, for errors
    :raises heat.db.exception.InvalidEncryptionKey: one can not be used;
        the text names the option, and does not show the key
    """
    if key is not None:
        return [_checked(name, key)]
    first = 'auth_encryption_key'
    previous = 'auth_encryption_previous_keys'
    others = _option(previous)
    if all(len(key) == 1 for key in others):
        # Of an environment variable oslo.config makes a list of characters.
        others = [''.join(others)]
    return [_checked(first, _option(first) or ''),
            *(_checked(previous, key) for key in others if key)]


# Errors are raised outside of except: their __context__ would hold what must
# not be shown.

def _option(name):
    try:
        return options.get(name)
    except cfg.Error:
        pass
    raise exception.InvalidEncryptionKey(
        _('%s has a $ that names no option; write $$ for one in a key') %
        name)


def _checked(name, key):
    if not isinstance(key, str) or not key.isascii():
        raise exception.InvalidEncryptionKey(
            _('%s has characters that are not ASCII, which no key of Heat '
              'can have') % name)
    if len(key) not in KEY_SIZES:
        raise exception.InvalidEncryptionKey(
            _('%(name)s has %(size)d characters; a key has 32, and a very '
              'old one 16 or 24. Of a longer one, only the first 32 were '
              'ever used: leave those.') % {'name': name, 'size': len(key)})
    return key.encode()


def _ciphers():
    return importlib.import_module('heat.db.ciphers')


def _encrypt(known, value, name):
    if not isinstance(value, str):
        raise exception.InvalidValues(_('must be a text'), [name])
    secret = _encoded(value)
    if secret is None:
        raise exception.InvalidValues(_('holds half a surrogate pair'),
                                      [name])
    ciphers = _ciphers()
    return ciphers.WRITTEN, ciphers.encrypt(known, secret)


def _decrypt(known, method, data, name):
    methods = _ciphers().METHODS
    if not isinstance(method, str) or method not in methods:
        raise exception.InvalidValues(
            _('the method is none of %s') % ', '.join(methods), [name])
    if not isinstance(data, str):
        raise exception.InvalidValues(_('must be a text'), [name])
    texts = _texts(methods[method], known, data)
    if not texts:
        raise exception.InvalidEncryptionKey(
            _('%s is damaged, or encrypted with a key that is not '
              'configured: add that to auth_encryption_previous_keys') % name)
    if len(texts) > 1:
        raise exception.InvalidEncryptionKey(
            _('%s may be encrypted with one or another of the configured '
              'keys: take those out of auth_encryption_previous_keys that '
              'are no longer needed') % name)
    return texts.pop()


def _texts(read, known, data):
    """Return the different texts that the keys make of what is stored."""
    try:
        secrets = read(known, data)
    except ValueError:
        return set()
    return {_decoded(secret) for secret in secrets} - {None}


def _encoded(text):
    try:
        return text.encode()
    except UnicodeEncodeError:
        return None


def _decoded(secret):
    try:
        return secret.decode()
    except UnicodeDecodeError:
        return None


def _encrypt_json(known, name, value):
    try:
        text = json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        text = None
    if text is None:
        raise exception.InvalidValues(_('not what JSON can hold'), [name])
    return list(_encrypt(known, text, name))


def _decrypt_json(known, name, pair):
    if not isinstance(pair, (list, tuple)) or len(pair) != 2:
        raise exception.InvalidValues(_('no pair of method and text'), [name])
    text = _decrypt(known, *pair, name)
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    raise exception.InvalidEncryptionKey(
        _('%s is no JSON: it is damaged, or encrypted with a key that is not '
          'configured') % name)


def _each(function, data, known):
    if data is None:
        return {}
    if not isinstance(data, dict) or not all(
            isinstance(name, str) for name in data):
        raise exception.InvalidValues(
            _('must be a dictionary with texts as keys'), ['data'])
    known = known or keys()
    return {name: function(known, name, value)
            for name, value in data.items()}
