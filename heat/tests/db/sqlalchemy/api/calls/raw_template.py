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

"""Calls of what concerns raw templates."""

from heat.db import api
from heat.tests.db.sqlalchemy.api.calls import Call


def calls(world):
    this = {'template_id': world.template_id}
    unused = {'template_id': world.create_template().id}
    files = api.raw_template_files_create(world.context, {'files': {'a': 'b'}})
    last = {'template_id': world.create_template(files_id=files.id).id}
    template = {'values': {'template': {'a': 1}}}
    insert = ('INSERT INTO raw_template', 'COMMIT')
    return [
        Call('raw_template_create', template, insert, is_scoped=False,
             unknown=('COMMIT',), takes={'values': lambda kind: kind == {}}),
        Call('raw_template_get', this, ('SELECT raw_template',),
             is_scoped=False),
        Call('raw_template_update', {**this, **template},
             ('SELECT raw_template', 'UPDATE raw_template'), is_scoped=False),
        Call('raw_template_delete', unused, (
            'UPDATE raw_template_files', 'DELETE FROM raw_template',
            'COMMIT'), is_scoped=False),
        Call('raw_template_delete', last, (
            'UPDATE raw_template_files', 'SELECT raw_template.files_id',
            'DELETE FROM raw_template', 'DELETE FROM raw_template_files',
            'COMMIT'), is_scoped=False),
    ]
