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

"""What db_sync and its like tell without changing anything, and how."""

import json
import os
import re
import signal

import sqlalchemy as sa

from heat.db import api
from heat.db.sqlalchemy.ddl import patience
from heat.db.sqlalchemy.migration import claim
from heat.tests import base
from heat.tests.cmd import test_manage
from heat.tests import databases
from heat.tests import runners
from heat.tests import schema

NAME_055 = '055_stack_convergence_data'
NAME_085 = '085_placeholder'
NAME_086 = '086_drop_watch_rules'
WHY_INDEXES = ('it builds indexes, and nothing can be written to the database '
               'meanwhile')
WHY_086 = 'it drops the tables watch_rule and watch_data'
LINE_086 = "%s, which needs Heat's services stopped: %s" % (NAME_086, WHY_086)

UNSEEN = ('Heat 21 and later would stamp it as it is, and never bring it to '
          '086: let db_sync reach that before they start.')


class OptionsTestCase(base.DBTestCase, test_manage.ManageTestCase):

    def setUp(self):
        super().setUp()
        self.connection = self.engine.url.render_as_string(
            hide_password=False)

    def describe(self):
        return schema.describe(self.engine), schema.rows(self.engine)

    def read_only(self):
        """Return the URL of a connection that may only read."""
        return {
            'sqlite': self.connection.replace('///', '///file:', 1) +
            '?mode=ro&uri=true',
            'mysql': self.connection +
            '?init_command=SET+SESSION+TRANSACTION+READ+ONLY',
            'postgresql': self.connection +
            '?options=-c+default_transaction_read_only%3Don',
        }[self.driver]

    def look(self, status, *args):
        """Assert that a command changes nothing; return what it prints."""
        before = self.describe()
        result = self.run_command(*args, connection=self.read_only())
        self.assertEqual((status, ''), (result.returncode, result.stderr))
        self.assertEqual(before, self.describe())
        return result.stdout

    def look_as_json(self, status, *args):
        return json.loads(self.look(status, *args, '--format', 'json'))

    def claim(self):
        """Make a claim for someone on another machine."""
        self.insert('migrate_version', repository_id=claim.ID, version=0,
                    repository_path=json.dumps({
                        'host': 'elsewhere', 'pid': '4711',
                        'since': '2015-01-01'}))


class ReadOnlyTest(OptionsTestCase):

    def test_it_may_only_read(self):
        databases.load(self.engine, '054')
        engine = sa.create_engine(self.read_only())
        self.addCleanup(engine.dispose)
        with engine.connect() as conn:
            self.assertRaises(sa.exc.DBAPIError, conn.exec_driver_sql,
                              'UPDATE stack SET status = NULL')


class CheckTest(OptionsTestCase):

    def _check(self, status, *lines, **values):
        self.assertEqual(list(lines),
                         self.look(status, 'db_sync', '--check').splitlines())
        self.assertEqual(
            dict({'status': status, 'newest': 86, 'half_applied': False,
                  'needs_stopped_services': {NAME_086: WHY_086},
                  'claim': None, 'missing_indexes': [], 'alembic': None},
                 **values),
            self.look_as_json(status, 'db_sync', '--check'))

    def test_up_to_date(self):
        api.db_sync(self.engine)
        self._check_newest()

    def _check_newest(self):
        self._check(0, 'The database is at version 86, the newest.',
                    version=86, pending=[], needs_stopped_services={})

    def test_pending(self):
        api.db_sync(self.engine, 84)
        self._check(2, 'The database is at version 84; the newest is 86.',
                    'Pending: ' + NAME_085, 'Pending: ' + LINE_086, UNSEEN,
                    'Next: heat-manage db_sync', version=84,
                    pending=[NAME_085, NAME_086])

    def test_someone_is_at_work(self):
        api.db_sync(self.engine, 85)
        self.claim()
        who = 'the db_sync that is process 4711 on elsewhere since ' \
            '2015-01-01 UTC'
        self._check(2, 'The database is at version 85; the newest is 86.',
                    'Pending: ' + LINE_086, UNSEEN,
                    'Next: heat-manage db_sync', 'At work now: ' + who,
                    version=85, pending=[NAME_086], claim=who)

    def test_newer_or_unknown(self):
        databases.load(self.engine, '055')
        for statement, reason in (
                ('UPDATE migrate_version SET version = 87', 'version 87'),
                ('DELETE FROM migrate_version', 'no version')):
            self.execute(statement)
            text = self.look(3, 'db_sync', '--check')
            self.assertIn(reason, text)
            self.assertEqual({'status': 3, 'reason': text.rstrip('\n')},
                             self.look_as_json(3, 'db_sync', '--check'))

    def test_killed_in_the_middle(self):
        databases.load(self.engine, '054')
        self.assertEqual(-signal.SIGKILL, runners.Runner(
            self.engine, before=self._die_after_columns).wait())
        text = self.look(4, 'db_sync', '--check')
        self.assertIn('\nA part of %s is there already; db_sync goes on from '
                      'it.\n' % NAME_055, text)
        found = self.look_as_json(4, 'db_sync', '--check')
        self.assertEqual((4, 54, 86, True), tuple(found[key] for key in (
            'status', 'version', 'newest', 'half_applied')))
        self.assertEqual(NAME_055, found['pending'][0])
        result = self.run_command('db_sync', connection=self.connection)
        self.assertEqual(0, result.returncode, result.stderr)
        self._check_newest()

    def _die_after_columns(self):
        def die(conn, cursor, statement, *args):
            if re.search('ADD CONSTRAINT|CREATE INDEX', statement):
                os.kill(os.getpid(), signal.SIGKILL)

        sa.event.listen(self.engine, 'before_cursor_execute', die)


