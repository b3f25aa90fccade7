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

"""Calls of what concerns the data of resources."""

from heat.db import api
from heat.tests.db.sqlalchemy.api.calls import Call


def _is_key(kind):
    return (isinstance(kind, str) and _is_value(kind) and
            len(kind) <= 255 and kind <= '\uffff')


def _is_value(kind):
    return kind is None or _is_secret(kind) and '\0' not in kind


def _is_secret(kind):
    return kind is None or (isinstance(kind, str) and
                            kind not in ('\ud800', '\udfff'))


def calls(world):
    resource_id = world.create_resource().id
    row = api.resource_data_set(world.context, resource_id, 'key', 'value')
    this = {'resource_id': resource_id}
    key = {**this, 'key': 'key'}
    secret = {**key, 'value': 'secret', 'redact': True}
    other = {**this, 'key': 'other', 'value': 'x'}
    select = ('SELECT resource_data',)
    takes = {'key': _is_key, 'value': _is_value}
    return [
        Call('resource_data_get_all', {**this, 'data': None}, select,
             is_scoped=False),
        Call('resource_data_get_all', {**this, 'data': [row]}, (),
             is_scoped=False),
        Call('resource_data_get', key, select, is_scoped=False),
        Call('resource_data_get_by_key', key, select, is_scoped=False),
        Call('resource_data_set', secret,
             (*select, 'UPDATE resource_data'), is_scoped=False,
             takes={'key': _is_key, 'value': _is_secret,
                    'redact': lambda kind: True}),
        Call('resource_data_set', other, (
            *select, 'BEGIN', 'UPDATE resource', 'UPDATE resource_data',
            'INSERT INTO resource_data', 'UPDATE resource', 'COMMIT'),
            is_scoped=False, takes=takes),
        Call('resource_data_delete', key, ('DELETE FROM resource_data',),
             is_scoped=False),
    ]
