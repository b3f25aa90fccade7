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

"""Resources get an integer key, whatever Heat's own 057 has left."""

import datetime

from oslo_db import exception as db_exception
import sqlalchemy as sa

from heat.db import api
from heat.db import exception
from heat.db.sqlalchemy import ddl
from heat.tests import base
from heat.tests import clients
from heat.tests import databases
from heat.tests.db.sqlalchemy.ddl import operations
from heat.tests import schema

# What Heat's own 057 sends, one statement after the other.
STATEMENTS = {
    'mysql': [
        'ALTER TABLE resource_data DROP FOREIGN KEY resource_data_ibfk_1',
        'ALTER TABLE resource_data CHANGE COLUMN resource_id '
        'tmp_res_uuid VARCHAR(36) NOT NULL',
        'ALTER TABLE resource_data ADD resource_id INTEGER',
        'ALTER TABLE resource ADD uuid VARCHAR(36)',
        'ALTER TABLE resource ADD tmp_id INTEGER',
        'SET @number = 0',
        'UPDATE resource SET uuid = id, tmp_id = (@number := @number + 1) '
        'ORDER BY created_at LIMIT 5',
        'SET @number = 0',
        'UPDATE resource SET uuid = id, tmp_id = (@number := @number + 1) '
        'ORDER BY created_at',
        'ALTER TABLE resource ADD CONSTRAINT resource_uuid_key UNIQUE (uuid)',
        'ALTER TABLE resource DROP COLUMN id',
        'ALTER TABLE resource CHANGE COLUMN tmp_id id INTEGER NULL',
        'ALTER TABLE resource ADD PRIMARY KEY (id)',
        'ALTER TABLE resource CHANGE COLUMN id id INTEGER NOT NULL '
        'AUTO_INCREMENT',
        'UPDATE resource_data SET resource_id = (SELECT id FROM resource '
        'WHERE uuid = tmp_res_uuid) LIMIT 3',
        'UPDATE resource_data SET resource_id = (SELECT id FROM resource '
        'WHERE uuid = tmp_res_uuid)',
        'DROP INDEX resource_id ON resource_data',
        'ALTER TABLE resource_data ADD CONSTRAINT '
        'resource_data_resource_id_fkey FOREIGN KEY (resource_id) '
        'REFERENCES resource (id)',
        'ALTER TABLE resource_data CHANGE COLUMN resource_id resource_id '
        'INTEGER NOT NULL',
        'ALTER TABLE resource_data DROP COLUMN tmp_res_uuid'],
    'postgresql': [
        'ALTER TABLE resource_data DROP CONSTRAINT '
        'resource_data_resource_id_fkey',
        'ALTER TABLE resource_data RENAME COLUMN resource_id TO tmp_res_uuid',
        'ALTER TABLE resource_data ADD resource_id INTEGER',
        'ALTER TABLE resource ADD uuid VARCHAR(36)',
        'CREATE SEQUENCE res',
        "ALTER TABLE resource ADD tmp_id INTEGER DEFAULT nextval('res')",
        "UPDATE resource SET uuid = id, tmp_id = 1 WHERE name = 'server_0' "
        'AND id = (SELECT MIN(id) FROM resource)',
        'UPDATE resource SET uuid = id, tmp_id = number FROM (SELECT id AS '
        'old, row_number() OVER (ORDER BY created_at) AS number '
        'FROM resource) AS numbered WHERE old = id',
        'ALTER TABLE resource ADD CONSTRAINT resource_uuid_key UNIQUE (uuid)',
        'ALTER SEQUENCE resource_id_seq OWNED BY NONE',
        'ALTER TABLE resource DROP COLUMN id',
        'ALTER TABLE resource RENAME COLUMN tmp_id TO id',
        'ALTER TABLE resource ADD CONSTRAINT resource_pkey PRIMARY KEY (id)',
        'UPDATE resource_data SET resource_id = resource.id FROM resource '
        'WHERE uuid = tmp_res_uuid AND resource_data.id < 5',
        'UPDATE resource_data SET resource_id = resource.id FROM resource '
        'WHERE uuid = tmp_res_uuid',
        'ALTER TABLE resource_data ADD CONSTRAINT '
        'resource_data_resource_id_fkey FOREIGN KEY (resource_id) '
        'REFERENCES resource (id)',
        'ALTER TABLE resource_data ALTER COLUMN resource_id SET NOT NULL',
        'ALTER TABLE resource_data DROP COLUMN tmp_res_uuid'],
    'sqlite': [
        'CREATE TABLE new_resource_data (id INTEGER NOT NULL PRIMARY KEY, '
        'created_at DATETIME, updated_at DATETIME, key VARCHAR(255), '
        'value TEXT, redact BOOLEAN, decrypt_method VARCHAR(64), '
        'resource_id INTEGER NOT NULL, tmp_res_uuid VARCHAR(36) NOT NULL)',
        'INSERT INTO new_resource_data (key, value, redact, decrypt_method, '
        'resource_id, tmp_res_uuid) SELECT key, value, redact, '
        'decrypt_method, 0, resource_id FROM resource_data LIMIT 3',
        'DELETE FROM new_resource_data',
        'INSERT INTO new_resource_data (key, value, redact, decrypt_method, '
        'resource_id, tmp_res_uuid) SELECT key, value, redact, '
        'decrypt_method, 0, resource_id FROM resource_data ORDER BY id',
        'DROP TABLE resource_data',
        'ALTER TABLE new_resource_data RENAME TO resource_data',
        'CREATE TABLE new_resource (id INTEGER NOT NULL PRIMARY KEY, '
        'stack_id VARCHAR(36) NOT NULL REFERENCES stack (id), '
        'uuid VARCHAR(36), name VARCHAR(255), '
        'nova_instance VARCHAR(255), action VARCHAR(255), '
        'status VARCHAR(255), status_reason VARCHAR(255), '
        'rsrc_metadata TEXT, properties_data TEXT, created_at DATETIME, '
        'updated_at DATETIME, UNIQUE (uuid))',
        'INSERT INTO new_resource (stack_id, uuid, name, nova_instance, '
        'action, status, status_reason, rsrc_metadata, properties_data, '
        'created_at, updated_at) SELECT stack_id, id, name, nova_instance, '
        'action, status, status_reason, rsrc_metadata, properties_data, '
        'created_at, updated_at FROM resource ORDER BY created_at',
        'DROP TABLE resource',
        'ALTER TABLE new_resource RENAME TO resource',
        'UPDATE resource_data SET resource_id = (SELECT id FROM resource '
        'WHERE uuid = tmp_res_uuid) WHERE id < 4',
        'ALTER TABLE resource_data RENAME TO migration_tmp',
        'CREATE TABLE resource_data (id INTEGER NOT NULL PRIMARY KEY, '
        'created_at DATETIME, updated_at DATETIME, key VARCHAR(255), '
        'value TEXT, redact BOOLEAN, decrypt_method VARCHAR(64), '
        'resource_id INTEGER NOT NULL, tmp_res_uuid VARCHAR(36) NOT NULL, '
        'FOREIGN KEY (resource_id) REFERENCES resource (id))'],
}


