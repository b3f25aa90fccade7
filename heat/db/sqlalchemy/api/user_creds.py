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

"""Credentials: what Heat acts with for the owner of a stack.

They belong to no tenant: who has the id of some may read and delete them.
The password or the id of the trust is stored encrypted.
"""

import functools

import sqlalchemy as sa

from heat.common.i18n import _
from heat.db import crypt
from heat.db import exception
from heat.db.sqlalchemy.api import rows
from heat.db.sqlalchemy.api import units
from heat.db.sqlalchemy.comparison import as_key
from heat.db.sqlalchemy.engine import facade
from heat.db.sqlalchemy.models import columns
from heat.db.sqlalchemy.models import Stack
from heat.db.sqlalchemy.models import UserCreds

SECRETS = ('password', 'trust_id')


def user_creds_create(context):
    """Store the credentials of a context. One INSERT.

    Those of a trust if it has one, without username and password; otherwise
    username and password. No secret is encrypted to the same text twice: by
    that, the call knows its row after a lost connection.

    :param context: a RequestContext; what counts is its to_dict(): trust_id
        or else username and password, and trustor_user_id, auth_url,
        region_name, project_name and project_id, or tenant and tenant_id
    :returns: a dictionary of the columns, with password and trust_id as
        they are in the context
    :raises heat.db.exception.InvalidValues: what the context has is
        refused; of a password, or a trust, more than 127 bytes are too long
    :raises heat.db.exception.InvalidEncryptionKey: a configured key can
        not be used
    :raises heat.db.exception.OutcomeUnknown: there is no password and no
        trust, and the connection was lost when it was to be committed
    :raises oslo_db.exception.DBError: as the database says
    """
    facade.check_context(context)
    values = _credentials(context.to_dict())
    secrets = {name: values[name] for name in SECRETS}
    for name in SECRETS:
        _encrypt(values, name)
    row = rows.insert(context, UserCreds, values, mark=[
        name for name in SECRETS if values[name]])
    return {**_plain(row), **secrets}


def user_creds_get(context, user_creds_id):
    """Return credentials. One SELECT.

    :param context: a RequestContext
    :returns: a dictionary of the columns, without decrypt_method, and with
        password and trust_id decrypted; None if there are none of that id
    :raises heat.db.exception.InvalidEncryptionKey: no configured key fits,
        or one can not be used
    :raises heat.db.exception.InvalidValues: what is stored was encrypted by
        no method that a Heat has had
    :raises oslo_db.exception.DBError: as the database says
    """
    row = rows.find(context, UserCreds, user_creds_id)
    if row is None:
        return None
    values = _plain(row)
    method = values.pop('decrypt_method')
    for name in SECRETS:
        values[name] = crypt.decrypt(method, values[name], name)
    return values


def user_creds_delete(context, user_creds_id):
    """Delete credentials. One UPDATE and one DELETE in one transaction.

    Stacks that have them, soft-deleted ones too and whatever their traversal,
    then have none.

    :param context: a RequestContext
    :raises heat.db.exception.NotFound: there are none of that id
    :raises heat.db.exception.InUse: a stack that has them was stored
        meanwhile
    :raises oslo_db.exception.DBError: as the database says
    """
    rows.delete(context, UserCreds, user_creds_id, in_use=_(
        'user creds %s are those of a stack that was just stored') %
        (user_creds_id,), unit=_Delete)


class _Delete(units.Delete):
    """The end of credentials, and of what refers to them."""

    is_statement = False

    def work(self, execute):
        execute(_release_stacks(), {
            'these_creds': as_key(UserCreds.id, self.key)})
        return super().work(execute)


@functools.cache
def _release_stacks():
    return sa.update(Stack.__table__).where(
        Stack.user_creds_id == sa.bindparam('these_creds')
    ).values(user_creds_id=None)


def _credentials(given):
    """Return what is stored of what a context has, in clear."""
    values = {name: given.get(name) for name in (
        'trust_id', 'trustor_user_id', 'auth_url', 'region_name')}
    # Before its release of 2024, Heat called projects tenants.
    values['tenant'] = given.get('project_name', given.get('tenant'))
    values['tenant_id'] = given.get('project_id', given.get('tenant_id'))
    is_trust = bool(values['trust_id'])
    for name in ('username', 'password'):
        values[name] = None if is_trust else given.get(name)
    values['trust_id'] = values['trust_id'] or None
    return values


def _encrypt(values, name):
    method, text = crypt.encrypt(values[name], name)
    if text is None:
        return
    most = columns(UserCreds)[name].type.length
    if len(text) > most:
        raise exception.InvalidValues(
            _('longer than %d characters when encrypted') % most, [name])
    values.update({name: text, 'decrypt_method': method})


def _plain(row):
    return {name: getattr(row, name) for name in columns(UserCreds)}
