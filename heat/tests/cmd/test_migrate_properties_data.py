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

"""heat-manage migrate_properties_data."""

import pickle

import sqlalchemy as sa

from heat.db import api
from heat.db import crypt
from heat.db.sqlalchemy.engine import autocommit
from heat.db.sqlalchemy.maintenance import properties_data
from heat.tests.cmd import command

DATA = {'a': [1, None, 'ä'], 'b': {'c': 1.5}}
MOVED = 'Properties moved: %d of resources, %d of events.\n'


class MigratePropertiesDataTest(command.CommandTestCase):

    def create_event(self, pickled):
        """Store an event as an older Heat has; return its id."""
        event = api.event_create(self.context, {
            'stack_id': self.create_stack().id})
        mark = '?' if self.driver == 'sqlite' else '%s'
        self.execute('UPDATE event SET resource_properties = {0} '
                     'WHERE id = {0}'.format(mark), (pickled, event.id))
        return event.id

    def stored(self, table):
        """Return the properties that the rows of a table refer to."""
        return [api.resource_prop_data_get(self.context, rpd_id)
                for rpd_id, in self.select(
                    'SELECT rsrc_prop_data_id FROM %s ORDER BY id' % table)]

    def test_nothing_to_do(self):
        self.create_resource()
        self.assertEqual(MOVED % (0, 0),
                         self.assert_done('migrate_properties_data'))

    def test_resources(self):
        encrypted = crypt.encrypted_dict(DATA)
        for data, flag in (DATA, None), (DATA, False), (encrypted, True):
            self.create_resource(properties_data=data,
                                 properties_data_encrypted=flag)
        has_new = self.create_resource(
            properties_data={'old': 1},
            rsrc_prop_data_id=self.create_properties(a=1))
        self.assertEqual(
            {'moved': {'resource': 3, 'event': 0}, 'failed': 0},
            self.assert_done_as_json('migrate_properties_data'))
        self.assertEqual(
            [(DATA, False), (DATA, False), (encrypted, True), ({'a': 1},
                                                               False)],
            [(row.data, row.encrypted) for row in self.stored('resource')])
        self.assertEqual([(has_new.id,)], self.select(
            'SELECT id FROM resource WHERE properties_data IS NOT NULL'))
        self.assertEqual(MOVED % (0, 0),
                         self.assert_done('migrate_properties_data'))
        self.assertEqual([(4,)], self.select(
            'SELECT count(*) FROM resource_properties_data'))

    def test_events(self):
        for protocol in 0, 2:
            self.create_event(pickle.dumps(DATA, protocol))
        # Of Python 2, {u'a': 'ä'} in UTF-8.
        self.create_event(b'\x80\x02}q\x00X\x01\x00\x00\x00aq\x01U\x02\xc3'
                          b'\xa4q\x02s.')
        self.assertEqual(MOVED % (0, 3),
                         self.assert_done('migrate_properties_data'))
        self.assertEqual([DATA, DATA, {'a': 'ä'}],
                         [row.data for row in self.stored('event')])
        self.assertEqual([(3,)], self.select(
            'SELECT count(*) FROM event WHERE resource_properties IS NULL'))

    def test_what_can_not_be_read(self):
        bad = [self.create_event(pickled) for pickled in (
            b'no pickle', b'', pickle.dumps(print), pickle.dumps({1: 'a'}),
            b"cos\nsystem\n(S'exit 3'\ntR.", pickle.dumps({'a': float('nan')})
        )]
        self.create_event(pickle.dumps(DATA))
        deep = self.create_resource(properties_data={}).id
        self.execute("UPDATE resource SET properties_data = '%s'" % (
            '[' * 9999))
        result = self.run_command('migrate_properties_data')
        self.assertEqual((1, MOVED % (0, 1)), (result.status, result.stdout))
        self.assertEqual(
            ['heat-manage: resource %d' % deep,
             *('heat-manage: event %d' % id for id in bad)],
            [': '.join(line.split(': ')[:2])
             for line in result.stderr.splitlines()])

    def test_changed_meanwhile(self):
        """It is moved the next time, and no row is left over."""
        self.create_resource(properties_data=DATA)
        changes = [lambda: self.execute(
            "UPDATE resource SET properties_data = '{}'")]
        engine = autocommit.get_engine()
        selects = []

        def look(conn, cursor, statement, *args):
            if statement.startswith('SELECT resource.'):
                selects.append(statement)

        def begin(conn):
            if selects and changes:
                changes.pop()()

        self.listen('before_cursor_execute', look)
        sa.event.listen(engine, 'begin', begin)
        self.addCleanup(sa.event.remove, engine, 'begin', begin)
        self.assertEqual({'resource': 0}, dict(
            properties_data.move_properties_data(self.context, self.fail)))
        self.assertEqual([], self.select(
            'SELECT id FROM resource_properties_data'))
        self.assertEqual({'resource': 1}, dict(
            properties_data.move_properties_data(self.context, self.fail)))
        self.assertEqual([{}], [row.data for row in self.stored('resource')])
