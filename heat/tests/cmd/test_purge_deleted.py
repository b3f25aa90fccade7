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

"""heat-manage purge_deleted, as an operator and as cron run it."""

import os
import pty
import re
import signal
import sys

import sqlalchemy as sa

from heat.cmd import exits
from heat.cmd import manage
from heat.db import api
from heat.tests import base
from heat.tests.cmd import command
from heat.tests.db.sqlalchemy.maintenance import aged
from heat.tests import runners

NOTHING = {
    'service': 0, 'stack': 0, 'resource_data': 0, 'resource': 0, 'event': 0,
    'sync_point': 0, 'snapshot': 0, 'stack_tag': 0, 'stack_lock': 0,
    'resource_properties_data': 0, 'raw_template': 0, 'raw_template_files': 0,
    'user_creds': 0}
ALL_OF_ONE = {**dict.fromkeys(NOTHING, 1), 'service': 0, 'event': 2,
              'resource_properties_data': 2, 'raw_template': 3}


class PurgeDeletedTest(command.CommandTestCase):

    def setUp(self):
        super().setUp()
        self.database = aged.Database()

    def add(self, number=1, deleted_at=aged.OLD, **values):
        for _ in range(number):
            stack_id = aged.one_of_all(self.database, deleted_at, **values)
        return stack_id

    def store(self):
        self.database.store(self.engine)

    def stacks(self):
        return len(aged.keys(self.engine)['stack'])

    def purge(self, *args):
        """Return the Result of a purge that tells its log nothing."""
        return self.run_command('--log-file', os.path.join(
            self.directory, 'log'), 'purge_deleted', *args)

    def as_json(self, *args):
        return self.assert_done_as_json('--log-file', os.path.join(
            self.directory, 'log'), 'purge_deleted', *args)

    def test_text(self):
        self.add()
        self.store()
        for args, title in (['--dry-run'], 'would be'), ([], 'are'):
            result = self.purge(*args)
            self.assertEqual((0, ''), (result.status, result.stderr))
            first, *lines = result.stdout.splitlines()
            self.assertEqual('Rows that %s deleted:' % title, first)
            self.assertEqual(ALL_OF_ONE, {
                name: int(number) for name, number in map(str.split, lines)})
        self.assertEqual(0, self.stacks())

    def test_json(self):
        self.add()
        self.store()
        for counts, args in ((ALL_OF_ONE, ['--dry-run']), (ALL_OF_ONE, []),
                             (NOTHING, [])):
            self.assertEqual(
                {'deleted': counts, 'dry_run': bool(args), 'complete': True,
                 'live_below_deleted': 0}, self.as_json(*args))

    def test_arguments_of_heat(self):
        """As kolla, openstack-ansible, puppet-heat and others have them."""
        self.add(tenant='tenant')
        self.add(tenant='other')
        self.store()
        for args, number in (
                ('-g days 101', 0), ('101 --granularity days', 0),
                ('-p unknown 30', 0), ('-p other -b 1000', 1),
                ('-b 1 --project-id other --batch_size 2', 1),
                ('', 2), ('90', 2), ('-g days 30', 2), ('-g hours 2300', 2),
                ('-g minutes 60', 2), ('0 -g seconds', 2)):
            self.assertEqual(number, self.as_json(
                '--dry-run', *args.split())['deleted']['stack'], args)
        self.assertEqual(1, self.as_json('-b', '1000', '-p', 'other')[
            'deleted']['stack'])

    def test_missing_index(self):
        """Heat's own databases lack it, and db_sync can leave it out."""
        self.addCleanup(api.db_sync, self.engine)
        self.execute('DROP INDEX ix_stack_deleted_at' + (
            ' ON stack' if self.driver == 'mysql' else ''))
        result = self.purge('--dry-run')
        self.assertEqual(0, result.status)
        self.assertRegex(result.stderr, r'\Aheat-manage: .*many times as long '
                         r'.*db_sync makes: ix_stack_deleted_at\n\Z')

    def test_orphans(self):
        self.database.add('raw_template')
        self.store()
        self.assertEqual(0, self.as_json()['deleted']['raw_template'])
        for args in ['--dry-run'], []:
            self.assertEqual(1, self.as_json('--orphans', *args)['deleted'][
                'raw_template'])
        self.assertEqual(0, self.as_json('--orphans')['deleted'][
            'raw_template'])
        self.assertIn('of no project', self.assert_refused(
            'purge_deleted', '--orphans', '-p', 'other'))

    def test_max_time(self):
        self.add()
        self.store()
        result = self.purge('--max-time', '0')
        self.assertEqual(exits.MORE, result.status)
        self.assertIn('The time was over before the end', result.stdout)
        self.assertEqual(1, self.stacks())
        self.assertTrue(self.as_json('--max-time', '600', '--sleep', '0.01')[
            'complete'])

    def test_live_below_deleted(self):
        parent = self.add()
        child = self.add(deleted_at=None, owner_id=parent)
        self.store()
        result = self.purge()
        self.assertEqual(
            'heat-manage: stack %s is kept: it is not deleted, though its '
            'owner %s was\n' % (child, parent), result.stderr)
        self.assertIn('though the stack above them was: 1', result.stdout)

    def test_a_line_in_the_log_for_each_batch(self):
        self.add(5)
        self.store()
        self.assertEqual('', self.purge('-b', '2').stderr)
        with open(os.path.join(self.directory, 'log')) as log:
            lines = log.readlines()
        self.assertEqual(3, len(lines))
        self.assertRegex(
            lines[1], 'INFO .* purge_deleted: 4 stacks and 60 other rows so '
            'far; at stacks deleted %s' % aged.OLD)

    def test_lines_on_stderr_without_a_log(self):
        self.add(2)
        self.store()
        self.assertEqual(2 * [
            'heat-manage: %d stacks and %d other rows so far; at stacks '
            'deleted ' + str(aged.OLD)], [
                re.sub(r'\d+ (stacks|other)', r'%d \1', line)
                for line in self.run_command(
                    'purge_deleted', '-b', '1').stderr.splitlines()])

    def test_progress_on_a_terminal(self):
        self.add(2)
        self.store()
        terminal, other_end = pty.openpty()
        self.addCleanup(os.close, terminal)
        process = runners.Process(self.engine, lambda: self.main(other_end))
        os.close(other_end)
        self.assertEqual(0, process.wait())
        told = os.read(terminal, 10000).decode()
        self.assertRegex(told, '\\A\r1 stacks and 15 other rows so far; at '
                         'stacks deleted .*\r2 stacks .*\r\x1b\\[K\\Z')

    def main(self, terminal):
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(terminal, 2)
        sys.stderr = open(2, 'w', closefd=False)
        os.environ['OS_DATABASE__CONNECTION'] = (
            self.engine.url.render_as_string(hide_password=False))
        os._exit(manage.main(['purge_deleted', '-b', '1']))

    def test_bad_arguments(self):
        self.add()
        self.store()
        for args, reason in (
                (['abc'], '"abc"'), (['-1'], '"-1"'), ([''], 'whole number'),
                (['9' * 5000], '999...'), (['999999999'], 'the year 1'),
                (['1.5'], '"1.5": AGE'), (['1234567890'], 'to 999999999'),
                (['-b', '0'], 'from 1 to 999999999, and not "0"'),
                (['-b', '-3'], 'from 1 to'), (['-b', 'x'], '"x": --batch'),
                (['-p', 'tenant', '--orphans'], '--orphans, --project-id')):
            self.assertIn(reason, self.assert_refused('purge_deleted', *args))
        for args, reason in (
                (['-g', 'weeks'], 'weeks'), (['1', '2'], ': 2'),
                (['--max-time', 'x'], 'from 0 to 999999, and not "x"'),
                (['--sleep', '-1'], 'from 0 to 999999, and not "-1"')):
            result = self.run_command('purge_deleted', *args)
            self.assertEqual(2, result.status, args)
            self.assertIn(reason, result.stderr)
        self.assertEqual(1, self.stacks())

    def test_database_below_the_newest_version(self):
        self.execute('UPDATE migrate_version SET version = 85')
        self.addCleanup(self.execute,
                        'UPDATE migrate_version SET version = 86')
        self.assertIn('run heat-manage db_sync first',
                      self.assert_refused('purge_deleted'))

    def test_interrupted(self):
        self.add(3)
        self.store()
        process = self.start('purge_deleted', '-b', '1',
                             before=self.interrupt_at_commit)
        self.assertEqual(exits.INTERRUPTED, process.wait())
        self.assertIn(self.stacks(), (2, 3))
        self.assertEqual(self.stacks(), self.as_json()['deleted']['stack'])

    def interrupt_at_commit(self):
        signal.signal(signal.SIGINT, signal.default_int_handler)

        def interrupt(conn):
            os.kill(os.getpid(), signal.SIGINT)
        sa.event.listen(sa.engine.Engine, 'commit', interrupt)


# SQLite's users are those of the file.
@base.only_on('mysql', 'postgresql')
class ReadOnlyTest(command.CommandTestCase):

    PARAMETERS = {
        'mysql': 'init_command=SET SESSION TRANSACTION READ ONLY',
        'postgresql': 'options=-c default_transaction_read_only=on'}

    def test_who_may_only_read(self):
        database = aged.Database()
        aged.one_of_all(database, aged.OLD)
        database.store(self.engine)
        options = {'OS_DATABASE__CONNECTION_PARAMETERS':
                   self.PARAMETERS[self.driver],
                   'before': command.forget_engine}
        self.assertRegex(self.assert_refused('purge_deleted', **options),
                         '(?i)read.only transaction')
        result = self.run_command('purge_deleted', '--dry-run', **options)
        self.assertEqual(0, result.status, result.stderr)
        self.assertRegex(result.stdout, 'stack +1\n')
