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
import json
import os
import re

from oslo_db import exception as db_exception
import sqlalchemy as sa
import testtools

from heat.db import api
from heat.db import exception
from heat.db.sqlalchemy.migration import repository
from heat.tests import base
from heat.tests import databases
from heat.tests import schema

VERSIONS = os.path.join(repository.PATH, 'versions')
SCRIPTS = sorted(name for name in os.listdir(VERSIONS)
                 if name.endswith('.py') and name != '__init__.py')

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
                hasattr(WalkTest, '_check_' + name[:3]),
                '%s has no _check_%s in WalkTest' % (name, name[:3]))

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


class WalkTest(base.DBTestCase):
    """Go through the versions one by one, and look at what each did."""

    def test_walk(self):
        for name in SCRIPTS:
            number = int(name[:3])
            getattr(self, '_pre_' + name[:3], lambda: None)()
            with base.recorded_statements(self.engine) as statements:
                api.db_sync(self.engine, number)
            self.assertEqual(number, api.db_version(self.engine))
            self._check_old_code_can_live_with(number, statements)
            getattr(self, '_check_' + name[:3])()

    def _check_old_code_can_live_with(self, number, statements):
        found = {re.sub(r'\s+', ' ', re.sub(r'\([^)]*\?.*\)|\([^)]*%.*\)',
                                            '(...)', statement))
                 for statement in statements if FORBIDDEN.search(statement)
                 and not statement.lstrip().startswith('CREATE TABLE')
                 and 'migrate_version' not in statement}
        self.assertEqual(
            set(), found - HISTORICAL_EXCEPTIONS.get(number, set()))

    def _columns(self, table):
        return {column['name']: column
                for column in sa.inspect(self.engine).get_columns(table)}

    def _indexes(self, table):
        return {index['name']
                for index in sa.inspect(self.engine).get_indexes(table)}

    def _stack(self, stack_id, **values):
        self.insert('stack', id=stack_id, raw_template_id=1,
                    disable_rollback=False, **values)

    def _check_046(self):
        self.assertEqual(
            {'event', 'migrate_version', 'raw_template', 'resource',
             'resource_data', 'snapshot', 'software_config',
             'software_deployment', 'stack', 'stack_lock', 'user_creds',
             'watch_data', 'watch_rule'},
            set(sa.inspect(self.engine).get_table_names()))

    def _pre_047(self):
        self.insert('raw_template', id=1, template='{}')
        self._stack('top')
        # Deeper and more than a script handles at a time.
        for number in range(1100):
            self._stack('child-%04d' % number, owner_id='top', backup=False)
        self._stack('grandchild', owner_id='child-1099')
        self._stack('deleted', owner_id='grandchild',
                    deleted_at='2015-01-01 00:00:00')
        self._stack('backup', owner_id='top', backup=True)
        self._stack('below-backup', owner_id='backup')
        self._stack('orphan', owner_id='gone')
        self._stack('below-orphan', owner_id='orphan')
        self._stack('own-owner', owner_id='own-owner')
        self._stack('top-backup', backup=True)
        self._stack('below-top-backup', owner_id='top-backup')

    def _check_047(self):
        depths = dict(self.select('SELECT id, nested_depth FROM stack'))
        self.assertEqual(
            {1}, {depths.pop('child-%04d' % n) for n in range(1100)})
        self.assertEqual(
            {'top': 0, 'grandchild': 2, 'deleted': 3, 'backup': 0,
             'below-backup': 0, 'orphan': 0, 'below-orphan': 0,
             'own-owner': 0, 'top-backup': 0, 'below-top-backup': 0},
            depths)

    def _check_048(self):
        self.assertIsNone(self._columns('resource')['id']['default'])

    def _check_049(self):
        self.assertIn('region_name', self._columns('user_creds'))

    def _check_050(self):
        self.assertIn('tags', self._columns('stack'))

    def _check_051(self):
        self.assertIn('engine_id', self._columns('service'))

    def _check_052(self):
        self.assertEqual(
            [(False,)], self.select('SELECT DISTINCT convergence FROM stack'))

    def _check_053(self):
        self.assertLessEqual({'ix_stack_name', 'ix_stack_tenant'},
                             self._indexes('stack'))

    def _pre_054(self):
        for stack_id, tags in (('top', ['a', 'ü' * 80]), ('orphan', []),
                               ('backup', None), ('grandchild', ['a'])):
            self._set_tags(stack_id, json.dumps(tags))
        # What is no list of tags stops the script before it loses anything.
        for wrong in ('{"a": 1}', '["%s"]' % ('x' * 81), '[1]', 'a', '0',
                      '{}', '""', 'false', '["\\ud800"]', '["\\u0000"]',
                      '[' * 100000):
            self._set_tags('deleted', wrong)
            self.assertRaisesRegex(exception.MigrationError, 'deleted',
                                   api.db_sync, self.engine, 54)
        self.assertIn('tags', self._columns('stack'))
        self._set_tags('deleted', '["b"]')

    def _set_tags(self, stack_id, tags):
        with self.engine.begin() as conn:
            conn.execute(sa.text('UPDATE stack SET tags = :tags '
                                 'WHERE id = :id'),
                         {'tags': tags, 'id': stack_id})

    def _check_054(self):
        self.assertNotIn('tags', self._columns('stack'))
        self.assertEqual(
            [('deleted', 'b'), ('grandchild', 'a'), ('top', 'a'),
             ('top', 'ü' * 80)],
            sorted(self.select('SELECT stack_id, tag FROM stack_tag')))

    def _check_055(self):
        columns = self._columns('stack')
        for name in ('prev_raw_template_id', 'current_traversal',
                     'current_deps'):
            self.assertTrue(columns[name]['nullable'], name)
        indexes = self._indexes('stack')
        for column in ('prev_raw_template_id', 'raw_template_id'):
            self.assertTrue(
                {'ix_stack_' + column, column, 'prev_raw_template_ref'}
                & indexes, column)
        self.assertIn(['prev_raw_template_id'], [
            key['constrained_columns'] for key in
            sa.inspect(self.engine).get_foreign_keys('stack')])