class LookTest(OptionsTestCase):

    def test_dry_run(self):
        api.db_sync(self.engine, 84)
        self.insert('watch_data', id=1, data='{}', watch_rule_id=self._rule())
        why = {'sqlite': WHY_INDEXES}.get(self.driver)
        lines = [NAME_085, LINE_086, *(
            '  table %s is dropped, with its rows: 1' % table
            for table in ('watch_data', 'watch_rule')), 'indexes' + (
                why and ", which needs Heat's services stopped: " + why or '')]
        for args, expected in (((), lines), (('85',), lines[:1]),
                               (('--no-indexes',), lines[:-1])):
            self.assertEqual(expected, self.look(
                0, 'db_sync', '--dry-run', *args).splitlines())
        self.assertEqual(
            [(NAME_085, None), (NAME_086, WHY_086), ('indexes', why)],
            [(step['name'], step['needs_stopped_services'])
             for step in self.look_as_json(
                0, 'db_sync', '--dry-run')['pending']])

    def _rule(self):
        self.insert('raw_template', id=1)
        self.insert('stack', id='stack', raw_template_id=1,
                    disable_rollback=False)
        self.insert('watch_rule', id=1, state='NODATA', rule='{}',
                    stack_id='stack')
        return 1

    def test_statements(self):
        databases.load(self.engine, '054')
        text, again = (self._plain(self.look(0, 'db_sync', *args))
                       for args in (('--sql',), ('--dry-run', '--sql')))
        self.assertEqual(text, again)
        self.assertIn('\n-- %s\n' % NAME_055, text)
        self.assertRegex(text, r"\n-- %s\n(-- table .*\n)+"
                         r"-- Needs Heat's services stopped: %s\.\n" % (
                             NAME_086, WHY_086))
        for args in ('--dry-run',), ('--sql',):
            steps = self.look_as_json(0, 'db_sync', *args)['pending']
            self.assertEqual((55, NAME_055),
                             (steps[0]['version'], steps[0]['name']))
            self.assertGreater(len(steps[0]['statements']), 4)
            self.assertEqual(33, len(steps))
            for step in steps:
                for statement in step['statements']:
                    self.assertIn('\n%s;\n' % self._plain(statement), text)

    def _plain(self, text):
        """Leave out the options of MySQL's tables: they come in any order."""
        return re.sub(r'\n\)[^;\n]*', '\n)', text)

    def test_nothing_is_pending(self):
        api.db_sync(self.engine)
        self.assertEqual('Nothing is pending.\n',
                         self.look(0, 'db_sync', '--dry-run'))
        self.assertEqual({'pending': []},
                         self.look_as_json(0, 'db_sync', '--dry-run'))
        # Nothing but comments.
        self.assertRegex(self.look(0, 'db_sync', '--sql'), r'\A(--.*\n)+\Z')

    def test_db_version(self):
        api.db_sync(self.engine, 85)
        self.assertEqual('85\n', self.look(0, 'db_version'))
        self.assertEqual({'version': 85}, self.look_as_json(0, 'db_version'))
        self.assertEqual(
            'The database is at version 85; the newest is 86.\n'
            'Pending: %s\n' % LINE_086,
            self.look(0, 'db_version', '--verbose'))
        self.assertEqual(
            {'version': 85, 'newest': 86, 'pending': [NAME_086],
             'needs_stopped_services': {NAME_086: WHY_086},
             'half_applied': False, 'claim': None, 'missing_indexes': [],
             'alembic': None},
            self.look_as_json(0, 'db_version', '--verbose'))

    def test_db_check(self):
        api.db_sync(self.engine)
        self.assertEqual('The schema is as it has to be.\n',
                         self.look(0, 'db_check'))
        self.assertEqual({'differences': []}, self.look_as_json(0, 'db_check'))
        self.execute('DROP INDEX ix_stack_name' + (
            ' ON stack' if self.driver == 'mysql' else ''))
        text = self.look(2, 'db_check')
        self.assertRegex(text, r'\A[^\n]*ix_stack_name[^\n]*\n\Z')
        self.assertEqual({'differences': [text.rstrip('\n')]},
                         self.look_as_json(2, 'db_check'))

    def test_db_sync_as_json(self):
        databases.load(self.engine, '054')
        for applied in ([(55, NAME_055)], []):
            result = self.run_command('db_sync', '55', '--format', 'json',
                                      connection=self.connection)
            self.assertEqual((0, ''), (result.returncode, result.stderr))
            found = json.loads(result.stdout)
            self.assertEqual(['applied', 'version'], sorted(found))
            self.assertEqual(55, found['version'])
            self.assertEqual(applied, [(step['version'], step['name'])
                                       for step in found['applied']])
            for step in found['applied']:
                self.assertIn('ADD COLUMN current_deps',
                              ''.join(step['statements']))
                self.assertGreater(step['duration'], 0)

    def test_lock_timeout(self):
        databases.load(self.engine, '054')
        self.claim()
        before = self.describe()
        self.assertRegex(
            self.assert_refused('db_sync', '--lock-timeout', '0',
                                connection=self.connection),
            'process 4711 on elsewhere .* still at work after 0 s')
        self.assertEqual(before, self.describe())


