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

"""Calls of what concerns sync points."""

from heat.db import api
from heat.tests.db.sqlalchemy.api.calls import Call
from heat.tests.db.sqlalchemy.api.calls import is_json
from heat.tests.db.sqlalchemy.api.calls import is_texts
from heat.tests.db.sqlalchemy.api.calls import TRAVERSAL


TAKES = {'is_update': lambda kind: kind is True, 'input_data': is_json,
         'atomic_key': lambda kind: type(kind) is int and kind == 0,
         'name': lambda kind: isinstance(kind, str), 'value': is_json,
         'awaited': is_texts}


def calls(world):
    # Any number will do, of which no other world has a sync point and which
    # is no wrong argument as a text: a sync point of 1 is that of '1'.
    this = {'entity_id': 1000 + world.template_id,
            'traversal_id': TRAVERSAL, 'is_update': True}
    values = {**this, 'stack_id': world.stack_id, 'atomic_key': 0,
              'input_data': {'input_data': {'a': 1}}}
    api.sync_point_create(world.context, values)
    new = {'values': {**values, 'is_update': False}}
    data = {**this, 'atomic_key': 0, 'input_data': {}}
    added = {**this, 'name': 'b', 'value': 1, 'awaited': ['a', 'b']}
    # There is one of this name already.
    merged = {**added, 'name': 'a', 'value': 2}
    traversal = {'stack_id': world.stack_id, 'traversal_id': TRAVERSAL}
    select, update = ('SELECT sync_point',), ('UPDATE sync_point',)
    return [
        Call('sync_point_create', new, ('INSERT INTO sync_point',),
             is_scoped=False),
        Call('sync_point_get', this, select, is_scoped=False, takes=TAKES),
        Call('sync_point_update_input_data', data, update, is_scoped=False,
             takes=TAKES),
        Call('sync_point_add_input', added, update + select,
             is_scoped=False, takes=TAKES),
        Call('sync_point_add_input', merged, update + select + update,
             is_scoped=False, takes=TAKES),
        Call('sync_point_delete_all_by_stack_and_traversal', traversal,
             ('DELETE FROM sync_point', 'COMMIT'), is_scoped=False),
    ]
