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

"""Calls of what concerns services."""

from heat.db import api
from heat.tests.db.sqlalchemy.api.calls import Call


def calls(world):
    values = {'engine_id': 'engine', 'host': 'Host', 'hostname': 'Hostname',
              'binary': 'heat-engine', 'topic': 'topic', 'report_interval': 60}
    this = {'service_id': api.service_create(world.context, values).id}
    args = {name: values[name] for name in ('host', 'binary', 'hostname')}
    select = ('SELECT service',)
    return [
        Call('service_create', {'values': values}, ('INSERT INTO service',),
             is_scoped=False),
        Call('service_get', this, select, is_scoped=False),
        Call('service_get_all', {}, select, is_scoped=False),
        Call('service_get_all_by_args', args, select, is_scoped=False),
        Call('service_update', {**this, 'values': {'report_interval': 5}},
             (*select, 'UPDATE service'), is_scoped=False,
             takes={'values': lambda kind: kind == {}}),
        Call('service_delete', this, ('UPDATE service',), is_scoped=False),
    ]
