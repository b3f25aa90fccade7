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

"""What db_sync throws away: counted and told before, and orphans refused."""

import json
import re

from heat.db.sqlalchemy.migration import repository
from heat.tests import clients
from heat.tests.cmd import test_db_sync_options
from heat.tests import databases
from heat.tests import schema


class LossesTestCase(test_db_sync_options.OptionsTestCase):

    # The foreign keys that PostgreSQL has at some version.
    KEYS = (('event', 'event_stack_id_fkey'),
            ('resource', 'resource_stack_id_fkey'),
            ('resource_data', 'resource_data_resource_id_fkey'),
            ('resource_data', 'fk_resource_id'),
            ('stack', 'stack_raw_template_id_fkey'))

    def load(self, version, *statements):
        """Load a database, and change it without its foreign keys."""
        databases.empty(self.engine)
        databases.load(self.engine, version)
        self.without_keys(*statements)

    def without_keys(self, *statements):
        script = {'mysql': ['SET foreign_key_checks = 0'],
                  'postgresql': [
                      'ALTER TABLE %s DROP CONSTRAINT IF EXISTS %s' % item
                      for item in self.KEYS],
                  'sqlite': []}[self.driver]
        clients.feed(self.engine, ';\n'.join((
            'SET client_min_messages = error'
            if self.driver == 'postgresql' else 'SELECT 1',
            *script, *statements, '')))

    def told(self, *args):
        """Return {number: what is told}, which --dry-run tells as well.

        Runs db_sync.
        """
        foreseen = self.look_as_json(0, 'db_sync', '--dry-run', *args)
        lines = [line.strip() for line in self.look(
            0, 'db_sync', '--dry-run', *args).splitlines()
            if line.startswith('  ')]
        result = self.run_command('db_sync', *args, '--format', 'json',
                                  connection=self.connection)
        self.assertEqual(0, result.returncode, result.stderr)
        done = json.loads(result.stdout)['applied']
        told = {step['version']: step['told'] for step in done
                if step['told']}
        self.assertEqual(told, {
            step['version']: step['told'] for step in foreseen['pending']
            if step['told']})
        self.assertEqual([text for number in sorted(told)
                          for text in told[number]], lines)
        names = {script.version: script.name for script in
                 repository.scripts(self.driver).values()}
        self.assertEqual(
            ['heat-manage: %s: %s' % (names[number], text)
             for number in sorted(told) for text in told[number]],
            result.stderr.splitlines())
        return told


class LossesTest(LossesTestCase):

    def test_from_055(self):
        self.load('055')
        row = schema.rows(self.engine)['stack'][0]
        stack = dict(row, raw_template_id=1, deleted_at=None)
        for number in 60, 61, 62:
            self.insert('raw_template', id=number, template='{}')
        for name, values in (
                ('first', {'parameters': '{"a": 1}'}),
                ('second', {'parameters': '{"a": 2}'}),
                ('third', {'deleted_at': '2015-01-01 00:00:00',
                           'parameters': '{"a": 3}'}),
                # Other ones for the database's own COUNT(DISTINCT), or not.
                ('lower', {'raw_template_id': 60, 'parameters': '{"a": 1}'}),
                ('upper', {'raw_template_id': 60, 'parameters': '{"A": 1}'}),
                ('empty', {'raw_template_id': 61, 'parameters': None}),
                ('filled', {'raw_template_id': 61, 'parameters': '{"a": 1}'}),
                ('no', {'raw_template_id': 62, 'parameters': None}),
                ('some', {'raw_template_id': 62, 'parameters': '{}'}),
                ('lost-too', {'parameters': '{"a": 1}'})):
            self.insert('stack', **{**stack, 'id': name, **values})
        self.insert('stack', **{**stack, 'id': 'lost', 'parameters': '{}'})
        self.without_keys(
            "UPDATE stack SET raw_template_id = 54321 "
            "WHERE id IN ('lost', 'lost-too')")
        rows = schema.rows(self.engine)
        deleted = [row for row in rows['stack'] if row['deleted_at'] and
                   row['parameters'] is not None]
        parameters = {}
        for row in rows['stack']:
            if not row['deleted_at'] and row['raw_template_id'] != 54321:
                parameters.setdefault(row['raw_template_id'], set()).add(
                    row['parameters'])
        shared = [found for found in parameters.values() if len(found) > 1]
        self.assertGreater(len(rows['watch_rule']), 0)
        told = self.told()
        self.assertEqual([
            'templates that live stacks with other parameters share: %d; '
            'each of those stacks gets its own copy' % len(shared),
            'deleted stacks that lose their parameters: %d' % len(deleted),
            'stacks without a template that lose their parameters: 2'],
            told[56])
        self.assertEqual([
            'table %s is dropped, with its rows: %d' % (table, len(
                rows[table])) for table in ('watch_data', 'watch_rule')],
            told[86])
        self.assertEqual({56, 86}, set(told))

    def test_predecessors(self):
        self.load('062', 'UPDATE raw_template SET predecessor = id '
                  'WHERE id < 3')
        self.assertEqual(['templates that lose their predecessor: 2'],
                         self.told()[64])


