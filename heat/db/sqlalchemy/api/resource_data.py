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

import functools

import sqlalchemy as sa
from sqlalchemy import orm

from heat.common.i18n import _
from heat.db import crypt
from heat.db import exception
from heat.db.sqlalchemy.api import checks
from heat.db.sqlalchemy.api.explain import explained
from heat.db.sqlalchemy.api import rows
from heat.db.sqlalchemy.api import units
from heat.db.sqlalchemy.comparison import as_id
from heat.db.sqlalchemy.comparison import as_key
from heat.db.sqlalchemy.comparison import same
from heat.db.sqlalchemy.engine import facade
from heat.db.sqlalchemy.engine import galera
from heat.db.sqlalchemy.engine import write
from heat.db.sqlalchemy.models import now
from heat.db.sqlalchemy.models import Resource
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
    facade.check_context(context)
    if data is None:
        data = rows.every(context, _of_resource(), _this(resource_id))
    elif not isinstance(data, (list, tuple)) or not all(
            isinstance(row, ResourceData) for row in data):
        raise exception.InvalidValues(_('must be a list of ResourceData'),
                                      ['data'])
    if not data:
        raise units.not_found(ResourceData, resource_id)
    return {row.key: _value(row) for row in sorted(
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
    return _value(resource_data_get_by_key(context, resource_id, key))


def resource_data_get_by_key(context, resource_id, key):
    """Return the models.ResourceData of a key. One SELECT.

    :param context: a RequestContext
    :returns: the row, whose value is as it is stored
    :raises heat.db.exception.NotFound: there is none
    :raises oslo_db.exception.DBError: as the database says
    """
    row = rows.first(context, _of_key(), _this(resource_id, key))
    if row is None:
        raise _not_found(resource_id, key)
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
    row = rows.first(context, _of_key(), _this(resource_id, key))
    change = _Change(resource_id, key, {**values, 'updated_at': now()})
    if row is not None and write.write(context, change):
        for name, stored in change.values.items():
            orm.attributes.set_committed_value(row, name, stored)
        return row
    return write.write(context, _Set(resource_id, key, values))


def resource_data_delete(context, resource_id, key):
    """Delete a value that a resource keeps, all rows of it. One DELETE.

    :param context: a RequestContext
    :raises heat.db.exception.NotFound: there is none
    :raises oslo_db.exception.DBError: as the database says
    """
    write.write(context, _Delete(resource_id, key))


class _Unit(write.Unit):
    """A write to the rows of a key, safe to repeat."""

    def __init__(self, resource_id, key, values=None):
        self.resource_id = resource_id
        self.key = key
        self.values = values
        self.this = _this(resource_id, key)

    def refusal(self, execute, for_share=False):
        return _not_found(self.resource_id, self.key)

    def stored(self, execute):
        """Return the row of the key as a mapping; None if there is none."""
        return execute(_of_key(**galera.UP_TO_DATE),
                       self.this).mappings().first()


class _Change(_Unit):
    """Values for the rows of a key; the result is how many there are."""

    def work(self, execute):
        with explained(ResourceData, self.values, execute):
            return execute(_update(), {**self.values, **self.this}).rowcount

    def landed(self, execute):
        return None


class _Set(_Unit):
    """Values for the row of a key, which is to be there afterwards."""

    is_statement = False

    def work(self, execute):
        resource = {'this_resource': self.this['this_resource']}
        if not execute(_touch_resource(), resource).rowcount:
            return None
        change = _Change(self.resource_id, self.key,
                         {**self.values, 'updated_at': now()})
        if change.work(execute):
            row = _detached(self.stored(execute))
        else:
            row = units.Insert(ResourceData, {
                'resource_id': self.resource_id, 'key': self.key,
                **self.values}).work(execute)
        execute(_touch_resource(), resource)
        return row

    def refusal(self, execute, for_share=False):
        return units.not_found(Resource, self.resource_id)

    def landed(self, execute):
        stored = self.stored(execute)
        if stored and all(stored[name] == value
                          for name, value in self.values.items()):
            return _detached(stored)

    def show(self, session, row):
        session.add(row)


class _Delete(_Unit):
    """The end of a key; after a lost connection, that it is gone counts."""

    def work(self, execute):
        return execute(_delete(), self.this).rowcount or None

    def landed(self, execute):
        return None if self.stored(execute) else True


def _stored(value, redact):
    """Return how a value is stored."""
    if redact:
        method, text = crypt.encrypt(value)
        return {'value': text, 'decrypt_method': method, 'redact': True}
    return {'value': value, 'decrypt_method': '', 'redact': False}


def _value(row):
    if row.redact:
        return crypt.decrypt(row.decrypt_method, row.value, str(row.key))
    return row.value


def _not_found(resource_id, key):
    return units.not_found(ResourceData, {'resource_id': resource_id,
                                          'key': key})


def _detached(stored):
    row = ResourceData(**stored)
    orm.make_transient_to_detached(row)
    return row


def _this(resource_id, *keys):
    """Return the parameters of the conditions below."""
    this = {'this_resource': as_key(Resource.id, resource_id)}
    return {**this, **{'this_key': as_id(key) for key in keys}}


def _is_of(column):
    return same(column, sa.bindparam('this_resource', type_=column.type))


def _is_key():
    return (_is_of(ResourceData.resource_id), same(
        ResourceData.key, sa.bindparam('this_key', type_=sa.String())))


@functools.cache
def _of_resource():
    return sa.select(ResourceData).where(
        _is_of(ResourceData.resource_id)).execution_options(
            populate_existing=True)


@functools.cache
def _of_key(**options):
    return sa.select(ResourceData).where(*_is_key()).order_by(
        ResourceData.id).limit(1).execution_options(
            populate_existing=True, **options)


@functools.cache
def _update():
    return sa.update(ResourceData.__table__).where(
        *_is_key()).execution_options(autocommit=False)


@functools.cache
def _delete():
    return sa.delete(ResourceData.__table__).where(
        *_is_key()).execution_options(autocommit=False)


@functools.cache
def _touch_resource():
    """Return the UPDATE that lets others wait; the second one undoes it.

    On Galera, transactions on two nodes conflict only if both have changed a
    row, so a lock is not enough. replaced_by is no number below 1.
    """
    number = Resource.replaced_by
    return sa.update(Resource.__table__).where(_is_of(Resource.id)).values(
        replaced_by=sa.case((number.is_(None), 0), (number == 0, None),
                            else_=-number))