class RekeyTest(base.DBTestCase):

    def _load(self):
        databases.empty(self.engine)
        databases.load(self.engine, '055')
        api.db_sync(self.engine, 56)

    def _found(self):
        """Return the schema, and which data each resource has."""
        return schema.describe(self.engine), sorted(self.select(
            'SELECT resource.uuid, resource_data.value FROM resource_data '
            'JOIN resource ON resource.id = resource_data.resource_id'))

    def test_all_rows_and_their_times(self):
        self._load()
        before = sorted(self.select('SELECT id, created_at FROM resource'))
        data = sorted(self.select('SELECT resource_id, value, created_at '
                                  'FROM resource_data'))
        api.db_sync(self.engine, 57)
        self.assertEqual(before, sorted(self.select(
            'SELECT uuid, created_at FROM resource')))
        self.assertEqual(data, sorted(self.select(
            'SELECT resource.uuid, value, resource_data.created_at '
            'FROM resource_data JOIN resource '
            'ON resource.id = resource_data.resource_id')))
        rows = self.select('SELECT id, created_at FROM resource ORDER BY id')
        self.assertEqual(list(range(1, len(rows) + 1)),
                         [number for number, time in rows])
        times = [time for number, time in rows if time is not None]
        self.assertEqual(sorted(times), times)

    def test_numbers_go_on(self):
        self._load()
        stack_id = self.select('SELECT id FROM stack')[0][0]
        api.db_sync(self.engine, 57)
        last = self.select('SELECT MAX(id) FROM resource')[0][0]
        self.insert('resource', uuid='new', stack_id=stack_id)
        self.assertEqual([(last + 1,)], self.select(
            "SELECT id FROM resource WHERE uuid = 'new'"))

    def test_what_heat_has_left(self):
        self._load()
        api.db_sync(self.engine, 57)
        expected = self._found()
        statements = STATEMENTS[self.driver]
        for count in range(1, len(statements) + 1):
            self._load()
            self._send(statements[:count])
            self.assertTrue(api.db_status(self.engine).half_applied, count)
            api.db_sync(self.engine, 57)
            found = self._found()
            self.assertEqual({}, schema.difference(expected[0], found[0]),
                             statements[count - 1])
            self.assertEqual(expected[1], found[1], statements[count - 1])

    def _send(self, statements):
        if self.driver == 'sqlite':
            clients.feed(self.engine, ';\n'.join(statements))
            return
        with self.engine.begin() as conn:
            for statement in statements:
                conn.execute(sa.text(statement.replace(':=', r'\:=')))

    def test_orphans_are_named_and_nothing_is_changed(self):
        self._load()
        if self.driver == 'mysql':
            self.execute('ALTER TABLE resource_data '
                         'DROP FOREIGN KEY resource_data_ibfk_1')
        elif self.driver == 'postgresql':
            self.execute('ALTER TABLE resource_data '
                         'DROP CONSTRAINT resource_data_resource_id_fkey')
        # SQLite's own client asks for no foreign key.
        clients.feed(self.engine, "UPDATE resource_data SET resource_id = "
                     "'gone' WHERE id = 2;")
        before = schema.describe(self.engine), schema.rows(self.engine)
        error = self.assertRaises(exception.MigrationError, api.db_sync,
                                  self.engine, 57)
        self.assertIn(
            'rows of resource_data that refer to a row of resource that is '
            'not there: 1 (id 2);', str(error))
        self.assertEqual(before, (schema.describe(self.engine),
                                  schema.rows(self.engine)))
        # What the message says.
        api.db_sync(self.engine, 57, orphans='delete')
        self.assertEqual(
            len(before[1]['resource_data']) - 1,
            len(schema.rows(self.engine)['resource_data']))


