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

"""Databases to which someone else has added, or that were made otherwise."""

import sqlalchemy as sa

from heat.db import api
from heat.db import exception
from heat.tests import base
from heat.tests import databases
from heat.tests.db.sqlalchemy.migration import test_faults

# What stops a version: the engine, what makes it, what is named, and what
# drops it.
IN_THE_WAY = (
    ('postgresql', (
        'CREATE VIEW "My v" AS SELECT id, parameters, status_reason '
        'FROM stack',
        'CREATE MATERIALIZED VIEW mine AS SELECT * FROM resource_data',
        'CREATE VIEW grouped AS SELECT name FROM resource GROUP BY id',
        'CREATE RULE calm AS ON UPDATE TO resource '
        "WHERE NEW.status_reason = 'calm' DO INSTEAD NOTHING",
        'CREATE SCHEMA other',
        'CREATE TABLE other.alarm (id INTEGER REFERENCES watch_rule)'), (
        'stack.parameters can not be changed because of view "My v"; '
        'table resource can not be changed because of view grouped; '
        'resource_data.resource_id can not be changed because of '
        'materialized view mine; '
        'stack.status_reason can not be changed because of view "My v"; '
        'resource.status_reason can not be changed because of rule calm on '
        'table resource; '
        'table watch_rule can not be changed because of constraint '
        'alarm_id_fkey on table other.alarm'), (
        'DROP VIEW "My v", grouped', 'DROP MATERIALIZED VIEW mine',
        'DROP RULE calm ON resource', 'DROP SCHEMA other CASCADE')),
    ('postgresql', (
        'ALTER TABLE stack ADD size INTEGER '
        'GENERATED ALWAYS AS (length(status_reason)) STORED',
        "CREATE POLICY mine ON stack USING (parameters <> '')",
        'CREATE TRIGGER mine BEFORE UPDATE OF parameters ON stack FOR EACH '
        'ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()',
        'CREATE INDEX mine ON stack (upper(status_reason))'), (
        'stack.parameters can not be changed because of policy mine on table '
        'stack, trigger mine on table stack; '
        'stack.status_reason can not be changed because of column size of '
        'table stack'), (
        'ALTER TABLE stack DROP size', 'DROP POLICY mine ON stack',
        'DROP TRIGGER mine ON stack')),
    ('mysql', (
        'CREATE TABLE other (id INTEGER, CONSTRAINT mine FOREIGN KEY (id) '
        'REFERENCES watch_rule (id)) CHARSET utf8mb3',
        'ALTER TABLE stack ADD size INTEGER AS (LENGTH(parameters))',
        'ALTER TABLE resource_data ADD CONSTRAINT mine '
        "CHECK (resource_id <> 'x' OR redact)",
        'CREATE INDEX mine ON stack (status_reason, name)',
        'CREATE INDEX "alone" ON resource (status_reason)'), (
        'stack.parameters can not be changed because of column size; '
        'resource_data.resource_id can not be changed because of constraint '
        'mine; '
        'stack.status_reason can not be changed because of index mine; '
        'table watch_rule can not be changed because of foreign key '
        'mine of %(database)s.other'), (
        'DROP TABLE other', 'ALTER TABLE stack DROP size',
        'ALTER TABLE resource_data DROP CONSTRAINT mine',
        'DROP INDEX mine ON stack')),
    ('sqlite', (
        'CREATE VIEW "My v" AS SELECT parameters FROM stack',
        'CREATE VIEW free AS SELECT * FROM stack',
        'CREATE TRIGGER mine AFTER UPDATE ON stack '
        'BEGIN SELECT new.parameters; END',
        'CREATE INDEX mine ON stack (name) WHERE parameters IS NULL',
        'CREATE VIEW broken AS SELECT * FROM gone'), (
        'stack.tags can not be changed because of view broken; '
        'stack.parameters can not be changed because of view broken, index '
        'mine, view My v, trigger mine'), (
        'DROP VIEW "My v"', 'DROP TRIGGER mine', 'DROP INDEX mine',
        'DROP VIEW broken')),
)


