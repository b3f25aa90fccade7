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

"""Calls of what concerns stacks."""

from heat.tests.db.sqlalchemy.api.calls import Call
from heat.tests.db.sqlalchemy.api.calls import TRAVERSAL


def calls(world):
    this = {'stack_id': world.stack_id}
    name = {'stack_name': 'Parent'}
    in_traversal = {**this, 'exp_trvsl': TRAVERSAL}
    world.create_stack(name='child', owner_id=world.stack_id)
    values = {'name': 'new', 'tenant': world.tenant, 'disable_rollback': True,
              'raw_template_id': world.template_id}
    page = {'limit': None, 'sort_keys': None, 'marker': None,
            'sort_dir': None, 'filters': None}
    tags = {'tags': None, 'tags_any': None, 'not_tags': None,
            'not_tags_any': None}
    select = ('SELECT ',)
    with_recursive = ('WITH RECURSIVE',)
    return [
        Call('stack_create', {'values': values},
             ('SELECT (SELECT', 'INSERT INTO stack', 'SELECT (SELECT')),
        Call('stack_update', {**in_traversal, 'values': {'name': 'new'}},
             ('UPDATE stack',)),
        Call('stack_delete', in_traversal, (
            'UPDATE stack', 'SELECT resource', 'DELETE FROM resource',
            'COMMIT')),
        Call('stack_get', this, select),
        Call('stack_get_by_name', name, select),
        Call('stack_get_by_name_and_owner_id', {**name, 'owner_id': None},
             select),
        Call('stack_get_all', {**page, **tags}, select),
        Call('stack_count_all', {'filters': None, **tags}, select),
        Call('stack_get_all_by_owner_id', {'owner_id': world.stack_id},
             select),
        Call('stack_get_root_id', this, with_recursive),
        Call('stack_get_all_by_root_owner_id', {'owner_id': world.stack_id},
             with_recursive),
        Call('stack_count_total_resources', this, select),
        Call('stack_get_status', this, select),
        Call('reset_stack_status', in_traversal, (
            'UPDATE stack', *with_recursive, 'UPDATE stack', 'UPDATE stack',
            'UPDATE resource', 'UPDATE resource', 'SELECT resource_data',
            'DELETE FROM sync_point', 'DELETE FROM stack_lock', 'COMMIT'
        ), is_unfenced=True),
    ]