class RekeyOperationTest(operations.OperationTests,
                         operations.DatabaseTestCase):

    PLACES = 10

    BEFORE = sa.MetaData()
    sa.Table('thing', BEFORE,
             sa.Column('id', sa.String(36), primary_key=True),
             sa.Column('created_at', sa.DateTime),
             sa.Column('size', sa.Integer))
    sa.Table('part', BEFORE,
             sa.Column('id', sa.Integer, primary_key=True),
             sa.Column('thing_id', sa.String(36), sa.ForeignKey('thing.id'),
                       nullable=False))
    ROWS = {
        'thing': [{'id': name, 'size': size,
                   'created_at': datetime.datetime(2015, 1, day)}
                  for name, size, day in (('c', 7, 1), ('a', 8, 3),
                                          ('b', 9, 2))],
        'part': [{'id': 1, 'thing_id': 'a'}, {'id': 2, 'thing_id': 'c'},
                 {'id': 3, 'thing_id': 'a'}]}

    def operate(self, engine):
        is_sqlite = engine.name == 'sqlite'
        metadata = sa.MetaData()
        thing = sa.Table(
            'thing', metadata,
            sa.Column('id', sa.Integer, primary_key=True),
            sa.Column('uuid', sa.String(36)),
            sa.Column('created_at', sa.DateTime),
            sa.Column('size', sa.Integer),
            sa.UniqueConstraint(
                'uuid', name=None if is_sqlite else 'thing_uuid_key'))
        part = sa.Table(
            'part', metadata,
            sa.Column('id', sa.Integer, primary_key=True),
            sa.Column('thing_id', sa.Integer, sa.ForeignKey(
                'thing.id', name=None if is_sqlite else 'part_thing'),
                nullable=False))
        ddl.rekey_table(engine, ddl.Rekeying(
            thing, 'uuid', part, 'thing_id', sequence='things'))

    def check(self):
        self.assertEqual([(1, 'c', 7), (2, 'b', 9), (3, 'a', 8)], self.select(
            'SELECT id, uuid, size FROM thing ORDER BY id'))
        self.assertEqual([(1, 3), (2, 1), (3, 3)], self.select(
            'SELECT id, thing_id FROM part ORDER BY id'))
        self.insert('thing', uuid='d')
        self.assertEqual([(4,)], self.select(
            "SELECT id FROM thing WHERE uuid = 'd'"))
        for table, values in (('part', {'id': 4, 'thing_id': 5}),
                              ('thing', {'id': 5, 'uuid': 'a'})):
            self.assertRaises(db_exception.DBError, self.insert, table,
                              **values)

    def test_column_that_would_be_lost(self):
        if self.driver == 'sqlite':
            self.execute('ALTER TABLE part ADD COLUMN owner INTEGER')
            self.execute('ALTER TABLE thing ADD COLUMN owner INTEGER')
            self.assert_refused('table thing', '(owner)')

    def test_column_that_is_called_like_the_old_key(self):
        self.execute('ALTER TABLE thing ADD COLUMN uuid VARCHAR(36)')
        self.execute("UPDATE thing SET uuid = 'mine' WHERE id = 'b'")
        self.assert_refused('column uuid of table thing')
        self.execute("UPDATE thing SET uuid = id WHERE id = 'b'")
        self.operate(self.engine)
        self.check()
