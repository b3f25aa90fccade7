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

"""Calls of what concerns the files of templates."""

from heat.db import api
from heat.tests.db.sqlalchemy.api.calls import Call


def calls(world):
    values = {'values': {'files': {'a': 'b'}}}
    files = api.raw_template_files_create(world.context, **values)
    return [
        Call('raw_template_files_create', values,
             ('INSERT INTO raw_template_files', 'COMMIT'), is_scoped=False,
             unknown=('COMMIT',), takes={'values': lambda kind: kind == {}}),
        Call('raw_template_files_get', {'files_id': files.id},
             ('SELECT raw_template_files',), is_scoped=False),
    ]
