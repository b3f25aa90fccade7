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
"""The parameters that a template calls hidden, as they are stored."""

import json

from heat.common.i18n import _
from heat.db import exception

# In the environment: of those that are encrypted.
NAMES = 'encrypted_param_names'
_LISTS = ('comma_delimited_list', 'commadelimitedlist')


def names(environment):
    """Return a list of the names of the parameters that are encrypted.

    :raises heat.db.exception.InvalidValues: environment is no dictionary
    """
    return list(_dictionary(environment).get(NAMES) or ())


def parameters(environment):
    """Return {name: value}, as it is stored.

    :raises heat.db.exception.InvalidValues: there is no such dictionary
    """
    return _dictionary(_dictionary(environment).get('parameters'))


def encrypted(environment):
    """Yield the name, and the list of method and text, of what is encrypted.

    Heat takes what is no such list for clear.

    :raises heat.db.exception.InvalidValues: as parameters
    """
    values = parameters(environment)
    for name in names(environment):
        value = values.get(name)
        if isinstance(value, list) and len(value) == 2:
            yield name, value


def in_clear(environment, template):
    """Yield the name, value and schema of each that is not encrypted.

    :raises heat.db.exception.InvalidValues: as parameters
    """
    values = parameters(environment)
    done = names(environment)
    for name, schema in _hidden(template):
        if values.get(name) is not None and name not in done:
            yield name, values[name], schema


def as_text(name, value, schema):
    """Return a text that Heat takes for this value of a parameter.

    :raises heat.db.exception.InvalidValues: there is none
    """
    if isinstance(value, list) and str(schema.get(
            'type', schema.get('Type'))).lower() in _LISTS:
        if any(',' in str(element) for element in value):
            raise exception.InvalidValues(
                _('an element has a comma, which it could not have in the '
                  'text that is to be encrypted'), [name])
        return ','.join(map(str, value))
    if isinstance(value, (dict, list)):
        return json.dumps(value)
    return str(value)


def _dictionary(value):
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise exception.InvalidValues(_('must be a dictionary'),
                                      ['environment'])
    return value


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
