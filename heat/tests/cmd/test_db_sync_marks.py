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

"""Versions that need Heat's services stopped: who is told, and --online."""

import json

from heat.db import api
from heat.tests.cmd import test_db_sync_options
from heat.tests import databases

MARKED = {
    'sqlite': ('053', '054', '055', '056', '057', '061', '064', '065', '071',
               '073', '086'),
    'mysql': ('056', '057', '061', '064', '086'),
    'postgresql': ('056', '057', '064', '086'),
}
INDEXES = {'sqlite': ['ind']}
STARTS = ('046', '055', '062', '086')
NEEDS = ", which needs Heat's services stopped: "


class MarksTestCase(test_db_sync_options.OptionsTestCase):

    def load(self, version):
        databases.empty(self.engine)
        databases.load(self.engine, version)

    def marked_after(self, version):
        return [number for number in MARKED[self.driver] if number > version]

    def marked_steps_after(self, version):
        """Return the same, with the indexes that no version makes."""
        return self.marked_after(version) + INDEXES.get(self.driver, [])


class ToldTest(MarksTestCase):

    def test_check(self):
        for start in STARTS:
            self.load(start)
            marked = self.marked_after(start)
            status = 2 if marked else 0
            lines = self.look(status, 'db_sync', '--check').splitlines()
            found = self.look_as_json(
                status, 'db_sync', '--check')['needs_stopped_services']
            self.assertEqual(marked, [name[:3] for name in sorted(found)])
            self.assertEqual(
                ['Pending: %s%s%s' % (name, NEEDS, why)
                 for name, why in sorted(found.items())],
                [line for line in lines if NEEDS in line])

    def test_dry_run(self):
        for start in STARTS:
            self.load(start)
            lines = self.look(0, 'db_sync', '--dry-run').splitlines()
            found = {step['name']: step['needs_stopped_services'] for step in
                     self.look_as_json(0, 'db_sync', '--dry-run')['pending']
                     if step['needs_stopped_services']}
            self.assertEqual(self.marked_steps_after(start),
                             [name[:3] for name in sorted(found)])
            self.assertEqual(
                ['%s%s%s' % (name, NEEDS, why)
                 for name, why in sorted(found.items())],
                [line for line in lines if NEEDS in line])

    def test_dry_run_without_connection(self):
        result = self.run_command('db_sync', '--dry-run', '--dialect',
                                  self.driver, '--from', '46')
        self.assertEqual(
            self.marked_steps_after('046'),
            [line[:3] for line in result.stdout.splitlines() if NEEDS in line])


class OnlineTest(MarksTestCase):

    def _online(self, status, *args):
        """Run db_sync --online; return what it prints, as it does both."""
        text, found = (
            self.run_command('db_sync', '--online', *args, *more,
                             connection=self.connection)
            for more in ((), ('--format', 'json')))
        self.assertEqual([(status, ''), (status, '')], [
            (result.returncode, result.stderr) for result in (text, found)])
        return text.stdout.splitlines(), json.loads(found.stdout)

    def _assert_stops(self, number, *args):
        lines, found = self._online(5, *args)
        name = found['stopped_before']
        self.assertEqual(number, int(name[:3]))
        self.assertEqual(number - 1, found['version'])
        self.assertEqual(number - 1, api.db_version(self.engine))
        self.assertEqual([], found['applied'])
        why = api.db_status(self.engine).needs_stopped_services[name]
        self.assertEqual([
            'The database is at version %d.' % (number - 1),
            "%s needs Heat's services stopped: %s. Stop them and run db_sync "
            'without --online.' % (name, why)], lines[-2:])

    def test_it_stops_before_the_first(self):
        for start in STARTS[:3]:
            self.load(start)
            self._assert_stops(int(self.marked_after(start)[0]))

    def test_it_goes_on_behind_them(self):
        self.load('062')
        api.db_sync(self.engine, 64)
        self._assert_stops(65 if self.driver == 'sqlite' else 86)

    def test_nothing_needs_them_stopped(self):
        self.load('086')
        lines, found = self._online(0)
        self.assertEqual((86, None),
                         (found['version'], found['stopped_before']))
        missing = api.db_status(self.engine).missing_indexes
        self.assertEqual(missing, found['missing_indexes'])
        # On SQLite, nothing could be written while they are built.
        self.assertEqual(bool(INDEXES.get(self.driver)), bool(missing))
        told = missing and [
            "To create %s needs Heat's services stopped: it builds indexes, "
            'and nothing can be written to the database meanwhile. Stop them '
            'and run db_sync without --online.' % ', '.join(missing)]
        self.assertEqual(
            ['The database is at version 86.', *told],
            [line for line in lines if ' statements ' not in line])

    def test_indexes_that_nobody_wants(self):
        self.load('086')
        lines, found = self._online(0, '--no-indexes')
        self.assertEqual(['The database is at version 86.'], lines)
        self.assertEqual([], found['missing_indexes'])

    def test_to_a_version_before_the_first(self):
        self.load('046')
        lines, found = self._online(0, '52')
        self.assertEqual('The database is at version 52.', lines[-1])
        self.assertIsNone(found['stopped_before'])

    def test_it_changes_something(self):
        for args in ('--check',), ('--dry-run',), ('--sql',):
            self.assertIn('--online goes without', self.assert_refused(
                'db_sync', '--online', *args))

    def test_help(self):
        result = self.run_command('db_sync', '--help')
        self.assertIn('exit status 5', ' '.join(result.stdout.split()))
