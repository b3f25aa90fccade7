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
"""heat.db laid over the heat.db of another Heat, and within an application."""

import os
import shutil
import subprocess
import sys

import fixtures
import testtools

from heat.db import api
from heat.tests import application

# What heat.db uses of Heat, with the meaning that it has in Heat 25.
COMMON = {
    'i18n': '''
def _(text):
    return text
''',
    'exception': '''
class HeatException(Exception):
    msg_fmt = 'an unknown error'

    def __init__(self, **kwargs):
        self.message = self.msg_fmt % kwargs

    def __str__(self):
        return self.message


class NotFound(HeatException):
    def __init__(self, msg_fmt='not found'):
        self.msg_fmt = msg_fmt
        super().__init__()
''',
    'context': '''
from oslo_context import context
from oslo_db.sqlalchemy import enginefacade


@enginefacade.transaction_context_provider
class RequestContext(context.RequestContext):
    @property
    def tenant_id(self):
        return self.project_id
''',
}

LAID_OVER = '''
from heat.common import context
from heat.common import exception as heat_exception
from heat.db import api
from heat.db import exception

assert not hasattr(heat_exception, 'ConcurrentTransition')
for name in api.__all__:
    getattr(api, name)
api.db_sync(api.get_engine())
admin = context.RequestContext(is_admin=True, project_id='tenant')
template = api.raw_template_create(admin, {'template': {}})
OLD, NEW = ('%d1111111-1111-4111-8111-111111111111' % n for n in (1, 2))
stack_id = api.stack_create(admin, {
    'name': 'test', 'raw_template_id': template.id, 'tenant': 'tenant',
    'disable_rollback': False}).id
assert api.stack_update(admin, stack_id, {'current_traversal': OLD})
assert api.stack_update(admin, stack_id, {'current_traversal': NEW}, OLD)
try:
    api.stack_update(admin, stack_id, {'status': 'COMPLETE'}, OLD)
except exception.ConcurrentTransition as error:
    assert NEW in str(error), str(error)
    assert isinstance(error, heat_exception.HeatException)
else:
    raise AssertionError
try:
    api.stack_update(admin, '100%s\\n', {'status': 'COMPLETE'})
except heat_exception.NotFound as error:
    print(error)
assert api.stack_get(admin, stack_id).current_traversal == NEW
api.stack_delete(admin, stack_id, NEW)
'''


class SubprocessTestCase(testtools.TestCase):

    def setUp(self):
        super().setUp()
        self.directory = self.useFixture(fixtures.TempDir()).path
        self.url = 'sqlite:///' + os.path.join(self.directory, 'heat.sqlite')

    def run_python(self, *args, **environment):
        """Run a program in a new process; return what it prints."""
        result = subprocess.run(
            (sys.executable, *args), cwd=self.directory, text=True,
            env={**os.environ, **environment}, capture_output=True)
        self.assertEqual((0, ''), (result.returncode, result.stderr))
        return result.stdout


class LaidOverTest(SubprocessTestCase):

    def test_heat_with_no_more_than_heat_has(self):
        package = os.path.join(self.directory, 'heat')
        shutil.copytree(os.path.dirname(api.__file__),
                        os.path.join(package, 'db'))
        os.mkdir(os.path.join(package, 'common'))
        for name, source in COMMON.items():
            path = os.path.join(package, 'common', name + '.py')
            with open(path, 'w') as module:
                module.write(source)
        code = ('from oslo_config import cfg\n'
                'import heat\n'
                'assert heat.__path__[0] == %r, heat.__path__\n'
                'cfg.CONF([], default_config_files=[])\n' % package)
        for name in ('', 'common'):
            open(os.path.join(package, name, '__init__.py'), 'w').close()
        self.assertEqual('there is no stack 100%s\\n\n', self.run_python(
            '-c', code + LAID_OVER, PYTHONPATH=self.directory,
            OS_DATABASE__CONNECTION=self.url))


class ApplicationTest(SubprocessTestCase):

    def run_application(self, *args):
        path = os.path.join(self.directory, 'application.conf')
        with open(path, 'w') as configuration:
            configuration.write('[database]\nconnection = %s\n' % self.url)
        return self.run_python(application.__file__, path, *args,
                               SQLALCHEMY_SILENCE_UBER_WARNING='1')

    def test_sees_no_difference(self):
        self.assertEqual('', self.run_application())

    def test_sees_no_difference_in_its_options(self):
        self.assertEqual('', self.run_application('registered'))