class BadOptionsTest(test_manage.ManageTestCase):

    def test_values_that_argparse_refuses(self):
        for option, value in (('--lock-timeout', 'soon'),
                              ('--lock-timeout', '-1'),
                              ('--lock-timeout', '9' * 5000),
                              ('--dialect', 'oracle'), ('--format', 'xml')):
            result = self.run_command('db_sync', '%s=%s' % (option, value))
            self.assertEqual((2, ''), (result.returncode, result.stdout))
            self.assertRegex(
                result.stderr, r'\Ausage: [^\x00]*\nheat-manage db_sync: '
                r'error: argument %s: [^_\n]*%s[^_\n]*\n\Z' % (
                    option, value[:60]))
        self.assertEqual([], os.listdir(self.directory))

    def test_default_of_lock_timeout(self):
        """Deployment tools end a db_sync after 300 seconds."""
        self.assertLess(patience.DEFAULT_LOCK_TIMEOUT, 300)
        result = self.run_command('db_sync', '--help')
        self.assertIn('(%d)' % patience.DEFAULT_LOCK_TIMEOUT, result.stdout)

    def test_values_of_from(self):
        offline = ('db_sync', '--sql', '--dialect', 'mysql', '--from')
        for value, reason in (('x', 'not "x"'), ('', 'not ""'),
                              ('44', 'older than Juno'), ('87', 'newer')):
            self.assertIn(reason, self.assert_refused(*offline, value))
        self.assertIn('no way down', self.assert_refused(*offline, '54', '50'))

    def test_options_that_would_be_ignored(self):
        for args, reason in (
                (('--dialect', 'mysql'), '--dialect goes with --sql or'),
                (('--from', '54'), '--from goes with --dialect'),
                (('--sql', '--from', '54'), '--from goes with --dialect'),
                (('--check', '--sql'), '--check goes without'),
                (('--check', '--dry-run'), '--check goes without'),
                (('--check', '--dialect', 'mysql'), '--check goes without'),
                (('--check', '--from', '54'), '--from goes with --dialect'),
                (('--check', '55'), '--check goes without')):
            self.assertIn(reason, self.assert_refused('db_sync', *args))
        self.assertEqual([], os.listdir(self.directory))

    def test_dry_run_without_connection(self):
        result = self.run_command('db_sync', '--dry-run', '--dialect',
                                  'mysql', '--from', '54', '55')
        self.assertEqual((0, NAME_055 + '\n', ''), (
            result.returncode, result.stdout, result.stderr))
