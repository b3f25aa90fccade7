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
"""The formats in which Heats have stored secrets; loads cryptography.

A text in the database stands beside the name of the method that reads it:

cryptography_decrypt_v1
    Heat 5 (Liberty) and later. A Fernet token: AES-128 in CBC mode, with an
    HMAC. Its key is Heat's key, repeated if it is shorter than 32 bytes.
oslo_decrypt_v1
    Icehouse to Kilo. Base64 of the initialization vector and of AES in CBC
    mode. The padding, that of oslo-incubator's SymmetricCrypto, is n zero
    bytes and then the byte n, with n from 0 to 15: as in ANSI X9.23, but the
    last byte does not count itself.
heat_decrypt
    Havana. Base64 of the initialization vector and of AES in CFB mode with
    segments of 8 bits, which is what PyCrypto takes CFB for. No padding.

The last two have nothing that tells whether the key is right.
"""

import base64

from cryptography import fernet
from cryptography.hazmat.primitives.ciphers import algorithms
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers import modes

try:
    from cryptography.hazmat.decrepit.ciphers.modes import CFB8
except ImportError:
    # Before cryptography 47.
    from cryptography.hazmat.primitives.ciphers.modes import CFB8

WRITTEN = 'cryptography_decrypt_v1'
BLOCK = 16


def encrypt(keys, secret):
    """Encrypt bytes with the first key; return a text for WRITTEN."""
    return _fernet(keys).encrypt(secret).decode()


def _fernet(keys):
    return fernet.MultiFernet([
        fernet.Fernet(base64.urlsafe_b64encode((key * 2)[:32]))
        for key in keys])


def _read_fernet(keys, text):
    try:
        return [_fernet(keys).decrypt(text)]
    except fernet.InvalidToken:
        return []


def _read_cbc(keys, text):
    padded = [_decipher(key, modes.CBC, text) for key in keys]
    return [secret[:-1 - secret[-1]] for secret in padded
            if _is_padded(secret)]


def _is_padded(secret):
    size = secret[-1] if secret else BLOCK
    return size < BLOCK and not any(secret[-1 - size:-1])


def _read_cfb8(keys, text):
    return [_decipher(key, CFB8, text) for key in keys]


def _decipher(key, mode, text):
    """Decrypt with AES what has its initialization vector in front.

    :raises ValueError: the text is damaged
    """
    data = base64.b64decode(text, validate=True)
    cipher = Cipher(algorithms.AES(key), mode(data[:BLOCK]))
    decryptor = cipher.decryptor()
    return decryptor.update(data[BLOCK:]) + decryptor.finalize()


# For each method, what returns the secrets that the keys make of a text:
# none, if no key fits, several, if that can not be told. Damaged text may be
# a ValueError.
METHODS = {
    WRITTEN: _read_fernet,
    'oslo_decrypt_v1': _read_cbc,
    'heat_decrypt': _read_cfb8,
}
