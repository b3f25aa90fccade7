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

"""What of someone else is in the way of a version."""

import sqlalchemy as sa

from heat.db import api
from heat.db import exception
from heat.tests import base
from heat.tests import databases
from heat.tests.db.sqlalchemy.migration import test_another_hand

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
        'CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS '
        "'BEGIN PERFORM OLD.parameters; RETURN NEW; END'",
        'CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS '
        "'BEGIN PERFORM NEW.resource_id, NEW.key_parameters; RETURN NEW; END'",
        'CREATE TRIGGER reads AFTER UPDATE ON stack FOR EACH ROW '
        'EXECUTE FUNCTION look()',
        'CREATE TRIGGER keeps AFTER DELETE ON resource_data FOR EACH ROW '
        'EXECUTE FUNCTION keep()',
        'CREATE TRIGGER keeps AFTER DELETE ON stack FOR EACH ROW '
        'EXECUTE FUNCTION keep()',
        'CREATE INDEX mine ON stack (upper(status_reason))'), (
        'stack.parameters can not be changed because of policy mine on table '
        'stack, trigger mine on table stack, trigger reads on table stack; '
        'stack.status_reason can not be changed because of column size of '
        'table stack'), (
        'ALTER TABLE stack DROP size', 'DROP POLICY mine ON stack',
        'DROP TRIGGER mine ON stack', 'DROP TRIGGER reads ON stack')),
    ('mysql', (
        'CREATE TABLE other (id INTEGER, CONSTRAINT mine FOREIGN KEY (id) '
        'REFERENCES watch_rule (id)) CHARSET utf8mb3',
        'ALTER TABLE stack ADD size INTEGER AS (LENGTH(parameters))',
        'ALTER TABLE resource_data ADD CONSTRAINT mine '
        "CHECK (resource_id <> 'x' OR redact)",
        'ALTER TABLE resource ADD counter INTEGER AUTO_INCREMENT UNIQUE',
        'CREATE TRIGGER mine BEFORE UPDATE ON stack FOR EACH ROW '
        'SET @mine = OLD.`parameters`',
        'CREATE TRIGGER keeps BEFORE DELETE ON resource_data FOR EACH ROW '
        'SET @mine = OLD.resource_id, @parameters = OLD.id',
        'CREATE INDEX mine ON stack (status_reason, name)',
        'CREATE INDEX "alone" ON resource (status_reason)'), (
        'stack.parameters can not be changed because of column size, '
        'trigger mine; '
        'table resource can not be changed because of column counter; '
        'resource_data.resource_id can not be changed because of constraint '
        'mine; '
        'stack.status_reason can not be changed because of index mine; '
        'table watch_rule can not be changed because of foreign key '
        'mine of %(database)s.other'), (
        'DROP TABLE other', 'ALTER TABLE stack DROP size',
        'DROP TRIGGER mine',
        'ALTER TABLE resource DROP counter',
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


class InTheWayTest(test_another_hand.AnotherHandTestCase):

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

    def test_index_of_a_name_that_is_wanted(self):
        """On a table that versions before make anew."""
        self.load('055')
        self.change('CREATE INDEX ix_resource_root_stack_id ON resource '
                    '(name)')
        self.assert_in_the_way(
            'there is an index ix_resource_root_stack_id on another column '
            'than root_stack_id; drop it and run db_sync again')

    @base.only_on('postgresql')
    def test_name_of_an_index_that_another_table_has(self):
        self.load('046')
        self.change('CREATE TABLE ix_stack_owner_id (id INTEGER)')
        self.assert_in_the_way(
            'the name ix_stack_owner_id, of an index to make, is taken by '
            'something else in the schema; rename that and run db_sync again')

    @base.only_on('postgresql')
    def test_tables_of_another_role(self):
        """Those that are changed: after 049, user_creds is not."""
        self.load('054')
        tables = sa.inspect(self.engine).get_table_names()
        role = 'pg_database_owner'
        self.change('GRANT ALL ON SCHEMA public TO ' + role, *(
            'ALTER TABLE %s OWNER TO %s' % (name, role) for name in tables
            if name not in ('event', 'user_creds')),
            'GRANT ALL ON user_creds, event TO ' + role)
        engine = sa.create_engine(self.engine.url.update_query_dict(
            {'options': '-c role=' + role}))
        self.addCleanup(engine.dispose)
        before = self.describe()
        error = self.assertRaises(exception.MigrationError, api.db_sync,
                                  engine)
        self.assertEqual(
            'tables to be changed that another role owns: event (of %s); let '
            'their owner run db_sync, or give them to its role with ALTER '
            'TABLE ... OWNER TO, and run db_sync again' %
            self.engine.url.username, str(error))
        self.assertEqual(before, self.describe())
        self.change('ALTER TABLE event OWNER TO ' + role)
        api.db_sync(engine)

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
