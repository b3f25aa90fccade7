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

import json
import logging

from oslo_log import formatters
import testtools

from heat.common import context

SECRET = 's3cret'


class RequestContextTest(testtools.TestCase):

    def setUp(self):
        super().setUp()
        self.context = context.RequestContext(
            tenant_id='tenant', username='user', password=SECRET + ' 1',
            trust_id=SECRET + ' 2', auth_token=SECRET + ' 3',
            project_name='name', auth_url='url', region_name='region',
            trustor_user_id='trustor')

    def test_credentials(self):
        for one in (self.context, context.RequestContext.from_dict(
                self.context.to_dict())):
            values = one.to_dict()
            self.assertEqual(
                ('user', SECRET + ' 1', SECRET + ' 2', 'name', 'tenant',
                 'url', 'region', 'trustor'),
                tuple(values[name] for name in (
                    'username', 'password', 'trust_id', 'project_name',
                    'project_id', 'auth_url', 'region_name',
                    'trustor_user_id')))
            self.assertEqual('tenant', one.tenant_id)

    def test_lines_of_the_log_have_no_secret(self):
        """oslo.log knows the context that was made last in the thread."""
        record = logging.LogRecord('heat', logging.INFO, '', 1, 'said', (),
                                   None)
        line = formatters.JSONFormatter().format(record)
        self.assertEqual('user', json.loads(line)['context']['username'])
        for said in (line, str(vars(record)), repr(self.context)):
            self.assertNotIn(SECRET, said)