class OrphansTest(LossesTestCase):

    def _orphans(self):
        """Make two events, a resource and a value without what they need."""
        rows = schema.rows(self.engine)
        events = sorted(row['id'] for row in rows['event'])[:2]
        owners = sorted({row['resource_id'] for row in rows['resource_data']},
                        key=str)
        lost = [row['id'] for row in rows['resource_data']
                if row['resource_id'] == owners[1]]
        gone = "'gone'" if isinstance(owners[0], str) else '54321'
        self.without_keys(
            "UPDATE event SET stack_id = 'gone' WHERE id IN (%d, %d)" %
            tuple(events),
            "UPDATE resource SET stack_id = 'gone' WHERE id = '%s'" %
            owners[0],
            'UPDATE resource_data SET resource_id = %s '
            "WHERE resource_id = '%s'" % (gone, owners[1]))
        self.data = [row['id'] for row in rows['resource_data']
                     if row['resource_id'] == owners[0]]
        there = ' that refer to a row of %s that is not there: %d (id %s)'
        return {
            'resource': 'rows of resource' + there % ('stack', 1, owners[0]),
            'data': 'rows of resource_data' + there % (
                'resource', len(lost), ', '.join(map(str, sorted(lost)))),
            'event': 'rows of event' + there % (
                'stack', 2, ', '.join(map(str, events)))}

    def _assert_refused(self, orphans):
        before = self.describe()
        for args in (), ('--dry-run',), ('--sql',), ('--orphans', 'refuse'):
            result = self.run_command('db_sync', *args,
                                      connection=self.connection)
            self.assertEqual((1, ''), (result.returncode, result.stdout))
            self.assertEqual(1, result.stderr.count('\n'))
            for text in orphans.values():
                self.assertIn(text, result.stderr)
            self.assertIn('--orphans delete', result.stderr)
            self.assertEqual(before, self.describe())

    def _test_refused_and_deleted(self, start, versions):
        self.load(start)
        orphans = self._orphans()
        self._assert_refused(orphans)
        before = schema.rows(self.engine)
        told = self.told('--orphans', 'delete')
        deleted = '; they are deleted'
        expected = {key: text + deleted for key, text in orphans.items()}
        expected['belong'] = (
            'rows of resource_data that belong to them: %d%s' % (
                len(self.data), deleted))
        for key, version in versions.items():
            self.assertIn(expected[key], told[version])
        # Nothing else is lost.
        after = schema.rows(self.engine)
        number = int(re.search(r'there: (\d+)', orphans['data'])[1])
        for table, count in (('event', 2), ('resource', 1), (
                'resource_data', number + len(self.data))):
            self.assertEqual(len(before[table]) - count, len(after[table]))

    def test_from_055(self):
        self._test_refused_and_deleted('055', {
            'resource': 57, 'belong': 57, 'data': 57, 'event': 79})

    def test_from_062(self):
        self._test_refused_and_deleted('062', {
            'resource': 79, 'belong': 79, 'data': 73, 'event': 79})

    def test_not_asked_for_when_nothing_needs_it(self):
        self.load('086')
        self._orphans()
        result = self.run_command('db_sync', connection=self.connection)
        self.assertEqual((0, ''), (result.returncode, result.stderr))

    def test_option(self):
        for args in (('--check',), ('--sql', '--dialect', 'mysql')):
            self.assertIn('--orphans goes without', self.assert_refused(
                'db_sync', '--orphans', 'delete', *args))
        result = self.run_command('db_sync', '--help')
        self.assertIn('--orphans {refuse,delete}', result.stdout)
