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

"""What db_sync tells while it waits, on a terminal and elsewhere."""

import os
import pty
import re
import signal
import subprocess

from testtools import matchers

from heat.tests import base
from heat.tests.cmd import test_db_sync_options
from heat.tests.cmd import test_manage
from heat.tests import databases

NAME = test_db_sync_options.NAME_055
LOCKED = ('a transaction of someone else has locked what is to be changed, '
          'for 3 seconds of trying')
WAITING = ('heat-manage: waiting for the db_sync that is process 4711 on '
           'elsewhere since 2015-01-01 UTC, for at most ')


class _Command:
    """A db_sync that runs, its stderr a terminal or a pipe.

    :param together: stdout goes there, too
    """

    def __init__(self, connection, *args, is_terminal, together=False):
        self.is_terminal = is_terminal
        self.stderr, other_end = pty.openpty() if is_terminal else os.pipe()
        with os.fdopen(other_end):
            self._process = subprocess.Popen(
                (test_manage.HEAT_MANAGE, 'db_sync', '--lock-timeout') + args,
                stdout=other_end if together else subprocess.PIPE,
                stderr=other_end, text=True,
                # A shell lets its background processes ignore it.
                preexec_fn=lambda: signal.signal(
                    signal.SIGINT, signal.SIG_DFL),
                env=dict(os.environ, OS_DATABASE__CONNECTION=connection))
        self.text = ''

    def read_until(self, pattern):
        """Read stderr up to a pattern, or to the end."""
        while not re.search(pattern, self.text):
            try:
                read = os.read(self.stderr, 1000).decode()
            except OSError:
                # So ends a terminal.
                read = ''
            if not read:
                return
            # A terminal returns the carriage, too.
            self.text += read.replace('\r\n', '\n')

    def end(self):
        """Return the exit status, stdout and stderr."""
        self.read_until('(?!)')
        os.close(self.stderr)
        return (self._process.wait(), self._process.communicate()[0],
                self.text)

    def interrupt(self):
        self._process.send_signal(signal.SIGINT)

    def kill(self):
        self._process.kill()
        self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()


class _WaitTestCase(test_db_sync_options.OptionsTestCase):

    def setUp(self):
        super().setUp()
        databases.load(self.engine, '054')

    def start(self, *args, **options):
        command = _Command(self.connection, *args, **options)
        self.addCleanup(command.kill)
        return command

    def assert_interrupted(self, command):
        told = command.text
        command.interrupt()
        status, stdout, stderr = command.end()
        self.assertEqual((130, ''), (status, stdout))
        erased = r'.*\r\x1b\[K' if command.is_terminal else ''
        self.assertRegex(stderr[len(told):], r'\A%sheat-manage: interrupted'
                         r'[^\n]*\n\Z' % erased)


class WaitTest(_WaitTestCase):

    def test_waiting_is_told_on_stderr(self):
        self.claim()
        for is_terminal in False, True:
            status, stdout, stderr = self.start(
                '1', is_terminal=is_terminal).end()
            self.assertEqual((1, ''), (status, stdout))
            erase = '\r\x1b[K' if is_terminal else ''
            self.assertThat(stderr, matchers.StartsWith(erase + WAITING))
            self.assertRegex(stderr, r'\A.*[01] s\n.* after 1 s; .*\n\Z')

    def test_interrupted_while_it_waits_for_a_claim(self):
        self.claim()
        before = self.describe()
        for is_terminal in False, True:
            command = self.start('60', is_terminal=is_terminal)
            command.read_until('waiting for [^\n]*\n')
            self.assert_interrupted(command)
            self.assertEqual(before, self.describe())


# SQLite's would let no one write anything.
@base.only_on('mysql', 'postgresql')
class ProgressTest(_WaitTestCase):
    """A transaction that has read stack lets no one change its schema."""

    def setUp(self):
        super().setUp()
        self.other = self.engine.connect()
        self.addCleanup(self.other.close)
        self.other.begin()
        self.other.exec_driver_sql('SELECT 1 FROM stack')

    def test_progress_on_a_terminal(self):
        command = self.start('60', is_terminal=True, together=True)
        command.read_until(r'\r%s, [1-9] s, \d: ALTER TABLE stack ADD' % NAME)
        self.other.close()
        status, _, text = command.end()
        self.assertEqual(0, status, text)
        # A result stands where the progress was. On a busy machine, other
        # steps show theirs, too.
        self.assertRegex(
            text, r'\A\r%s.*\r\x1b\[K%s +\d statements +\d+\.\d\d s\n'
            r'((\r[^\r\x1b]*)*\r\x1b\[K[^\r]*\n)+'
            r'\r\x1b\[KThe database is at version 86\.\n\Z' % (NAME, NAME))

    def test_none_elsewhere(self):
        # A step that lasts as long, but for a reader of a log.
        status, stdout, stderr = self.start(
            '3', is_terminal=False).end()
        self.assertEqual((1, ''), (status, stdout))
        self.assertRegex(stderr, r'\Aheat-manage: %s; [^\n\r\x1b]*\n\Z' %
                         LOCKED)

    def test_interrupted_while_it_waits_for_a_lock(self):
        before = self.describe()
        command = self.start('60', is_terminal=True)
        command.read_until('ALTER TABLE stack ADD')
        self.assert_interrupted(command)
        self.assertEqual(before, self.describe())
