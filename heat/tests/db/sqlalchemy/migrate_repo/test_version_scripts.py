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

"""What holds for every version script, those to come included."""

import ast
import os
import re

import testtools

from heat.db import api
from heat.db.sqlalchemy.migration import repository
from heat.tests import base
from heat.tests.db.sqlalchemy.migrate_repo import walk_056

VERSIONS = os.path.join(repository.PATH, 'versions')
SCRIPTS = sorted(name for name in os.listdir(VERSIONS)
                 if name.endswith('.py') and name != '__init__.py')

# Heat kept these numbers for releases, and did not need them.
PLACEHOLDER = '_placeholder.py'

# What a script may use of Heat. What it means must stay what it meant when
# the script was written, which the models can not promise.
ALLOWED_IMPORTS = {'heat.db.exception', 'heat.common.i18n._',
                   'heat.db.sqlalchemy.ddl'}

# Statements that code of the version before could not live with.
FORBIDDEN = re.compile(
    r'\b(DROP (?!INDEX|DEFAULT)|RENAME|MODIFY|CHANGE|TRUNCATE|DELETE FROM)'
    r'|ALTER COLUMN \w+ (?!(SET DEFAULT NULL|DROP DEFAULT)$)'
    r'|\bADD (COLUMN )?\w+ [^,]*NOT NULL', re.I)

# Heat's history has some all the same.
HISTORICAL_EXCEPTIONS = {
    46: {"ALTER TABLE event ALTER COLUMN id SET DEFAULT nextval('evt')",
         'ALTER TABLE resource ALTER COLUMN id '
         "SET DEFAULT nextval('resource_id_seq')"},
    54: {'ALTER TABLE stack DROP COLUMN tags',
         # Its own, when it is run again.
         'DELETE FROM stack_tag WHERE stack_tag.stack_id IN (...)'},
    # They take what they took before, and more.
    61: {'ALTER TABLE %s ALTER COLUMN status_reason TYPE TEXT' % table
         for table in ('stack', 'resource', 'software_deployment')},
    # Another takes its place in the same statement.
    73: {'ALTER TABLE resource_data DROP FOREIGN KEY '
         'resource_data_resource_id_fkey, ADD CONSTRAINT fk_resource_id '
         'FOREIGN KEY (resource_id) REFERENCES resource (id) '
         'ON DELETE CASCADE',
         'ALTER TABLE resource_data DROP CONSTRAINT '
         'resource_data_resource_id_fkey, ADD CONSTRAINT fk_resource_id '
         'FOREIGN KEY (resource_id) REFERENCES resource (id) '
         'ON DELETE CASCADE NOT VALID'},
}


class ScriptFilesTest(testtools.TestCase):

    def test_numbers_have_no_gap_and_no_double(self):
        numbers = [int(name.split('_')[0]) for name in SCRIPTS]
        self.assertEqual(
            list(range(repository.INIT_VERSION + 1,
                       repository.INIT_VERSION + 1 + len(numbers))), numbers)

    def test_names_say_what_they_do(self):
        for name in SCRIPTS:
            self.assertRegex(name, r'^\d{3}(_[a-z0-9]+)+\.py$')

    def test_each_has_a_check(self):
        for name in SCRIPTS:
            self.assertTrue(
                hasattr(WalkTest, 'check_' + name[:3]) or
                name[3:] == PLACEHOLDER,
                '%s has no check_%s in WalkTest' % (name, name[:3]))

    def test_they_plan_the_same_each_time(self):
        for backend in 'sqlite', 'mysql', 'postgresql':
            plans = [api.db_plan_offline(backend, 45) for _time in range(5)]
            self.assertEqual(plans[:1] * 5, plans)

    def test_imports(self):
        for name in SCRIPTS:
            with open(os.path.join(VERSIONS, name)) as script:
                tree = ast.parse(script.read())
            for node in ast.walk(tree):
                if isinstance(node, ast.Import):
                    imports = {alias.name for alias in node.names}
                elif isinstance(node, ast.ImportFrom):
                    imports = {'%s.%s' % (node.module, alias.name)
                               for alias in node.names}
                else:
                    continue
                self.assertEqual(set(), {
                    imported for imported in imports - ALLOWED_IMPORTS
                    if imported.startswith('heat')}, name)


class WalkTest(walk_056.Walk):
    """Go through the versions one by one, and look at what each did."""

    def test_walk(self):
        scripts = repository.scripts(self.driver)
        for name in SCRIPTS:
            number = int(name[:3])
            getattr(self, 'prepare_' + name[:3], lambda: None)()
            with base.recorded_statements(self.engine) as statements:
                api.db_sync(self.engine, number, with_indexes=False)
            self.assertEqual(number, api.db_version(self.engine))
            if name[3:] == PLACEHOLDER:
                self.assertEqual([], self._changes(statements))
                continue
            if not scripts[number].needs_stopped_services:
                self._check_old_code_can_live_with(number, statements)
            getattr(self, 'check_' + name[:3])()

    def _changes(self, statements):
        return [statement for statement in statements if re.match(
            r'\s*(CREATE|ALTER|DROP|INSERT|UPDATE|DELETE)', statement)
            and 'migrate_version' not in statement]

    def _check_old_code_can_live_with(self, number, statements):
        found = {re.sub(r'\s+', ' ', re.sub(r'\([^)]*\?.*\)|\([^)]*%.*\)',
                                            '(...)', statement))
                 for statement in self._changes(statements)
                 if FORBIDDEN.search(statement)
                 and not statement.lstrip().startswith('CREATE TABLE')}
        self.assertEqual(
            set(), found - HISTORICAL_EXCEPTIONS.get(number, set()))
