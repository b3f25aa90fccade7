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

import json
import logging

from oslo_log import log

from heat.common.i18n import _
from heat.db import crypt
from heat.db import exception
from heat.db.sqlalchemy.api import checks
from heat.db.sqlalchemy.engine import autocommit
from heat.db.sqlalchemy.engine import facade
from heat.db.sqlalchemy.engine import write
from heat.db.sqlalchemy.maintenance import secret_rows

LOG = log.getLogger(__name__)

# How often a row is read again that another has written to.
ATTEMPTS = 10


def encrypt_parameters_and_properties(context, encryption_key, batch_size=50,
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


def decrypt_parameters_and_properties(context, encryption_key, batch_size=50,
                                      verbose=False):
    """Decrypt hidden parameters, properties and attributes.

    As encrypt_parameters_and_properties, with as many statements, but the
    other way round. A parameter that was no text stays a text, which Heat
    takes for the same value.

    :param encryption_key: the only key that is tried; None are the
        configured ones
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
    known = crypt.keys(key)
    errors = []
    for kind in secret_rows.KINDS:
        _Conversion(context, kind, to_encrypt, known, errors).run(
            batch_size, logging.INFO if verbose else logging.DEBUG)
    return errors


class _Conversion:
    """Of all rows of a kind.

    :ivar errors: where those of rows are appended
    """

    def __init__(self, context, kind, to_encrypt, known, errors):
        self.context = context
        self.kind = kind
        self.to_encrypt = to_encrypt
        self.convert = kind.encrypt if to_encrypt else kind.decrypt
        self.known = known
        self.errors = errors

    def run(self, batch_size, level):
        select = secret_rows.select(self.kind, self.to_encrypt)
        last = -1
        while True:
            rows = self._read(select, {'last': last, 'number': batch_size})
            if not rows:
                return
            last = rows[-1].id
            LOG.log(level, 'Converting %s up to %d',
                    self.kind.model.__tablename__, last)
            self._write_until_done(rows)

    def _write_until_done(self, rows):
        again = secret_rows.select_again(self.kind, self.to_encrypt)
        for _attempt in range(ATTEMPTS):
            updates = list(self._updates(rows))
            changed = updates and write.write(self.context, _Batch(
                secret_rows.update(self.kind, self.to_encrypt), updates))
            if not changed:
                return
            rows = [row for id in changed
                    for row in self._read(again, {'this': id})]
        for row in rows:
            self._fail(row.id, _('others go on changing it'))

    def _updates(self, rows):
        """Yield the parameters of the UPDATE of each row that needs one."""
        for row in rows:
            try:
                new = self._converted(*row[1:])
            except (exception.InvalidValues,
                    exception.InvalidEncryptionKey) as error:
                self._fail(row.id, error)
                continue
            if new is not None:
                yield {'this': row.id, 'old': row[1], 'new': json.dumps(new)}

    def _converted(self, *texts):
        try:
            values = [text and json.loads(text) for text in texts]
        except ValueError:
            raise exception.InvalidValues(
                _('is no JSON'), [self.kind.name]) from None
        new = self.convert(*values, self.known)
        checks.check_value(self.kind.model, self.kind.name, new)
        return new

    def _fail(self, id, reason):
        self.errors.append(exception.NotConverted(
            self.kind.model.__tablename__, id, reason))

    def _read(self, select, parameters):
        return autocommit.read(self.context, lambda session: session.execute(
            select, parameters).all())


class _Batch(write.Unit):
    """UPDATEs of rows that are as they were read; safe to repeat.

    The result is a list of the ids of those that are not.
    """

    is_statement = False

    def __init__(self, statement, updates):
        self.statement = statement
        self.updates = updates

    def work(self, execute):
        return [update['this'] for update in self.updates
                if not execute(self.statement, update).rowcount]

    def landed(self, execute):
        return None
