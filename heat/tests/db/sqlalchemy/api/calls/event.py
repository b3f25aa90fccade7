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

"""Calls of what concerns events."""

import datetime

from heat.db import api
from heat.tests.db.sqlalchemy.api.calls import Call


def calls(world):
    data = api.resource_prop_data_create(
        world.context, {'data': {'a': 1}, 'encrypted': False})
    values = {'stack_id': world.stack_id, 'resource_name': 'name',
              'resource_status_reason': 'reason',
              'rsrc_prop_data_id': data.id,
              # MySQL stores it without the fraction.
              'created_at': datetime.datetime(2015, 1, 1, 0, 0, 0, 700000)}
    api.event_create(world.context, values)
    this = {'stack_id': world.stack_id}
    page = {'limit': None, 'marker': None, 'sort_keys': None,
            'sort_dir': None, 'filters': None}
    takes = {'marker': lambda kind: True}
    select = ('SELECT event',)
    return [
        # A stack that nobody has counted the events of.
        Call('event_create', {'values': {
            **values, 'stack_id': world.create_stack().id}},
            ('INSERT INTO event', 'SELECT (SELECT count('), is_scoped=False),
        Call('event_get_all_by_stack', {**this, **page}, select,
             is_scoped=False, takes=takes),
        Call('event_get_all_by_tenant', page, select, takes=takes),
        Call('event_count_all_by_stack', this, ('SELECT count(',),
             is_scoped=False),
    ]
