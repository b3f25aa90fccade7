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

"""What differs from the models is named, and nothing else, on every engine.

Every difference is made by a statement that an operator could have sent.
"""

from oslo_db import exception as db_exception

from heat.db import api
from heat.db.sqlalchemy import models
from heat.tests import base
from heat.tests import databases
from heat.tests import schema

TABLES = len(models.Base.metadata.tables)


class NoDriftTest(base.DBTestCase):

    def test_from_nothing(self):
        api.db_sync(self.engine)
        self.assertEqual([], api.db_drift(self.engine))

    def test_from_046(self):
        databases.load(self.engine, '046')
        api.db_sync(self.engine)
        self.assertEqual([], api.db_drift(self.engine))

    def test_from_054(self):
        databases.load(self.engine, '054')
        api.db_sync(self.engine)
        self.assertEqual([], api.db_drift(self.engine))

    @base.only_on('mysql')
    def test_charset_is_another_matter(self):
        databases.load(self.engine, '054', charset='utf8mb4')
        api.db_sync(self.engine)
        self.assertEqual([], api.db_drift(self.engine))


class OtherVersionTest(base.DBTestCase):

    def test_054(self):
        databases.load(self.engine, '054')
        drift = api.db_drift(self.engine)
        for missing in (
                'column current_deps', 'column current_traversal',
                'column prev_raw_template_id',
                'foreign key of prev_raw_template_id to raw_template.id',
                'index ix_stack_owner_id'):
            self.assertIn('stack: %s is missing' % missing, drift)
        for line in (
                'resource.id is VARCHAR(36), not INTEGER',
                'resource: uuid is not unique',
                'stack: there is a column parameters that Heat does not know',
                'table sync_point is missing',
                'there is a table watch_rule that Heat does not know'):
            self.assertIn(line, drift)

    def test_empty_database(self):
        self.assertEqual(
            sorted('table %s is missing' % name
                   for name in models.Base.metadata.tables),
            api.db_drift(self.engine))


class DriftTestCase(base.DBTestCase):

    def setUp(self):
        super().setUp()
        api.db_sync(self.engine)

    def change(self, table, sqlite, mysql, postgresql):
        """Change a table.

        :param sqlite: what to replace in its CREATE TABLE, and by what
        :param mysql: the end of an ALTER TABLE
        :param postgresql: the end of an ALTER TABLE
        """
        if self.driver == 'sqlite':
            self._make_again(table, *sqlite)
        else:
            self.execute('ALTER TABLE %s %s' % (
                table, {'mysql': mysql, 'postgresql': postgresql}[
                    self.driver]))

    def _make_again(self, table, old, new):
        statements = [sql for sql, in self.select(
            "SELECT sql FROM sqlite_master WHERE tbl_name = '%s' "
            "AND sql IS NOT NULL ORDER BY type = 'index'" % table)]
        self.assertIn(old, statements[0])
        self.execute('DROP TABLE %s' % table)
        self.execute(statements[0].replace(old, new))
        for index in statements[1:]:
            self.execute(index)

    def assert_drift(self, *expected):
        self.assertEqual(sorted(expected), api.db_drift(self.engine))


class TableTest(DriftTestCase):

    def test_unknown_table(self):
        self.execute('CREATE TABLE foo (id INTEGER)')
        self.assert_drift('there is a table foo that Heat does not know')

    def test_missing_table(self):
        self.execute('DROP TABLE snapshot')
        self.assert_drift('table snapshot is missing')

    @base.only_on('sqlite', 'mysql')
    def test_missing_table_that_others_refer_to(self):
        databases.lose_table(self.engine, 'stack')
        self.assert_drift('table stack is missing')

    def test_changes_nothing_and_stays_within_bounds(self):
        counts = []
        for number in range(3):
            self.execute('CREATE TABLE foo_%d (id INTEGER)' % number)
            before = schema.describe(self.engine), schema.rows(self.engine)
            with base.recorded_statements(self.engine) as statements:
                api.db_drift(self.engine)
            self.assertEqual(before, (schema.describe(self.engine),
                                      schema.rows(self.engine)))
            for statement in statements:
                # What is set is a setting of the session.
                self.assertIn(statement.split()[0].upper(), (
                    'SELECT', 'SHOW', 'PRAGMA', 'WITH', 'BEGIN', 'SET',
                    'RESET'))
            counts.append(len(statements))
        self.assertLessEqual(max(counts), 25 * TABLES)
        self.assertEqual(1, len(set(counts)), counts)


