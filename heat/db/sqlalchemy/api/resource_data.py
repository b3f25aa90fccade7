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

"""What resources keep: values by keys, secret ones encrypted.

They belong to no tenant: who has the id of a resource may read and change
them. Heat's releases may have left several rows of one key. The oldest counts,
which is the one that they have gone on to write.
"""

from sqlalchemy import orm

from heat.common.i18n import _
from heat.db import crypt
from heat.db import exception
from heat.db.sqlalchemy.api import checks
from heat.db.sqlalchemy.api import data_rows
from heat.db.sqlalchemy.api import rows
from heat.db.sqlalchemy.api import units
from heat.db.sqlalchemy.comparison import as_id
from heat.db.sqlalchemy.engine import facade
from heat.db.sqlalchemy.engine import write
from heat.db.sqlalchemy.models import ResourceData


def resource_data_get_all(context, resource_id, data=None):
    """Return all that a resource keeps. One SELECT, or none with data.

    :param context: a RequestContext
    :param data: a list of models.ResourceData, such as the data of a
        resource that was read with it; None is to read them
    :returns: {key: value}, secret values decrypted
    :raises heat.db.exception.NotFound: there are none
    :raises heat.db.exception.InvalidValues: data is no such list; or a
        value was encrypted by no method that a Heat has had
    :raises heat.db.exception.InvalidEncryptionKey: no configured key fits,
        or one can not be used; the text has the key of the value
    :raises oslo_db.exception.DBError: as the database says
    """
    return {key: read(row) for key, row in by_key(
        context, resource_id, data).items()}


def by_key(context, resource_id, data=None):
    """Return {key: the models.ResourceData that counts}.

    All as resource_data_get_all, but values are as they are stored.
    """
    facade.check_context(context)
    if data is None:
        data = rows.every(context, data_rows.of_resource(),
                          data_rows.this(resource_id))
    elif not isinstance(data, (list, tuple)) or not all(
            isinstance(row, ResourceData) for row in data):
        raise exception.InvalidValues(_('must be a list of ResourceData'),
                                      ['data'])
    if not data:
        raise units.not_found(ResourceData, resource_id)
    return {row.key: row for row in sorted(
        data, key=lambda row: row.id or 0, reverse=True)}


def resource_data_get(context, resource_id, key):
    """Return a value that a resource keeps. One SELECT.

    :param context: a RequestContext
    :returns: the value, decrypted if it is secret
    :raises heat.db.exception.NotFound: there is none
    :raises heat.db.exception.InvalidValues: it was encrypted by no method
        that a Heat has had
    :raises heat.db.exception.InvalidEncryptionKey: as resource_data_get_all
    :raises oslo_db.exception.DBError: as the database says
    """
    return read(resource_data_get_by_key(context, resource_id, key))


def resource_data_get_by_key(context, resource_id, key):
    """Return the models.ResourceData of a key. One SELECT.

    :param context: a RequestContext
    :returns: the row, whose value is as it is stored
    :raises heat.db.exception.NotFound: there is none
    :raises oslo_db.exception.DBError: as the database says
    """
    row = _first(context, resource_id, key)
    if row is None:
        raise data_rows.not_found(resource_id, key)
    return row


def resource_data_set(context, resource_id, key, value, redact=False):
    """Store a value that a resource is to keep.

    One SELECT and one UPDATE if there is one of that key. Otherwise a
    transaction more, of three UPDATEs and an INSERT: calls for one resource
    wait for each other there, and never store two rows of a key.

    :param context: a RequestContext
    :param key: a text
    :param value: a text, or None
    :param redact: it is secret, and stored encrypted
    :returns: the models.ResourceData, whose value is as it is stored
    :raises heat.db.exception.NotFound: there is no such resource
    :raises heat.db.exception.InvalidValues: key or value is refused; it
        never shows the value
    :raises heat.db.exception.InvalidEncryptionKey: a configured key can
        not be used
    :raises oslo_db.exception.DBError: as the database says
    """
    facade.check_context(context)
    values = _stored(value, redact)
    checks.check(ResourceData, {'key': key, **values})
    if as_id(key) is None:
        raise exception.InvalidValues(_('can not be a key on every engine'),
                                      ['key'])
    row = _first(context, resource_id, key)
    change = data_rows.Change(resource_id, key, values)
    if row is not None and write.write(context, change):
        for name, stored in change.values.items():
            orm.attributes.set_committed_value(row, name, stored)
        return row
    return write.write(context, data_rows.Set(resource_id, key, values))


def resource_data_delete(context, resource_id, key):
    """Delete a value that a resource keeps, all rows of it. One DELETE.

    :param context: a RequestContext
    :raises heat.db.exception.NotFound: there is none
    :raises oslo_db.exception.DBError: as the database says
    """
    write.write(context, data_rows.Delete(resource_id, key))


def _first(context, resource_id, key):
    return rows.first(context, data_rows.of_key(),
                      data_rows.this(resource_id, key))


def _stored(value, redact):
    """Return how a value is stored."""
    if redact:
        method, text = crypt.encrypt(value)
        return {'value': text, 'decrypt_method': method, 'redact': True}
    return {'value': value, 'decrypt_method': '', 'redact': False}


def read(row):
    """Return the value of a models.ResourceData, decrypted if it is secret.

    :raises: as resource_data_get
    """
    if row.redact:
        return crypt.decrypt(row.decrypt_method, row.value, str(row.key))
    return row.value
