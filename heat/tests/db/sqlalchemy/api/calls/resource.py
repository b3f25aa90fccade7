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

"""Calls of what concerns resources."""

from heat.db import api
from heat.tests.db.sqlalchemy.api.calls import Call
from heat.tests.db.sqlalchemy.api.calls import is_none


def calls(world):
    this = {'resource_id': world.create_resource(
        name='this', action='CREATE', physical_resource_id='server',
        atomic_key=7).id}
    locked = {'resource_id': world.create_resource(
        name='locked', engine_id='engine', atomic_key=7).id}
    engine = {'expected_engine_id': 'engine'}
    values = {'values': {'status': 'COMPLETE'}}
    new = {'stack_id': world.stack_id, 'name': 'new'}
    update = ('UPDATE resource',)
    replacement = ('INSERT INTO resource', *update, 'COMMIT')
    return [
        *reads(world, this),
        Call('resource_create', {'values': new}, ('INSERT INTO resource',),
             is_scoped=False),
        Call('resource_update', {
            **this, 'values': {'engine_id': 'engine'}, 'atomic_key': 7,
            'expected_engine_id': None}, update, is_scoped=False,
            takes={'values': is_empty, 'expected_engine_id': is_none}),
        Call('resource_update', {
            **locked, 'values': {'engine_id': None, 'status': 'COMPLETE'},
            'atomic_key': 7, **engine}, update, is_scoped=False,
            unknown=update, takes={'values': is_empty}),
        Call('resource_create_replacement', {
            'existing_res_id': this['resource_id'], 'new_res_values': new,
            'atomic_key': 7, 'expected_engine_id': None}, replacement,
            is_scoped=False, takes={'expected_engine_id': is_none}),
        Call('resource_update_and_save',
             {**this, **values, 'expected_engine_id': None},
             (*update, 'SELECT'), is_scoped=False,
             takes={'expected_engine_id': is_none}),
        Call('resource_update_and_save', {**locked, **values, **engine},
             (*update, 'SELECT'), is_scoped=False),
        Call('resource_update_and_save', {
            **locked, 'values': {'engine_id': None},
            'expected_engine_id': api.ANY_ENGINE}, (*update, 'SELECT'),
            is_scoped=False, unknown=update),
        Call('resource_delete', {**this, 'expected_engine_id': None},
             ('SELECT', 'DELETE FROM resource', 'COMMIT'), is_scoped=False,
             takes={'expected_engine_id': is_none}),
        Call('resource_delete', {**locked, **engine},
             ('SELECT', 'DELETE FROM resource', 'COMMIT'), is_scoped=False),
    ]


def reads(world, this):
    stack = {'stack_id': world.stack_id}
    physical = {'physical_resource_id': 'server'}
    select = ('SELECT ',)
    return [
        Call('resource_get', this, select, is_scoped=False),
        Call('resource_get_all', {}, select, is_scoped=False),
        Call('resource_get_all_by_stack', {**stack, 'filters': None}, select,
             is_scoped=False),
        Call('resource_get_all_active_by_stack', stack, select,
             is_scoped=False),
        Call('resource_get_all_by_root_stack', {**stack, 'filters': None},
             select, is_scoped=False),
        Call('resource_get_by_name_and_stack',
             {**stack, 'resource_name': 'this'}, select, is_scoped=False),
        Call('resource_get_all_by_physical_resource_id', physical, select),
        Call('resource_get_by_physical_resource_id', physical, select),
        Call('engine_get_all_locked_by_stack', stack, select,
             is_scoped=False),
    ]


def is_empty(kind):
    return kind == {}