class ColumnTest(DriftTestCase):

    def test_missing_column(self):
        self.execute('ALTER TABLE stack DROP COLUMN current_deps')
        self.assert_drift('stack: column current_deps is missing')

    def test_unknown_column(self):
        self.execute('ALTER TABLE stack ADD COLUMN tags TEXT')
        self.assert_drift(
            'stack: there is a column tags that Heat does not know')

    def test_shorter_string(self):
        self.change('stack',
                    ('status VARCHAR(255)', 'status VARCHAR(100)'),
                    'MODIFY status VARCHAR(100)',
                    'ALTER status TYPE VARCHAR(100)')
        self.assert_drift('stack.status is VARCHAR(100), not VARCHAR(255)')

    def test_other_type(self):
        self.change('stack', ('timeout INTEGER', 'timeout TEXT'),
                    'MODIFY timeout TEXT', 'ALTER timeout TYPE TEXT')
        self.assert_drift('stack.timeout is TEXT, not INTEGER')

    @base.only_on('mysql', 'postgresql')
    def test_type_that_sqlalchemy_does_not_know(self):
        self.change('stack', None, 'DROP timeout, ADD timeout POINT',
                    'ALTER timeout TYPE POINT USING NULL')
        self.assert_drift('stack.timeout has a type that Heat does not know')

    @base.only_on('mysql')
    def test_smaller_and_larger_texts(self):
        self.execute('ALTER TABLE stack MODIFY current_deps MEDIUMTEXT')
        self.execute('ALTER TABLE user_creds '
                     'CONVERT TO CHARACTER SET utf8mb4')
        self.assertIn('mediumtext', self.select(
            'SHOW CREATE TABLE user_creds')[0][1])
        self.assert_drift('stack.current_deps is MEDIUMTEXT, not LONGTEXT')

    def test_allows_null(self):
        self.change('stack', ('disable_rollback BOOLEAN NOT NULL',
                              'disable_rollback BOOLEAN'),
                    'MODIFY disable_rollback BOOL',
                    'ALTER disable_rollback DROP NOT NULL')
        self.assert_drift('stack.disable_rollback allows NULL')

    def test_does_not_allow_null(self):
        self.change('stack', ('status VARCHAR(255)',
                              'status VARCHAR(255) NOT NULL'),
                    'MODIFY status VARCHAR(255) NOT NULL',
                    'ALTER status SET NOT NULL')
        self.assert_drift('stack.status does not allow NULL')

    def test_default(self):
        self.change('stack', ('timeout INTEGER', 'timeout INTEGER DEFAULT 7'),
                    'ALTER timeout SET DEFAULT 7',
                    'ALTER timeout SET DEFAULT 7')
        self.assert_drift('stack.timeout has the default 7, not NULL')

    @base.only_on('mysql', 'postgresql')
    def test_comment_is_no_drift(self):
        self.execute({
            'mysql': "ALTER TABLE stack MODIFY timeout INTEGER COMMENT 'm'",
            'postgresql': "COMMENT ON COLUMN stack.timeout IS 'm'"
        }[self.driver])
        self.assert_drift()


class KeyTest(DriftTestCase):

    def test_missing_primary_key(self):
        self.change('service', (', \n\tPRIMARY KEY (id)', ''),
                    'DROP PRIMARY KEY', 'DROP CONSTRAINT service_pkey')
        self.assert_drift('service: the primary key is none, not id')

    def test_other_primary_key(self):
        self.change('service', ('PRIMARY KEY (id)', 'PRIMARY KEY (host)'),
                    'DROP PRIMARY KEY, ADD PRIMARY KEY (host)',
                    'DROP CONSTRAINT service_pkey, ADD PRIMARY KEY (host)')
        self.assert_drift('service: the primary key is host, not id')

    @base.only_on('mysql', 'postgresql')
    def test_key_that_is_not_numbered(self):
        self.change('resource_data', None, 'MODIFY id INTEGER NOT NULL',
                    'ALTER id DROP DEFAULT')
        self.assert_drift(
            'resource_data.id is not numbered by the database')

    def test_missing_foreign_key(self):
        self.change(
            'stack', (', \n\tCONSTRAINT prev_raw_template_ref FOREIGN KEY'
                      '(prev_raw_template_id) REFERENCES raw_template (id)',
                      ''),
            'DROP FOREIGN KEY prev_raw_template_ref',
            'DROP CONSTRAINT prev_raw_template_ref')
        self.assert_drift('stack: foreign key of prev_raw_template_id to '
                          'raw_template.id is missing')

    def test_unknown_foreign_key(self):
        add = ('ADD CONSTRAINT foo FOREIGN KEY (timeout) '
               'REFERENCES raw_template (id)')
        self.change('stack', (
            'timeout INTEGER',
            'timeout INTEGER REFERENCES raw_template (id)'), add, add)
        self.assert_drift('stack: there is a foreign key of timeout to '
                          'raw_template.id that Heat does not know')

    def test_foreign_key_that_deletes(self):
        add = ('ADD CONSTRAINT foo FOREIGN KEY (raw_template_id) '
               'REFERENCES raw_template (id) ON DELETE CASCADE')
        self.change(
            'stack', ('(raw_template_id) REFERENCES raw_template (id)',
                      '(raw_template_id) REFERENCES raw_template (id) '
                      'ON DELETE CASCADE'),
            'DROP FOREIGN KEY stack_ibfk_1, ' + add,
            'DROP CONSTRAINT stack_raw_template_id_fkey, ' + add)
        self.assert_drift(
            'stack: foreign key of raw_template_id to raw_template.id is '
            'missing',
            'stack: there is a foreign key of raw_template_id to '
            'raw_template.id ON DELETE CASCADE that Heat does not know')

    @base.only_on('postgresql')
    def test_foreign_key_that_is_not_validated(self):
        self.execute('ALTER TABLE stack DROP CONSTRAINT prev_raw_template_ref'
                     ', ADD CONSTRAINT foo FOREIGN KEY (prev_raw_template_id)'
                     ' REFERENCES raw_template (id) NOT VALID')
        self.assert_drift('stack: foreign key foo is not validated')


