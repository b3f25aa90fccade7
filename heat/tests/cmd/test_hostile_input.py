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

"""Whatever heat-manage is handed: one line, no secret, no traceback."""

import json
import os
import re
import subprocess
import sys

import testtools

from heat.cmd import manage
from heat.db import api
from heat.db.sqlalchemy.migration import claim
from heat.tests import base
from heat.tests.cmd import test_manage
from heat.tests.cmd import test_status
from heat.tests import databases

FORGED = 'heat-manage: all is well'
HOSTILE = 'a\r\n%s\x1b[2J\x85\u2028\x07\x00' % FORGED
ESCAPED = r'a\r\n%s\x1b[2J\x85\u2028\x07\x00' % FORGED
URL = 'mysql+pymysql://heat:%s@host/heat' % test_manage.PASSWORD

VALUES = (
    '', ' ', 'abc', '-1', '+5', '1.5', '1e3', '0x10', '9' * 5000, 'a' * 300,
    '²', '٣', 'ü', '\udcff', 'null', 'None', 'true', '%s %d %(x)s', '{0}',
    '$HOME', '\\', "'; DROP TABLE stack; --", '../absent/file', '/dev/null',
    HOSTILE, '55\n', '\x1b[31m55', URL, 'connection=' + URL)

# Arguments, the wrong value among them.
PLACES = (
    '{}', 'db_sync {}', 'db_sync 55 {}', 'db_sync --lock-timeout={}',
    'db_sync --format={}', 'db_sync --dialect={} --sql',
    'db_sync --sql --dialect=mysql --from={}', 'db_sync --check {}',
    'db_sync --dry-run={}', 'db_sync --x{}', 'db_sync --connection={}',
    'db_version {}', 'db_version --format={}', 'db_version --verbose={}',
    'db_check {}', 'db_check --format={}',
    'purge_deleted {}', 'purge_deleted -g {}', 'purge_deleted -b {}',
    'purge_deleted --max-time={}', 'purge_deleted --sleep {}',
    'stack_status {}', 'stack_status --format={} x', 'stack_status x {}',
    'stack_status x --graph={}',
    'reset_stack_status {} --yes', 'reset_stack_status x --dry-run={}',
    '--config-file={} db_version',
    '--config-dir={} db_version', '--debug={} db_version',
    '--log-file={}/x/y db_version', '--log-config-append={} db_version',
    '--syslog-log-facility={} --use-syslog db_version')

# Values that mean something where they are.
SENSE = {
    '--config-file=/dev/null db_version', '--config-file= db_version',
    '--config-dir=/dev/null db_version', '--log-config-append= db_version',
    '--log-config-append=/dev/null db_version'}

# Calls main again and again in one process, that it may be done often.
RUN = '''
import contextlib, io, json, sys
from oslo_config import cfg
from heat.cmd import manage
cfg.CONF([], project='another')
for line in sys.stdin:
    stdout, stderr = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(stdout), \
            contextlib.redirect_stderr(stderr):
        try:
            status = manage.main(json.loads(line))
        except SystemExit as exit:
            status = exit.code
    print(json.dumps([status, stdout.getvalue(), stderr.getvalue()]))
'''