class Statements055Test(base.DBTestCase):
    """What 055 sends, and what it makes of what it finds."""

    EXPECTED = {
        'sqlite': [
            'ALTER TABLE stack ADD COLUMN prev_raw_template_id INTEGER '
            'CONSTRAINT prev_raw_template_ref REFERENCES raw_template (id)',
            'ALTER TABLE stack ADD COLUMN current_traversal VARCHAR(36)',
            'ALTER TABLE stack ADD COLUMN current_deps TEXT',
            'CREATE INDEX ix_stack_prev_raw_template_id '
            'ON stack (prev_raw_template_id)',
            'CREATE INDEX ix_stack_raw_template_id ON stack '
            '(raw_template_id)'],
        'mysql': [
            'ALTER TABLE stack ADD COLUMN prev_raw_template_id INTEGER, '
            'ADD COLUMN current_traversal VARCHAR(36), '
            'ADD COLUMN current_deps LONGTEXT',
            'CREATE INDEX prev_raw_template_ref '
            'ON stack (prev_raw_template_id)',
            'SET SESSION foreign_key_checks = 0',
            'ALTER TABLE stack ADD CONSTRAINT prev_raw_template_ref '
            'FOREIGN KEY (prev_raw_template_id) REFERENCES raw_template (id)',
            'SET SESSION foreign_key_checks = 1'],
        'postgresql': [
            'ALTER TABLE stack ADD COLUMN prev_raw_template_id INTEGER, '
            'ADD COLUMN current_traversal VARCHAR(36), '
            'ADD COLUMN current_deps TEXT',
            'ALTER TABLE stack ADD CONSTRAINT prev_raw_template_ref '
            'FOREIGN KEY (prev_raw_template_id) REFERENCES raw_template (id) '
            'NOT VALID',
            'ALTER TABLE stack VALIDATE CONSTRAINT prev_raw_template_ref',
            'CREATE INDEX CONCURRENTLY ix_stack_prev_raw_template_id '
            'ON stack (prev_raw_template_id)',
            'CREATE INDEX CONCURRENTLY ix_stack_raw_template_id '
            'ON stack (raw_template_id)'],
    }

    def _sync(self):
        with base.recorded_statements(self.engine) as statements:
            api.db_sync(self.engine, 55)
        return [statement for statement in statements
                if re.match(r'ALTER|CREATE|DROP|INSERT|DELETE|SET SESSION f',
                            statement)
                and 'migrate_version' not in statement]

    def test_statements_whatever_the_number_of_rows(self):
        for stacks in (0, 1100):
            databases.empty(self.engine)
            api.db_sync(self.engine, 54)
            self.insert('raw_template', id=1)
            for number in range(stacks):
                self.insert('stack', id=str(number), raw_template_id=1,
                            disable_rollback=False)
            self.assertEqual(self.EXPECTED[self.driver], self._sync())

    def test_what_is_there_already_is_not_sent(self):
        # Heat's own 055, killed after any of its statements.
        if self.driver == 'sqlite':
            return
        added = ['ADD prev_raw_template_id INTEGER',
                 'ADD current_traversal VARCHAR(36)',
                 'ADD current_deps ' + (
                     'LONGTEXT' if self.driver == 'mysql' else 'TEXT'),
                 'ADD CONSTRAINT prev_raw_template_ref FOREIGN KEY '
                 '(prev_raw_template_id) REFERENCES raw_template (id)']
        databases.load(self.engine, '054')
        api.db_sync(self.engine)
        expected = schema.describe(self.engine)
        for count in range(1, len(added) + 1):
            databases.empty(self.engine)
            databases.load(self.engine, '054')
            for clause in added[:count]:
                self.execute('ALTER TABLE stack ' + clause)
            api.db_sync(self.engine)
            self.assertEqual({}, schema.difference(
                expected, schema.describe(self.engine)), count)

    def test_invalid_index_is_replaced(self):
        if self.driver != 'postgresql':
            return
        databases.load(self.engine, '054')
        with self.engine.connect().execution_options(
                isolation_level='AUTOCOMMIT') as conn:
            self.assertRaises(
                db_exception.DBError, conn.exec_driver_sql,
                'CREATE UNIQUE INDEX CONCURRENTLY ix_stack_raw_template_id '
                'ON stack (raw_template_id)')
        self.assertIn(
            'DROP INDEX CONCURRENTLY ix_stack_raw_template_id', self._sync())
        self.assertEqual([(True, False)], self.select(
            'SELECT indisvalid, indisunique FROM pg_index WHERE indexrelid = '
            "to_regclass('ix_stack_raw_template_id')"))

    def test_other_index_of_the_name_is_refused(self):
        if self.driver == 'mysql':
            return
        databases.load(self.engine, '054')
        self.execute('CREATE INDEX ix_stack_raw_template_id ON stack (name)')
        self.assertRaisesRegex(exception.MigrationError, 'drop it',
                               api.db_sync, self.engine)

    def test_value_that_refers_to_nothing_is_not_overlooked(self):
        if self.driver != 'mysql':
            return
        databases.load(self.engine, '054')
        self.execute('ALTER TABLE stack ADD prev_raw_template_id INTEGER')
        self.execute('UPDATE stack SET prev_raw_template_id = 12345')
        self.assertRaises(db_exception.DBReferenceError,
                          api.db_sync, self.engine)
        self.assertEqual(54, api.db_version(self.engine))

    def test_column_without_its_key_is_refused(self):
        if self.driver != 'sqlite':
            return
        databases.load(self.engine, '054')
        self.execute('ALTER TABLE stack ADD prev_raw_template_id INTEGER')
        self.assertRaisesRegex(exception.MigrationError, 'foreign key',
                               api.db_sync, self.engine)
