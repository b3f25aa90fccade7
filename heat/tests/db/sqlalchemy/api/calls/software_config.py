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

"""Calls of what concerns software configurations."""

from heat.db import api
from heat.tests.db.sqlalchemy.api.calls import Call


def calls(world):
    values = {'tenant': world.tenant, 'name': 'name', 'group': 'script',
              'config': {'config': '#!/bin/sh'}}
    this = {'config_id': api.software_config_create(world.context, values).id}
    select = ('SELECT software_config',)
    return [
        Call('software_config_create', {'values': values},
             ('INSERT INTO software_config',)),
        Call('software_config_get', this, select),
        Call('software_config_get_all', {'limit': None, 'marker': None},
             select, takes={'marker': lambda kind: True}),
        Call('software_config_count_all', {}, ('SELECT count(',)),
        Call('software_config_delete', this, ('DELETE FROM software_config',)),
    ]
