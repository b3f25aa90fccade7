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

from heat.db import api
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
            {'data': {'private_key': 'sec\nret', 'volume_id': '1234'}},
            self.assert_done_as_json('resource_data_list', str(resource_id)))

    def test_another_key(self):
        resource_id = self.create_resource().id
        api.resource_data_set(self.context, resource_id, 'key', 'secret', True)
        line = self.assert_refused('resource_data_list', str(resource_id),
                                   OS_DEFAULT__AUTH_ENCRYPTION_KEY='x' * 32)
        self.assertIn('key is damaged, or encrypted with a key', line)
        self.assertNotIn('xxx', line)

    def test_none(self):
        for number in ('1', '9999999999'):
            self.assertIn('there is no resource %s, or it' % number,
                          self.assert_refused('resource_data_list', number))

    def test_no_number(self):
        for text in ('', ' 1', '-1', '1.0', 'a' * 300, '²'):
            self.assertIn('by its number', self.assert_refused(
                'resource_data_list', '--', text))
