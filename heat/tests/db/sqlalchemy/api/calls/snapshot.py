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

"""Calls of what concerns snapshots."""

from heat.db import api
from heat.tests.db.sqlalchemy.api.calls import Call


def calls(world):
    values = {'stack_id': world.stack_id, 'tenant': world.tenant,
              'name': 'name', 'status': 'IN_PROGRESS', 'data': {'a': [1]}}
    this = {'snapshot_id': api.snapshot_create(world.context, values).id}
    of_stack = {'stack_id': world.stack_id}
    select = ('SELECT snapshot',)
    return [
        Call('snapshot_create', {'values': values}, ('INSERT INTO snapshot',)),
        Call('snapshot_get', this, select),
        Call('snapshot_get_by_stack', {
            **this, 'stack': api.stack_get(world.context, world.stack_id)},
            select),
        Call('snapshot_get_all_by_stack', of_stack, select),
        Call('snapshot_count_all_by_stack', of_stack, ('SELECT count(',)),
        Call('snapshot_update', {**this, 'values': {'status': 'COMPLETE'}},
             (*select, 'UPDATE snapshot')),
        Call('snapshot_delete', this, ('DELETE FROM snapshot',)),
    ]
