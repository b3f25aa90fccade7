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

"""What is not loaded by those who do not use it: most of a start is that."""

import os
import subprocess
import sys

import fixtures
import testtools

from heat.db import api

DRIVERS = {'MySQLdb', 'pymysql', 'psycopg2'}
TOOLS = {'alembic', 'cryptography', 'migrate', 'pkg_resources',
         'oslo_upgradecheck'}
COMMANDS = {'heat.cmd'}
OPERATORS = {'heat.db.sqlalchemy.' + name for name in (
    'migration.charset', 'migration.claim', 'migration.deleted',
    'migration.drift', 'migration.plan', 'migration.sync',
    'maintenance.encrypt', 'maintenance.purge', 'ddl')}
MODELS = {'heat.db.api', 'heat.db.sqlalchemy.api', 'heat.db.sqlalchemy.models'}

UPDATE = '''
from heat.common import context
from heat.db import api
from heat.db.sqlalchemy import models
engine = api.get_engine()
models.Base.metadata.create_all(engine)
admin = context.RequestContext(is_admin=True)
template = api.raw_template_create(admin, {'template': {}})
stack = api.stack_create(admin, {
    'name': 'test', 'raw_template_id': template.id,
    'disable_rollback': False})
assert api.stack_update(admin, stack.id, {'status': 'COMPLETE'}, None)
'''

COMMAND = '''
from heat.cmd import manage
assert manage.main(%s) == %s
'''


class ImportsTest(testtools.TestCase):

    def run_code(self, code):
        """Return the modules that a new process has in the end."""
        directory = self.useFixture(fixtures.TempDir()).path
        path = os.path.join(directory, 'heat.sqlite')
        open(path, 'w').close()
        connection = 'sqlite:///' + path
        result = subprocess.run(
            (sys.executable, '-c', code + '\nimport sys; print(*sys.modules)'),
            env={**os.environ, 'OS_DATABASE__CONNECTION': connection},
            cwd=directory, text=True, capture_output=True)
        self.assertEqual((0, ''), (result.returncode, result.stderr))
        return set(result.stdout.splitlines()[-1].split())

    def assert_not_loaded(self, code, modules):
        self.assertEqual(set(), self.run_code(code) & modules)

    def test_api(self):
        self.assert_not_loaded(
            'import heat.db.api', DRIVERS | TOOLS | COMMANDS | OPERATORS)

    def test_crypt(self):
        self.assert_not_loaded('from heat.db import crypt', TOOLS)

    def test_stack_update(self):
        self.assert_not_loaded(UPDATE, DRIVERS | TOOLS | COMMANDS | OPERATORS)

    def test_db_version(self):
        self.assert_not_loaded(COMMAND % (['db_version'], None),
                               DRIVERS | TOOLS | OPERATORS | MODELS)

    def test_db_sync(self):
        self.assert_not_loaded(
            COMMAND % (['db_sync'], 0),
            DRIVERS | MODELS | {'alembic', 'oslo_upgradecheck'})

    def test_db_check(self):
        self.assert_not_loaded(
            COMMAND % (['db_check'], 2), DRIVERS | {
                'migrate', 'oslo_upgradecheck',
                'heat.db.sqlalchemy.migration.sync'})

    def test_names_that_are_there(self):
        """What is not loaded yet is there all the same."""
        loaded = self.run_code(
            'import heat.db.api\nfor name in heat.db.api.__all__: '
            'assert callable(getattr(heat.db.api, name)) or name.isupper()')
        self.assertEqual(set(), OPERATORS - loaded)

    def test_names(self):
        self.assertEqual(set(), set(api.__all__) - set(dir(api)))
        self.assertEqual(len(api.__all__), len(set(api.__all__)))
        error = self.assertRaises(AttributeError, getattr, api, 'db_nothing')
        self.assertIn('heat.db.api', str(error))
