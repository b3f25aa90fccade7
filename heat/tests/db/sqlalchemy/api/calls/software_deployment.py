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

"""Calls of what concerns software deployments."""

from heat.db import api
from heat.tests.db.sqlalchemy.api.calls import Call


def calls(world):
    config = {'config_id': api.software_config_create(
        world.context, {'tenant': world.tenant}).id}
    values = {**config, 'tenant': world.tenant, 'server_id': 'server',
              'input_values': {'a': 1}, 'stack_user_project_id': 'project'}
    this = {'deployment_id': api.software_deployment_create(
        world.context, values).id}
    select = ('SELECT software_deployment',)
    return [
        Call('software_deployment_create', {'values': values},
             ('SELECT software_config', 'INSERT INTO software_deployment')),
        Call('software_deployment_get', this, select),
        Call('software_deployment_get_all', {'server_id': 'server'}, select),
        Call('software_deployment_count_all', {}, ('SELECT count(',)),
        Call('software_deployment_update',
             {**this, 'values': {'status': 'COMPLETE'}},
             (*select, 'UPDATE software_deployment')),
        Call('software_deployment_delete', this,
             ('DELETE FROM software_deployment',)),
    ]
