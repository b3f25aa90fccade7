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

"""Calls of what concerns credentials."""

from heat.common import context
from heat.db import api
from heat.tests.db.sqlalchemy.api.calls import Call


def calls(world):
    this = api.user_creds_create(context.RequestContext(
        username='user', password='password', is_admin=False))['id']
    world.create_stack(user_creds_id=this)
    return [
        Call('user_creds_create', {}, ('INSERT INTO user_creds', 'COMMIT'),
             is_scoped=False, unknown=('COMMIT',)),
        Call('user_creds_get', {'user_creds_id': this},
             ('SELECT user_creds',), is_scoped=False),
        Call('user_creds_delete', {'user_creds_id': this},
             ('UPDATE stack', 'DELETE FROM user_creds', 'COMMIT'),
             is_scoped=False, is_unfenced=True),
    ]
