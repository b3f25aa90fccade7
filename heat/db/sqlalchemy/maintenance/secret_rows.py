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
"""The rows that hold secrets, and how each kind of them is converted.

Those that may be encrypted or not are the parameters that a template calls
hidden, and the properties and attributes of resources. Credentials and what a
resource keeps as a secret always are.

Each kind has

* model, and names: of the columns that are read;
* secrets(row), which yields the method and the text of each secret;
* rotate(row, known), which returns what is to be stored in which columns for
  all secrets to be encrypted with the first key, or None;
* stored, the condition that there may be something encrypted in a row.

What may be in clear also has

* encrypt(row, known) and decrypt(row, known), which return likewise;
* of_clear and of_encrypted, the conditions of rows to encrypt and to decrypt,
  and flag, the name of the column that tells, or None;
* clear(row), which returns how many values are not encrypted.

They raise heat.db.exception.InvalidValues for what can not be stored or is
not what it should be, and InvalidEncryptionKey where no key fits.
"""

import json

import sqlalchemy as sa

from heat.common.i18n import _
from heat.db import crypt
from heat.db import exception
from heat.db.sqlalchemy.api import checks
from heat.db.sqlalchemy.maintenance import hidden
from heat.db.sqlalchemy.maintenance import keys
from heat.db.sqlalchemy.models import columns
from heat.db.sqlalchemy.models import RawTemplate
from heat.db.sqlalchemy.models import Resource
from heat.db.sqlalchemy.models import ResourceData
from heat.db.sqlalchemy.models import ResourcePropertiesData
from heat.db.sqlalchemy.models import UserCreds

METHOD = 'decrypt_method'


class Parameters:
    """The parameters that a template calls hidden, in its environment."""

    model = RawTemplate
    names = ('environment', 'template')
    flag = None

    def __init__(self):
        self.stored = self.of_clear = self.of_encrypted = [
            columns(self.model)['environment'].is_not(None)]

    def encrypt(self, row, known):
        environment = self._environment(row)
        secret = {name: list(crypt.encrypt(
            hidden.as_text(name, value, schema), name, known))
            for name, value, schema in hidden.in_clear(
                environment, self._template(row))}
        return secret and self._changed(
            environment, secret, [*hidden.names(environment), *secret])

    def decrypt(self, row, known):
        environment = self._environment(row)
        return hidden.names(environment) and self._changed(environment, {
            name: crypt.decrypt(*pair, name, known)
            for name, pair in hidden.encrypted(environment)}, [])

    def rotate(self, row, known):
        environment = self._environment(row)
        pairs = dict(hidden.encrypted(environment))
        new = {name: list(keys.reencrypted(*pair, name, known))
               for name, pair in pairs.items()}
        return None if new == pairs else self._changed(
            environment, new, hidden.names(environment))

    def secrets(self, row):
        for _name, pair in hidden.encrypted(self._environment(row)):
            yield pair

    def clear(self, row):
        return len(list(hidden.in_clear(self._environment(row),
                                        self._template(row))))

    def _environment(self, row):
        return _loaded('environment', row.environment)

    def _template(self, row):
        return _loaded('template', row.template)

    def _changed(self, environment, parameters, names):
        return _as_json(self.model, 'environment', {
            **environment, hidden.NAMES: names, 'parameters': {
                **hidden.parameters(environment), **parameters}})


class Properties:
    """Properties or attributes of resources, in a column of a model.

    :param flag: the name of the column that says whether they are encrypted
    """

    def __init__(self, model, name, flag):
        self.model = model
        self.name = name
        self.names = (name, flag)
        self.flag = flag
        is_there = columns(model)[name].is_not(None)
        is_encrypted = columns(model)[flag]
        self.stored = [is_there]
        self.of_clear = [is_there, is_encrypted.is_not(sa.true())]
        self.of_encrypted = [is_there, is_encrypted.is_(sa.true())]

    def encrypt(self, row, known):
        return self._converted(row, crypt.encrypted_dict, known)

    def decrypt(self, row, known):
        return self._converted(row, crypt.decrypted_dict, known)

    def rotate(self, row, known):
        if row._mapping[self.flag]:
            return self._converted(row, keys.reencrypted_dict, known)

    def secrets(self, row):
        data = self._data(row)
        if row._mapping[self.flag] and data:
            yield from keys.pairs(data)

    def clear(self, row):
        return 0 if row._mapping[self.flag] else len(self._data(row) or ())

    def _data(self, row):
        return _loaded(self.name, row._mapping[self.name])

    def _converted(self, row, convert, known):
        data = self._data(row)
        new = convert(data, known) if data else data
        return None if new == data else _as_json(self.model, self.name, new)


class Columns:
    """Secrets in columns of their own, all encrypted by one method.

    :param secrets: the names of the columns
    :param conditions: of the rows that have secrets
    """

    def __init__(self, model, secrets, *conditions):
        self.model = model
        self.columns = secrets
        self.names = (*secrets, METHOD)
        self.stored = [columns(model)[METHOD].is_not(None), *conditions]

    def rotate(self, row, known):
        new = {}
        for name in self._given(row):
            method, text = keys.reencrypted(
                row.decrypt_method, row._mapping[name], name, known)
            checks.check_value(self.model, name, text)
            if text != row._mapping[name]:
                new.update({name: text, METHOD: method})
        return new

    def secrets(self, row):
        for name in self._given(row):
            yield row.decrypt_method, row._mapping[name]

    def _given(self, row):
        return [name for name in self.columns
                if row._mapping[name] is not None]


OF_CHOICE = (
    Parameters(),
    Properties(ResourcePropertiesData, 'data', 'encrypted'),
    Properties(Resource, 'properties_data', 'properties_data_encrypted'),
)
KINDS = (
    *OF_CHOICE,
    Columns(ResourceData, ('value',), ResourceData.redact.is_(sa.true())),
    Columns(UserCreds, ('password', 'trust_id')),
)


def _loaded(name, text):
    try:
        return text and json.loads(text)
    except (ValueError, RecursionError):
        pass
    raise exception.InvalidValues(_('is no JSON'), [name])


def _as_json(model, name, value):
    checks.check_value(model, name, value)
    return {name: json.dumps(value)}
