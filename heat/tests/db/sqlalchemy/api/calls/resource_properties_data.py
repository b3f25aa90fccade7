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

"""Calls of what concerns properties and attributes of resources."""

from heat.db import api
from heat.tests.db.sqlalchemy.api.calls import Call


def calls(world):
    values = {'values': {'data': {'a': 1}, 'encrypted': False}}
    other = {'values': {'data': {'a': 2}, 'encrypted': False}}
    this = api.resource_prop_data_create(world.context, **values).id
    insert = ('INSERT INTO resource_properties_data', 'COMMIT')
    select = ('SELECT resource_properties_data',)
    # Rows of any values, and any id, are right.
    takes = {'values': lambda kind: kind == {}, 'rpd_id': lambda kind: True}
    return [
        Call('resource_prop_data_create', values, insert, is_scoped=False,
             unknown=('COMMIT',), takes=takes),
        Call('resource_prop_data_create_or_update',
             {**values, 'rpd_id': None}, insert, is_scoped=False,
             unknown=('COMMIT',), takes=takes),
        Call('resource_prop_data_create_or_update',
             {**other, 'rpd_id': this},
             (*select, 'UPDATE resource_properties_data'), is_scoped=False,
             takes=takes),
        Call('resource_prop_data_get', {'resource_prop_data_id': this},
             select, is_scoped=False),
    ]
