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

"""Every command is explained: by --help, in the documentation, to a shell."""

import argparse
import os
import pathlib
import re
import subprocess
import sys

import fixtures
import testtools

import heat
from heat.cmd import manage

DOCUMENTS = pathlib.Path(heat.__file__).parent.parent / 'doc' / 'source'
NAMES = [command.__name__.rpartition('.')[2] for command in manage.COMMANDS]

# Completes a command line as bash does when someone presses Tab.
COMPLETE = '''
. ./heat-manage
COMP_WORDS=(%s) COMP_CWORD=%d
$(complete -p heat-manage | sed 's/.*-F \\([^ ]*\\).*/\\1/') heat-manage
printf '%%s\\n' "${COMPREPLY[@]}"
'''


class HelpTest(testtools.TestCase):

    def setUp(self):
        super().setUp()
        subparsers = argparse.ArgumentParser().add_subparsers()
        manage.add_commands(subparsers)
        self.parsers = subparsers.choices

    def test_every_argument_has_help(self):
        for name in NAMES:
            for action in self.parsers[name]._actions:
                self.assertTrue(action.help, (name, action))

    def test_every_command_says_what_it_does(self):
        for name in NAMES:
            self.assertRegex(self.parsers[name].description or '',
                             r'\A[A-Z][^\n]{15,70}\.\Z', name)

    def test_every_command_is_documented(self):
        pages = [page.read_text('utf-8')
                 for page in (DOCUMENTS / 'admin').glob('*.rst')]
        for name in NAMES:
            for pattern in (r'(?m)^([a-z_]+, )*%s(, [a-z_]+)*\n=+$',
                            r'heat-manage( --config-file \S+)? %s\b'):
                self.assertTrue(any(re.search(pattern % name, text)
                                    for text in pages), name)


class CompletionTest(testtools.TestCase):

    def setUp(self):
        super().setUp()
        self.directory = self.useFixture(fixtures.TempDir()).path
        with open(os.path.join(self.directory, 'heat-manage'), 'w') as script:
            subprocess.run((sys.executable, '-m', 'shtab', '--shell=bash',
                            'heat.cmd.manage.parser'), check=True,
                           stdout=script)

    def complete(self, *words):
        """Return what bash would complete the last word to."""
        return subprocess.run(
            ('bash', '-c', COMPLETE % (' '.join(words), len(words) - 1)),
            cwd=self.directory, check=True, text=True,
            capture_output=True).stdout.split()

    def test_commands(self):
        self.assertEqual(['db_sync'], self.complete('heat-manage', 'db_s'))
        self.assertLessEqual(set(NAMES), set(
            self.complete('heat-manage', '""')))

    def test_options_and_choices(self):
        self.assertEqual(['--dry-run'], self.complete(
            'heat-manage', 'db_sync', '--dry'))
        self.assertEqual(['json'], self.complete(
            'heat-manage', 'service', '--format', 'j'))
