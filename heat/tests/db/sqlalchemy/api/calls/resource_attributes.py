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

"""Calls of what concerns attributes of resources, and several resources."""

from heat.db import api
from heat.tests.db.sqlalchemy.api.calls import Call


def calls(world):
    new = {'attr_id': create_attributes(world)}
    old = {'attr_id': create_attributes(world)}
    this = {'resource_id': world.create_resource(atomic_key=7).id}
    deleted = world.create_resource(
        action='DELETE', status='COMPLETE', attr_data_id=old['attr_id'],
        current_template_id=world.create_template().id)
    other = {'resource_id': deleted.id}
    elsewhere = world.create_resource(stack_id=world.create_stack().id).id
    update = ('UPDATE resource',)
    delete = ('DELETE FROM resource_properties_data',)
    return [
        # A loser's attributes are deleted.
        Call('resource_attr_id_set', {**this, 'atomic_key': 7, **new},
             update, is_scoped=False,
             takes={'resource_id': is_any, 'atomic_key': is_any}),
        Call('resource_attr_data_delete', {**other, **old},
             (*update, *delete, 'COMMIT'), is_scoped=False),
        Call('resource_purge_deleted', {'stack_id': world.stack_id}, (
            'SELECT resource', 'DELETE FROM resource WHERE', *delete,
            'SELECT raw_template', 'UPDATE raw_template_files',
            'DELETE FROM raw_template', 'COMMIT'), is_scoped=False),
        Call('resource_exchange_stacks', {
            'resource_id1': this['resource_id'], 'resource_id2': elsewhere},
            ('SELECT resource', *update, *update, 'COMMIT'), is_scoped=False,
            unknown=('COMMIT',)),
    ]


def is_any(kind):
    return True


def create_attributes(world):
    return api.resource_prop_data_create(
        world.context, {'data': {'a': 1}, 'encrypted': False}).id
