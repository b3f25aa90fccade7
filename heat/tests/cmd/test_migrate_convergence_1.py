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

"""heat-manage migrate_convergence_1, and what an engine hears of it."""

import importlib
import json
import os
import subprocess

import testtools

from heat.tests.cmd import command
from heat.tests import test_heat25

# Run where oslo.messaging is installed.
CALL = '''
import json
import oslo_messaging
from heat.cmd import migrate_convergence_1
from heat.common.config import CONF
from heat.common import context
CONF([], project='heat', default_config_files=[], default_config_dirs=[])
oslo_messaging.set_transport_defaults('heat')
transport = oslo_messaging.get_rpc_transport(CONF, 'fake://')
told = []


class Engine:
    target = oslo_messaging.Target(version='1.36')

    def migrate_convergence_1(self, ctxt, stack_id):
        told.append([ctxt['is_admin'], stack_id])
        if stack_id == 'nested':
            raise oslo_messaging.RemoteError(
                'NotSupported', 'Migration of a nested stack')


server = oslo_messaging.get_rpc_server(
    transport, oslo_messaging.Target(topic='engine', server='engine'),
    [Engine()], executor='threading')
# The fake driver has its queues in the transport.
oslo_messaging.get_rpc_transport = lambda conf: transport


def call(stack_id):
    try:
        migrate_convergence_1.call_engine(
            context.RequestContext(is_admin=True), stack_id)
    except Exception as error:
        told.append(str(error))


server.start()
call('good')
call('nested')
server.stop()
server.wait()
call('late')
print(json.dumps(told))
'''


class RefusedTest(command.CommandTestCase):

    scenarios = command.CommandTestCase.scenarios[:1]

    def test_without_oslo_messaging(self):
        if importlib.util.find_spec('oslo_messaging'):
            self.fail('install it where these tests do not run')
        self.assertIn('takes oslo.messaging, which is not installed here',
                      self.assert_refused('migrate_convergence_1',
                                          self.create_stack().id))

    def test_no_stack(self):
        for stack_id in 'absent', '', 'a' * 300:
            self.assertIn('there is no stack', self.assert_refused(
                'migrate_convergence_1', stack_id))


class CallTest(testtools.TestCase):

    def test_what_an_engine_is_asked(self):
        done = subprocess.run(
            (os.path.join(test_heat25.PROGRAMS, 'python'), '-c', CALL),
            env={'PYTHONPATH': test_heat25.ROOT, 'PYTHONWARNINGS': 'ignore',
                 'OS_DEFAULT__RPC_RESPONSE_TIMEOUT': '1'},
            text=True, capture_output=True, cwd='/')
        self.assertEqual(0, done.returncode, done.stderr)
        *asked, late = json.loads(done.stdout)
        self.assertEqual(
            [[True, 'good'], [True, 'nested'],
             'the engine refuses: Migration of a nested stack'], asked)
        self.assertIn('no engine answers (MessagingTimeout)', late)
