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
"""Which key a secret is encrypted with, and to encrypt it with another."""

from heat.common.i18n import _
from heat.db import ciphers
from heat.db import crypt
from heat.db import exception


def which(method, data, known):
    """Return the position of the key that a secret is encrypted with.

    :param method, data: as stored
    :param known: what crypt.keys() returned
    :returns: None if no key fits; or if several do, as an older method may
        let them, and do not make the same text
    """
    texts = {}
    for position, key in enumerate(known):
        try:
            texts[position] = crypt.decrypt(method, data, known=[key])
        except (exception.InvalidEncryptionKey, exception.InvalidValues):
            pass
    return min(texts) if len(set(texts.values())) == 1 else None


def reencrypted(method, data, name, known):
    """Return a secret encrypted with the first key, by the newest method.

    :param method, data: as stored
    :param name: of the secret, for errors
    :param known: what crypt.keys() returned
    :returns: (method, text); as they are stored if they are so already
    :raises: as crypt.decrypt
    """
    if None in (method, data) or (method == ciphers.WRITTEN and
                                  which(method, data, known[:1]) == 0):
        return method, data
    return crypt.encrypt(crypt.decrypt(method, data, name, known), name,
                         known)


def reencrypted_dict(data, known):
    """Do so with the values of a dictionary; see crypt.encrypted_dict.

    :raises: as crypt.decrypted_dict
    """
    # What is no JSON was decrypted with a wrong key.
    crypt.decrypted_dict(data, known)
    return {name: list(reencrypted(*pair, name, known))
            for name, pair in data.items()}


def pairs(data):
    """Return the methods and texts of what crypt.encrypted_dict returned.

    :raises heat.db.exception.InvalidValues: it is something else
    """
    found = list(data.values()) if isinstance(data, dict) else [None]
    if not all(isinstance(pair, list) and len(pair) == 2 for pair in found):
        raise exception.InvalidValues(_('no pairs of method and text'),
                                      ['data'])
    return found
