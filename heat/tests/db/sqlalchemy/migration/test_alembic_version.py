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


"""What Heat 21 and later leave is recognised, and a wrong stamp repaired."""

import json

from heat.db import api
from heat.db import exception
from heat.tests import base
from heat.tests.cmd import test_manage
from heat.tests import databases
from heat.tests import schema

HANDED_OVER = 'c6214ca60943'
LATER = ('d2db381e3324', '88be64598c0f', '97b2a986f922')


def stamp(test, *revisions):
    """Do what Heat 21 and later do to whatever has migrate_version."""
    test.execute('CREATE TABLE alembic_version ('
                 'version_num VARCHAR(32) NOT NULL, '
                 'CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))')
    for revision in revisions or (HANDED_OVER,):
        test.insert('alembic_version', version_num=revision)


class AlembicTestCase(base.DBTestCase, test_manage.ManageTestCase):

    def setUp(self):
        super().setUp()
        self.connection = self.engine.url.render_as_string(
            hide_password=False)

    def stamps(self):
        return self.select('SELECT version_num FROM alembic_version')

    def run_checked(self, status, *args):
        """Run heat-manage, and return what it prints."""
        result = self.run_command(*args, connection=self.connection)
        self.assertEqual((status, ''), (result.returncode, result.stderr))
        return result.stdout

    def assert_unchanged(self, function, *args):
        before = schema.describe(self.engine), schema.rows(self.engine)
        result = function(*args)
        self.assertEqual(
            before, (schema.describe(self.engine), schema.rows(self.engine)))
        return result

    def assert_refused(self, error, function, *args):
        return str(self.assert_unchanged(
            self.assertRaises, error, function, *args))


class HandedOverTest(AlembicTestCase):

    def setUp(self):
        super().setUp()
        databases.load(self.engine, '086')
        stamp(self)

    def test_at_the_last_version(self):
        self.assertEqual(86, api.db_version(self.engine))
        self.assertEqual(HANDED_OVER, api.db_status(self.engine).alembic)
        self.assertIn('Heat 21 to 25 have taken over',
                      self.run_checked(0, 'db_sync', '--check'))

    def test_indexes_are_made_and_nothing_else(self):
        step, = api.db_sync(self.engine)
        self.assertEqual('indexes', step.name)
        self.assertEqual([(HANDED_OVER,)], self.stamps())
        self.assertEqual([], api.db_sync(self.engine))

    def test_repairing_nothing(self):
        api.db_sync(self.engine, with_indexes=False, repair_stamp=True)
        self.assertEqual([(HANDED_OVER,)], self.stamps())

    def test_made_by_heat_25_itself(self):
        """It has no migrate_version, or one that only lists who works."""
        self.execute('DROP TABLE migrate_version')
        self.assertEqual(86, api.db_version(self.engine))
        api.db_sync(self.engine)
        self.assertEqual(86, api.db_version(self.engine))
        self.assertEqual([], api.db_sync(self.engine))
        self.assertEqual([(HANDED_OVER,)], self.stamps())

    def test_drift_does_not_count_the_stamp(self):
        api.db_sync(self.engine)
        self.assertEqual([], [line for line in api.db_drift(self.engine)
                              if 'uuid' not in line])

    @base.only_on('mysql')
    def test_charset_of_the_stamp_does_not_matter(self):
        self.execute('ALTER TABLE alembic_version '
                     'CONVERT TO CHARACTER SET latin1')
        self.assertEqual([], api.db_charset(self.engine).not_utf8)


