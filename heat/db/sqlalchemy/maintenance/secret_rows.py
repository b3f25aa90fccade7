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

"""The rows that may be encrypted or not, and how each kind is converted.

Those are the parameters that a template calls hidden, and the properties and
attributes of resources.
"""

import functools
import json
import typing

import sqlalchemy as sa

from heat.common.i18n import _
from heat.db import crypt
from heat.db import exception
from heat.db.sqlalchemy.comparison import SameText
from heat.db.sqlalchemy.engine import galera
from heat.db.sqlalchemy.models import columns
from heat.db.sqlalchemy.models import RawTemplate
from heat.db.sqlalchemy.models import Resource
from heat.db.sqlalchemy.models import ResourcePropertiesData
from heat.db.sqlalchemy.types import LongText

NAMES = 'encrypted_param_names'
LISTS = ('comma_delimited_list', 'commadelimitedlist')


class Kind(typing.NamedTuple):
    """The rows of a model that hold secrets in a column.

    :ivar name: of the column
    :ivar flag: of the column that says that it is encrypted; None if it says
        so itself
    :ivar other: names of columns that are needed besides
    :ivar encrypt: called with the value of the column, those of the others
        and the keys; returns the value to be stored, None if it may stay
    :ivar decrypt: likewise
    """

    model: type
    name: str
    flag: typing.Optional[str]
    other: tuple
    encrypt: typing.Callable
    decrypt: typing.Callable


def _encrypt_parameters(environment, template, known):
    parameters = _parameters(environment)
    names = list(_dictionary(environment).get(NAMES) or ())
    hidden = {
        name: schema for name, schema in _hidden(template)
        if parameters.get(name) is not None and name not in names}
    if not hidden:
        return None
    return {**environment, NAMES: names + list(hidden), 'parameters': {
        **parameters, **{name: list(crypt.encrypt(
            _as_text(name, parameters[name], schema), name, known))
            for name, schema in hidden.items()}}}


def _decrypt_parameters(environment, template, known):
    parameters = _parameters(environment)
    names = _dictionary(environment).get(NAMES)
    if not names:
        return None
    return {**environment, NAMES: [], 'parameters': {
        **parameters, **{
            name: crypt.decrypt(*parameters[name], name, known)
            for name in names if _is_pair(parameters.get(name))}}}


def _parameters(environment):
    return _dictionary(_dictionary(environment).get('parameters'))


def _dictionary(value):
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise exception.InvalidValues(_('must be a dictionary'),
                                      ['environment'])
    return value


def _is_pair(value):
    """Tell whether it is encrypted; Heat takes what is no pair for clear."""
    return isinstance(value, list) and len(value) == 2


def _hidden(template):
    """Yield the name and the schema of each parameter that Heat hides."""
    template = template if isinstance(template, dict) else {}
    for section in ('parameters', 'Parameters'):
        schemata = template.get(section)
        if not isinstance(schemata, dict):
            continue
        for name, schema in schemata.items():
            if isinstance(schema, dict) and (
                    schema.get('hidden') or
                    str(schema.get('NoEcho')).lower() == 'true'):
                yield name, schema


def _as_text(name, value, schema):
    """Return a text that Heat takes for this value of a parameter."""
    if isinstance(value, list) and str(schema.get(
            'type', schema.get('Type'))).lower() in LISTS:
        if any(',' in str(element) for element in value):
            raise exception.InvalidValues(
                _('an element has a comma, which it could not have in the '
                  'text that is to be encrypted'), [name])
        return ','.join(map(str, value))
    if isinstance(value, (dict, list)):
        return json.dumps(value)
    return str(value)


def _encrypt_data(data, known):
    return crypt.encrypted_dict(data, known) if data else None


def _decrypt_data(data, known):
    return crypt.decrypted_dict(data, known) if data else None


KINDS = (
    Kind(RawTemplate, 'environment', None, ('template',),
         _encrypt_parameters, _decrypt_parameters),
    Kind(ResourcePropertiesData, 'data', 'encrypted', (),
         _encrypt_data, _decrypt_data),
    Kind(Resource, 'properties_data', 'properties_data_encrypted', (),
         _encrypt_data, _decrypt_data),
)


# In what follows, JSON is text: what a Heat has stored may be written in
# another way than here.

@functools.cache
def select(kind, to_encrypt):
    """Return the SELECT of rows behind an id, up to a number of them."""
    known = columns(kind.model)
    return _rows(kind).where(
        known['id'] > sa.bindparam('last', type_=sa.Integer()),
        known[kind.name].is_not(None),
        *_is_not_done(kind, to_encrypt)).order_by(known['id']).limit(
            sa.bindparam('number', type_=sa.Integer()))


@functools.cache
def select_again(kind, to_encrypt):
    """Return the SELECT of a row with an id."""
    return _rows(kind).where(
        columns(kind.model)['id'] == sa.bindparam('this', type_=sa.Integer()),
        *_is_not_done(kind, to_encrypt))


@functools.cache
def update(kind, to_encrypt):
    """Return the UPDATE of a row that is still as it was read."""
    known = columns(kind.model)
    values = {kind.name: sa.bindparam('new', type_=LongText)}
    if kind.flag:
        values[kind.flag] = to_encrypt
    return sa.update(kind.model.__table__).where(
        known['id'] == sa.bindparam('this', type_=sa.Integer()),
        SameText(known[kind.name], sa.bindparam('old', type_=LongText)),
        *_is_not_done(kind, to_encrypt)).values(values)


def _rows(kind):
    known = columns(kind.model)
    return sa.select(known['id'], *(
        sa.type_coerce(known[name], LongText).label(name)
        for name in (kind.name, *kind.other))).execution_options(
            **galera.UP_TO_DATE)


def _is_not_done(kind, to_encrypt):
    if not kind.flag:
        return []
    flag = columns(kind.model)[kind.flag]
    return [flag.is_not(sa.true()) if to_encrypt else flag.is_(sa.true())]
