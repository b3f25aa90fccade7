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

"""heat-manage resource_data_list."""

import json

from heat.cmd import exits
from heat.db import api
from heat.db.sqlalchemy import models
from heat.tests.cmd import command


class ResourceDataListTest(command.CommandTestCase):

    def test_what_a_resource_keeps(self):
        resource_id = self.create_resource().id
        for key, value, redact in (('private_key', 'sec\nret', True),
                                   ('volume_id', '1234', False)):
            api.resource_data_set(self.context, resource_id, key, value,
                                  redact)
        self.assertEqual(
            {'private_key      ' + r'sec\nret', 'volume_id        1234'},
            {line.rstrip() for line in self.assert_done(
                'resource_data_list', str(resource_id)).splitlines()})
        self.assertEqual(
            {'data': {'private_key': 'sec\nret', 'volume_id': '1234'},
             'unreadable': []},
            self.assert_done_as_json('resource_data_list', str(resource_id)))

    def test_values_that_can_not_be_read(self):
        resource_id = self.create_resource().id
        for key, stored in (('clear', None), ('secret', None),
                            ('of\nanother', {'value': 'gAAAAAsecret'}),
                            ('method', {'decrypt_method': 'rot13'})):
            row = api.resource_data_set(self.context, resource_id, key,
                                        'readable', key != 'clear')
            if stored:
                self.change(row.id, **stored)
        result = self.run_command('resource_data_list', str(resource_id))
        self.assertEqual(exits.FAILED, result.status)
        self.assertEqual(['clear readable', 'secret readable'], sorted(
            ' '.join(line.split()) for line in result.stdout.splitlines()))
        self.assertEqual(
            ['heat-manage: the value of method can not be read: the method',
             'heat-manage: the value of of\\nanother can not be read: of\\na'],
            sorted(line[:60] for line in result.stderr.splitlines()))
        self.assertNotIn('gAAAAA', result.stderr)

    def test_json_of_values_that_can_not_be_read(self):
        resource_id = self.create_resource().id
        for key, redact in ('clear', False), ('secret', True):
            api.resource_data_set(self.context, resource_id, key, 'value',
                                  redact)
        result = self.run_command(
            'resource_data_list', str(resource_id), '--format', 'json',
            OS_DEFAULT__AUTH_ENCRYPTION_KEY='x' * 32)
        self.assertEqual(exits.FAILED, result.status)
        self.assertEqual({'data': {'clear': 'value'},
                          'unreadable': ['secret']},
                         json.loads(result.stdout))
        self.assertNotIn('xxx', result.stderr)

    def change(self, row_id, **values):
        table = models.ResourceData.__table__
        with self.engine.begin() as conn:
            conn.execute(table.update().where(
                table.c.id == row_id).values(values))

    def test_none(self):
        for number in ('1', '9999999999'):
            self.assertIn('there is no resource %s, or it' % number,
                          self.assert_refused('resource_data_list', number))

    def test_no_number(self):
        for text in ('', ' 1', '-1', '1.0', 'a' * 300, '²'):
            self.assertIn('by its number', self.assert_refused(
                'resource_data_list', '--', text))
