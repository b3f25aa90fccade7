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

"""To encrypt all that may be encrypted, or to decrypt it again.

For operators: the option encrypt_parameters_and_properties counts for what
engines write from then on. Engines may go on working meanwhile.
"""

import logging

from heat.common.i18n import _
from heat.db import crypt
from heat.db import exception
from heat.db.sqlalchemy.api import checks
from heat.db.sqlalchemy.engine import facade
from heat.db.sqlalchemy.maintenance import conversion
from heat.db.sqlalchemy.maintenance import secret_rows


def encrypt_parameters_and_properties(context, encryption_key,
                                      batch_size=conversion.BATCH,
                                      verbose=False):
    """Encrypt hidden parameters, properties and attributes.

    What is encrypted stays as it is, so it can be called again, and after it
    was stopped goes on. A row that another changes meanwhile is read again,
    never overwritten. For each batch one SELECT, and a transaction of an
    UPDATE for each row that is not encrypted.

    :param context: a RequestContext
    :param encryption_key: the key; None is auth_encryption_key
    :param batch_size: how many rows are read and written at a time
    :param verbose: log each batch as information
    :returns: a list of heat.db.exception.NotConverted, one for each row that
        could not be encrypted and is as it was
    :raises heat.db.exception.InvalidValues: batch_size is no integer from 1
        on
    :raises heat.db.exception.InvalidEncryptionKey: the key can not be used
    :raises oslo_db.exception.DBError: as the database says
    """
    return _convert_all(context, True, encryption_key, batch_size, verbose)


def decrypt_parameters_and_properties(context, encryption_key,
                                      batch_size=conversion.BATCH,
                                      verbose=False):
    """Decrypt hidden parameters, properties and attributes.

    As encrypt_parameters_and_properties, with as many statements, but the
    other way round. A parameter that was no text stays a text, which Heat
    takes for the same value.

    :param context: a RequestContext
    :param encryption_key: the only key that is tried; None are the
        configured ones
    :param batch_size, verbose: as for encrypt_parameters_and_properties
    :returns: a list of heat.db.exception.NotConverted, one for each row that
        could not be decrypted and is as it was
    :raises: as encrypt_parameters_and_properties
    """
    return _convert_all(context, False, encryption_key, batch_size, verbose)


def _convert_all(context, to_encrypt, key, batch_size, verbose):
    facade.check_context(context)
    checks.check_number('batch_size', batch_size)
    if not batch_size:
        raise exception.InvalidValues(_('must be an integer from 1 on'),
                                      ['batch_size'])
    errors = []
    convert_choice(context, to_encrypt, crypt.keys(key), errors.append,
                   batch_size, logging.INFO if verbose else logging.DEBUG)
    return errors


def convert_choice(context, to_encrypt, known, failed,
                   batch_size=conversion.BATCH, level=logging.DEBUG):
    """Encrypt or decrypt what may be in clear; see Conversion.

    :param known: what crypt.keys() returned
    :returns: {name of a table: how many of its rows were changed}
    """
    return {
        kind.model.__tablename__: conversion.Conversion(
            kind.model, kind.names,
            _converter(kind.encrypt if to_encrypt else kind.decrypt, known),
            failed, kind.of_clear if to_encrypt else kind.of_encrypted,
            {kind.flag: to_encrypt} if kind.flag else None).run(
                context, batch_size, level)
        for kind in secret_rows.OF_CHOICE}


def _converter(convert, known):
    return lambda row: convert(row, known)