class IndexTest(DriftTestCase):

    def drop_index(self, name, table):
        self.execute('DROP INDEX %s%s' % (
            name, ' ON %s' % table if self.driver == 'mysql' else ''))

    def test_missing_index(self):
        self.drop_index('ix_resource_root_stack_id', 'resource')
        self.drop_index('ix_stack_name', 'stack')
        self.assert_drift(
            'resource: index ix_resource_root_stack_id is missing',
            'stack: index ix_stack_name is missing')

    def test_index_that_no_version_makes_serves_as_well(self):
        self.drop_index('ix_stack_tenant', 'stack')
        self.assert_drift()

    def test_other_name(self):
        self.drop_index('ix_stack_name', 'stack')
        self.execute('CREATE INDEX foo ON stack (name)')
        self.assert_drift()

    def test_name_with_other_column(self):
        self.drop_index('ix_stack_name', 'stack')
        self.execute('CREATE INDEX ix_stack_name ON stack (owner_id, name)')
        self.assert_drift(
            'stack: index ix_stack_name is missing',
            'stack: there is an index ix_stack_name on owner_id, name that '
            'Heat does not know')

    def test_wider_index_serves_as_well(self):
        self.drop_index('ix_stack_name', 'stack')
        self.execute('CREATE INDEX foo ON stack (name, owner_id)')
        self.assert_drift('stack: there is an index foo on name, owner_id '
                          'that Heat does not know')

    def test_index_that_makes_unique(self):
        self.drop_index('ix_stack_name', 'stack')
        self.execute('CREATE UNIQUE INDEX ix_stack_name ON stack (name)')
        self.assert_drift('stack: there is a unique index ix_stack_name on '
                          'name that Heat does not know')

    def test_not_unique(self):
        self.change('event', ('UNIQUE (uuid)', 'CHECK (1)'),
                    'DROP INDEX event_uuid_key',
                    'DROP CONSTRAINT event_uuid_key')
        self.assert_drift('event: uuid is not unique')

    def test_unique_by_an_index(self):
        self.change('event', ('UNIQUE (uuid)', 'CHECK (1)'),
                    'DROP INDEX event_uuid_key',
                    'DROP CONSTRAINT event_uuid_key')
        self.execute('CREATE UNIQUE INDEX foo ON event (uuid)')
        self.assert_drift()

    @base.only_on('sqlite', 'postgresql')
    def test_index_on_an_expression(self):
        self.execute('CREATE INDEX foo ON stack (lower(name))')
        self.drop_index('ix_stack_name', 'stack')
        self.assertIn('stack: index ix_stack_name is missing',
                      api.db_drift(self.engine))

    @base.only_on('postgresql')
    def test_invalid_index(self):
        for key in '1', '2':
            self.insert('software_config', id=key, tenant='t')
        self.drop_index('ix_software_config_tenant', 'software_config')
        with self.engine.connect() as conn:
            self.assertRaises(
                db_exception.DBError,
                conn.execution_options(
                    isolation_level='AUTOCOMMIT').exec_driver_sql,
                'CREATE UNIQUE INDEX CONCURRENTLY foo '
                'ON software_config (tenant)')
        self.assert_drift(
            'software_config: index foo is invalid: PostgreSQL does not '
            'read it',
            'software_config: there is a unique index foo on tenant that '
            'Heat does not know')