class ArgumentsTest(test_manage.ManageTestCase):

    def run_all(self, commands):
        """Return [status, stdout, stderr] of each of several commands."""
        done = subprocess.run(
            (sys.executable, '-c', RUN), cwd=self.directory, text=True,
            input='\n'.join(map(json.dumps, commands)), capture_output=True,
            env={**os.environ, 'OS_DATABASE__CONNECTION': 'sqlite://'})
        self.assertEqual((0, ''), (done.returncode, done.stderr))
        return [json.loads(line) for line in done.stdout.splitlines()]

    def test_others_have_parsed_their_command_line(self):
        self.assertEqual([[None, '45\n', '']] * 2,
                         self.run_all([['db_version'], ['db_version']]))

    def test_wrong_values(self):
        cases = [[argument.format(value) for argument in place.split()]
                 for place in PLACES for value in VALUES]
        for case, (status, stdout, stderr) in zip(cases, self.run_all(cases)):
            if ' '.join(case) in SENSE:
                continue
            self.assertNotIn(test_manage.PASSWORD, stderr, case)
            self.assertNotIn('Traceback', stderr, case)
            self.assertEqual('', stdout, case)
            lines = stderr.splitlines()
            if status == 2:
                # argparse tells how it is used first.
                self.assertRegex(lines[0], r'\Ausage: ', case)
                self.assertRegex(lines[-1], r'\A\S+( \w+)?: error: ', case)
                self.assertTrue(all(line.startswith(' ')
                                    for line in lines[1:-1]), case)
            else:
                self.assertEqual(1, status, case)
                self.assertEqual(1, len(lines), (case, stderr))
                self.assertRegex(lines[0], r'\Aheat-manage: .{15}', case)
            self.assertNotRegex(stderr, '[\x00-\x09\x0b-\x1f\x7f-\x9f]', case)

    def test_lines_of_a_configuration_file_are_not_quoted(self):
        for line in ('connection %s', "auth_encryption_key '%s", '%s'):
            path = self.write('heat.conf', '[database]\n' +
                              line % test_manage.PASSWORD)
            told = self.assert_refused('--config-file', path, 'db_version')
            self.assertIn(path + ':2, ', told)


class OutputTest(base.DBTestCase, test_manage.ManageTestCase,
                 test_status.StatusTestCase):
    """What is in a database can not forge a line, nor move the cursor."""

    def setUp(self):
        super().setUp()
        self.connection = self.engine.url.render_as_string(
            hide_password=False)

    def run_command(self, *args):
        result = test_manage.ManageTestCase.run_command(
            self, *args, connection=self.connection)
        for stream in result.stdout, result.stderr:
            self.assertNotRegex(stream, '[^\x20-\x7e\n]|\n' + FORGED)
        return result

    def claim(self):
        hostile = HOSTILE
        self.insert('migrate_version', repository_id=claim.ID, version=0,
                    repository_path=json.dumps({
                        'host': hostile, 'pid': hostile, 'since': hostile}))

    def test_hostile_claim(self):
        databases.load(self.engine, '054')
        self.claim()
        result = self.run_command('db_sync', '--check')
        *_, last = result.stdout.splitlines()
        self.assertIn('At work now: the db_sync that is process ' + ESCAPED,
                      last)
        result = self.run_command('db_sync', '--lock-timeout', '0')
        self.assertEqual(1, result.stderr.count('\n'))
        self.assertIn(ESCAPED, result.stderr)
        result = self.run_command('db_sync', '--lock-timeout', '1')
        self.assertEqual(2, result.stderr.count('\n'))

    def test_hostile_claim_in_the_python_api(self):
        databases.load(self.engine, '054')
        self.claim()
        self.assertIn(ESCAPED, api.db_status(self.engine).claim)

    def test_hostile_claim_and_heat_status(self):
        databases.load(self.engine, '055')
        self.claim()
        result = test_status.StatusTestCase.run_command(
            self, 'upgrade', 'check', connection=self.connection)
        self.assertNotRegex(result.stdout, '[^\x20-\x7e\n]|\n' + FORGED)
        self.assertIn(r'\r\n', re.sub(r'[|\s]', '', result.stdout))

    def test_hostile_table(self):
        api.db_sync(self.engine)
        name = 'foo\n%s\x1b[2J' % FORGED
        quote = '`' if self.driver == 'mysql' else '"'
        self.execute('CREATE TABLE {1}{0}{1} ({1}{0}{1} INTEGER)'.format(
            name, quote))
        result = self.run_command('db_check')
        self.assertEqual(
            r'there is a table foo\n%s\x1b[2J that Heat does not know' %
            FORGED + '\n', result.stdout)


class LineTest(testtools.TestCase):

    def test_help_names_all_commands(self):
        done = subprocess.run((test_manage.HEAT_MANAGE, '--help'), text=True,
                              capture_output=True)
        self.assertEqual((0, ''), (done.returncode, done.stderr))
        for command in manage.COMMANDS:
            self.assertRegex(done.stdout, r'\n +%s\s+[A-Z]' %
                             command.__name__.rpartition('.')[2])
