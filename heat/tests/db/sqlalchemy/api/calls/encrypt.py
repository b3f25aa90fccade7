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

"""Calls that encrypt and decrypt all that may be."""

from heat.db import api
from heat.tests.db.sqlalchemy.api.calls import Call


def calls(world):
    world.create_template(
        template={'parameters': {'p': {'type': 'string', 'hidden': True}}},
        environment={'parameters': {'p': 'secret'}})
    api.resource_prop_data_create(world.context, {
        'data': {'p': 'secret'}, 'encrypted': False})
    arguments = {'encryption_key': None, 'batch_size': 50}
    template = ('SELECT raw_template',)
    data = ('SELECT resource_properties_data',)
    resource = ('SELECT resource.id',)
    update_template = ('BEGIN', 'UPDATE raw_template', 'COMMIT')
    update_data = ('BEGIN', 'UPDATE resource_properties_data', 'COMMIT')
    takes = {'encryption_key': lambda kind: kind is None}
    return [
        Call('encrypt_parameters_and_properties', arguments,
             template + update_template + template +
             data + update_data + data + resource,
             is_scoped=False, takes=takes),
        # There is nothing to be done.
        Call('decrypt_parameters_and_properties', arguments,
             2 * template + data + resource, is_scoped=False, takes=takes),
    ]