class AnotherHandTest(test_faults.FaultsTestCase):

    def change(self, *statements):
        mark = '`' if self.driver == 'mysql' else '"'
        for statement in statements:
            self.execute(statement.replace('"', mark))

    def rename_foreign_key(self, table, column, target):
        key, = [key['name'] for key in
                sa.inspect(self.engine).get_foreign_keys(table)
                if key['constrained_columns'] == [column]]
        drop = 'FOREIGN KEY' if self.driver == 'mysql' else 'CONSTRAINT'
        self.change(
            'ALTER TABLE %s DROP %s %s' % (table, drop, key),
            'ALTER TABLE %s ADD CONSTRAINT "My %s-key" FOREIGN KEY (%s) '
            'REFERENCES %s (id)' % (table, column, column, target))

    def test_what_is_in_the_way(self):
        for driver, made, named, dropped in IN_THE_WAY:
            if driver == self.driver:
                self.load('046')
                self.change(*made)
                self.assert_in_the_way(
                    named % {'database': self.engine.url.database} +
                    '; drop what is in the way, run db_sync again, and make '
                    'it anew as far as it still fits')
                self.change(*dropped)
                api.db_sync(self.engine)
                databases.empty(self.engine)

    def assert_in_the_way(self, text):
        before = self.describe()
        error = self.assertRaises(exception.MigrationError, api.db_sync,
                                  self.engine)
        self.assertEqual(text, str(error))
        self.assertEqual(before, self.describe())
        self.assertFalse(api.db_status(self.engine).half_applied)

    @base.only_on('mysql')
    def test_partitions(self):
        self.load('046')
        self.change('ALTER TABLE event DROP FOREIGN KEY event_ibfk_1, '
                    'DROP INDEX event_uuid_key',
                    'ALTER TABLE event PARTITION BY HASH (id) PARTITIONS 3')
        self.assert_in_the_way(
            'table event is partitioned, and can have no foreign key; use '
            'ALTER TABLE ... REMOVE PARTITIONING, and run db_sync again')
        self.change('ALTER TABLE event REMOVE PARTITIONING')
        api.db_sync(self.engine)

    @base.only_on('mysql', 'postgresql')
    def test_names_of_keys(self):
        for start, version, *key in (
                ('055', 56, 'resource_data', 'resource_id', 'resource'),
                ('062', 63, 'raw_template', 'predecessor', 'raw_template'),
                ('071', 72, 'resource_data', 'resource_id', 'resource')):
            self.load(start)
            api.db_sync(self.engine, version)
            self.rename_foreign_key(*key)
            if self.driver == 'postgresql':
                self.change('ALTER INDEX resource_pkey RENAME TO "Idx 1"')
            self.assertFalse(api.db_status(self.engine).half_applied)
            api.db_sync(self.engine)
            self.assertEqual([], api.db_drift(self.engine))

    @base.only_on('postgresql')
    def test_other_sequences(self):
        for statements in (
                ['ALTER SEQUENCE raw_template_id_seq RENAME TO "My 100%%"'],
                ['ALTER TABLE raw_template ALTER id DROP DEFAULT',
                 'ALTER SEQUENCE raw_template_id_seq OWNED BY NONE',
                 "ALTER TABLE raw_template ALTER id "
                 "SET DEFAULT nextval('raw_template_id_seq')"],
                ['ALTER TABLE raw_template ALTER id DROP DEFAULT',
                 'DROP SEQUENCE raw_template_id_seq',
                 'ALTER TABLE raw_template ALTER id '
                 'ADD GENERATED BY DEFAULT AS IDENTITY (START 1000)']):
            self.load('055')
            self.change('UPDATE stack SET raw_template_id = 1, '
                        'deleted_at = NULL', *statements)
            before = self.select('SELECT id, parameters FROM stack')
            api.db_sync(self.engine)
            self.assertEqual(set(before), set(self.select(
                'SELECT stack.id, environment FROM stack '
                'JOIN raw_template ON raw_template.id = raw_template_id')))
            self.assertEqual([], api.db_drift(self.engine))

    @base.only_on('mysql')
    def test_zero_dates(self):
        self.load('046')
        dated = ('event', 'raw_template', 'resource', 'resource_data',
                 'software_deployment', 'stack')
        counts = []
        for table in dated:
            # Not in the mode of oslo.db.
            self.execute("SET STATEMENT sql_mode = '' FOR UPDATE %s SET "
                         "created_at = '0000-00-00'" % table)
        # Templates are copied.
        self.execute('UPDATE stack SET raw_template_id = 1')
        for _unused in 'before', 'afterwards':
            counts.append([self.select(
                "SELECT COUNT(*) > 0, SUM(CAST(created_at AS CHAR) NOT LIKE "
                "'0000%%') FROM " + table) for table in dated])
            api.db_sync(self.engine)
        self.assertEqual([[[(1, 0)]] * len(dated)] * 2, counts)

    @base.only_on('mysql')
    def test_long_characters_at_the_ends_of_batches(self):
        """By a connection that can not read them."""
        databases.load(self.engine, '046', charset='utf8mb4')
        self.execute(
            'INSERT INTO stack (id, raw_template_id, disable_rollback) '
            'SELECT CONCAT(CONVERT(0xF09F9880 USING utf8mb4), seq), 1, 0 '
            'FROM seq_1_to_1200')
        charsets = ('SELECT @@character_set_client, @@character_set_results, '
                    '@@collation_connection')
        before = self.select(charsets)
        self.assertIn('utf8mb3', before[0])
        api.db_sync(self.engine, 47)
        self.assertEqual([(0,)], self.select(
            'SELECT COUNT(*) FROM stack WHERE nested_depth IS NULL'))
        self.assertEqual(before, self.select(charsets))

    @base.only_on('sqlite')
    def test_views_and_triggers(self):
        self.load('046')
        tables = ('raw_template', 'resource', 'resource_data',
                  'software_deployment', 'stack')
        self.change('CREATE TABLE log (id TEXT)')
        for table in tables:
            self.change(
                'CREATE VIEW "of %s" AS SELECT * FROM %s' % (table, table),
                'CREATE TRIGGER "on %s" AFTER UPDATE ON %s '
                'BEGIN INSERT INTO log VALUES (new.id); END' % (table, table))
        api.db_sync(self.engine)
        for table in tables:
            self.assertEqual(
                self.select('SELECT COUNT(*) FROM ' + table),
                self.select('SELECT COUNT(*) FROM "of %s"' % table))
            self.execute('DELETE FROM log')
            self.execute('UPDATE %s SET created_at = NULL' % table)
            self.assertNotEqual([], self.select('SELECT * FROM log'), table)

    def test_indexes(self):
        self.load('046')
        self.change(
            'CREATE INDEX "My one" ON resource (name)',
            'CREATE UNIQUE INDEX "My two" ON resource_data (id, resource_id)',
            'CREATE INDEX "My three" ON resource_data (redact, resource_id)')
        applied = api.db_sync(self.engine)
        self.assertEqual([], [
            line for line in api.db_drift(self.engine) if 'My' not in line])
        self.assertEqual(
            [] if self.driver == 'sqlite' else
            ['index %s of resource_data is dropped, as it is on the old '
             'resource_id' % name for name in ('My three', 'My two')],
            [text for step in applied for text in step.told
             if 'index' in text])
        self.assertEqual(0, len(api.db_plan(self.engine)))
        databases.empty(self.engine)