class StampedUnseenTest(AlembicTestCase):

    def setUp(self):
        super().setUp()
        databases.load(self.engine, '080')
        stamp(self)

    def test_refused(self):
        self.assertEqual(80, api.db_version(self.engine))
        for function in api.db_sync, api.db_plan:
            text = self.assert_refused(
                exception.StampedUnseen, function, self.engine)
            self.assertIn('at version 80', text)
            self.assertIn('--repair-stamp', text)

    def test_shown(self):
        text = self.assert_unchanged(self.run_checked, 2, 'db_sync', '--check')
        self.assertIn('has stamped it as ' + HANDED_OVER, text)
        self.assertIn('Pending: 086', text)
        self.assertIn('Next: heat-manage db_sync --repair-stamp\n', text)
        found = json.loads(self.run_checked(
            2, 'db_sync', '--check', '--format', 'json'))
        self.assertEqual((80, HANDED_OVER),
                         (found['version'], found['alembic']))

    def test_planned(self):
        steps = self.assert_unchanged(
            api.db_plan, self.engine, None, True, True)
        self.assertEqual([81, 82, 83, 84, 85, 86, None],
                         [step.version for step in steps])

    def test_repaired_online(self):
        result = self.run_command('db_sync', '--repair-stamp', '--online',
                                  connection=self.connection)
        self.assertEqual(5, result.returncode, result.stderr)
        self.assertTrue(result.stdout.endswith(
            'Stop them and run db_sync --repair-stamp without --online.\n'))

    def test_repaired(self):
        result = self.run_command('db_sync', '--repair-stamp',
                                  connection=self.connection)
        self.assertEqual(0, result.returncode, result.stderr)
        self.assertIn('The database is at version 86.', result.stdout)
        self.assertEqual([(HANDED_OVER,)], self.stamps())
        self.assertEqual([], api.db_sync(self.engine))

    def test_no_one_knows_the_version(self):
        self.execute('DROP TABLE migrate_version')
        for function in api.db_sync, api.db_version:
            text = self.assert_refused(
                exception.UnknownVersion, function, self.engine)
            self.assertIn('with watch_data, with watch_rule', text)

    def test_older_and_no_one_knows_the_version(self):
        databases.empty(self.engine)
        databases.load(self.engine, '062')
        stamp(self)
        self.execute('DELETE FROM migrate_version')
        self.assertIn('without raw_template_files, without '
                      'resource_properties_data', self.assert_refused(
                          exception.UnknownVersion, api.db_version,
                          self.engine))


class OtherRevisionTest(AlembicTestCase):

    def assert_unknown(self, *parts):
        for function in api.db_version, api.db_status, api.db_sync:
            text = self.assert_refused(
                exception.UnknownVersion, function, self.engine)
            for part in parts:
                self.assertIn(part, text)
        self.assertIn(parts[0],
                      self.run_checked(3, 'db_sync', '--check'))

    def test_heat_26_and_later(self):
        for revision in LATER:
            databases.load(self.engine, '086')
            stamp(self, revision)
            self.assert_unknown(revision, 'Heat 26')
            databases.empty(self.engine)

    def test_unknown(self):
        databases.load(self.engine, '086')
        stamp(self, '1234567890ab')
        self.assert_unknown('1234567890ab')

    def test_several(self):
        databases.load(self.engine, '086')
        stamp(self, HANDED_OVER, LATER[0])
        self.assert_unknown(HANDED_OVER)


class NoStampTest(AlembicTestCase):
    """A Heat has died when it had made the table for its stamp."""

    def setUp(self):
        super().setUp()
        stamp(self)
        self.execute('DELETE FROM alembic_version')

    def test_below(self):
        databases.load(self.engine, '080')
        self.assertIsNone(api.db_status(self.engine).alembic)
        api.db_sync(self.engine)
        self.assertEqual(86, api.db_version(self.engine))
        self.assertEqual([], self.stamps())

    def test_empty(self):
        self.assertEqual(45, api.db_version(self.engine))
        api.db_sync(self.engine)
        self.assertEqual([], api.db_drift(self.engine))


class DoorTest(AlembicTestCase):
    """Below 086, a later Heat must not be let in."""

    WARNING = 'Heat 21 and later would stamp it as it is'

    def test_below(self):
        for version in '046', '055', '080':
            databases.load(self.engine, version)
            self.assertIn(self.WARNING,
                          self.run_checked(2, 'db_sync', '--check'))
            databases.empty(self.engine)

    def test_not_at_the_last_version(self):
        databases.load(self.engine, '086')
        self.assertNotIn(self.WARNING,
                         self.run_checked(0, 'db_sync', '--check'))

    def test_not_in_an_empty_database(self):
        # With a table that was there, SQLite has its file.
        self.execute('CREATE TABLE other (id INTEGER)')
        self.execute('DROP TABLE other')
        self.assertNotIn(self.WARNING,
                         self.run_checked(2, 'db_sync', '--check'))
