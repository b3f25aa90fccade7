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

"""What 055 sends, and what it makes of what it finds."""

import re

from oslo_db import exception as db_exception

from heat.db import api
from heat.db import exception
from heat.tests import base
from heat.tests import databases
from heat.tests import schema


class Statements055Test(base.DBTestCase):

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

    @base.only_on('mysql', 'postgresql')
    def test_what_is_there_already_is_not_sent(self):
        # Heat's own 055, killed after any of its statements.
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

    @base.only_on('postgresql')
    def test_invalid_index_is_replaced(self):
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

    @base.only_on('sqlite', 'postgresql')
    def test_other_index_of_the_name_is_refused(self):
        databases.load(self.engine, '054')
        self.execute('CREATE INDEX ix_stack_raw_template_id ON stack (name)')
        self.assertRaisesRegex(exception.MigrationError, 'drop it',
                               api.db_sync, self.engine)

    @base.only_on('mysql')
    def test_value_that_refers_to_nothing_is_not_overlooked(self):
        databases.load(self.engine, '054')
        self.execute('ALTER TABLE stack ADD prev_raw_template_id INTEGER')
        self.execute('UPDATE stack SET prev_raw_template_id = 12345')
        self.assertRaises(db_exception.DBReferenceError,
                          api.db_sync, self.engine)
        self.assertEqual(54, api.db_version(self.engine))

    @base.only_on('sqlite')
    def test_column_without_its_key_is_refused(self):
        databases.load(self.engine, '054')
        self.execute('ALTER TABLE stack ADD prev_raw_template_id INTEGER')
        self.assertRaisesRegex(exception.MigrationError, 'foreign key',
                               api.db_sync, self.engine)
