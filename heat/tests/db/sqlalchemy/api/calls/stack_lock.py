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
"""Calls of what concerns the locks of stacks."""

from heat.db import api
from heat.tests.db.sqlalchemy.api.calls import Call
from heat.tests.db.sqlalchemy.api.calls import TRAVERSAL


def is_engine(kind):
    return (isinstance(kind, str) and len(kind) <= 36 and
            all('\0' < letter < '\ud800' for letter in kind))


def calls(world):
    engine = {'engine_id': 'engine'}
    locked = {'stack_id': world.stack_id}
    unlocked = {'stack_id': world.create_stack(name='unlocked').id}
    api.stack_lock_create(world.context, **locked, **engine)
    return [
        Call('stack_lock_create', {**unlocked, **engine},
             ('INSERT INTO stack_lock',), is_scoped=False,
             takes={'engine_id': is_engine}),
        Call('stack_lock_get_engine_id', locked, ('SELECT stack_lock',),
             is_scoped=False),
        Call('stack_lock_steal', {
            **locked, 'old_engine_id': 'engine', 'new_engine_id': 'another'},
            ('UPDATE stack_lock',), is_scoped=False,
            takes={'new_engine_id': is_engine}),
        Call('stack_lock_release', {**locked, **engine},
             ('DELETE FROM stack_lock',), is_scoped=False),
        Call('persist_state_and_release_lock', {
            **locked, **engine, 'values': {'status': 'COMPLETE'},
            'exp_trvsl': TRAVERSAL},
            ('DELETE FROM stack_lock', 'UPDATE stack', 'COMMIT')),
    ]
