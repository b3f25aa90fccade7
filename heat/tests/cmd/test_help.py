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
. ./%(program)s
COMP_WORDS=(%(words)s) COMP_CWORD=%(last)d
$(complete -p %(program)s | sed 's/.*-F \\([^ ]*\\).*/\\1/') %(program)s
printf '%%s\\n' "${COMPREPLY[@]}"
'''
MODULES = {'heat-manage': 'heat.cmd.manage', 'heat-status': 'heat.cmd.status'}


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

    def run_module(self, program, *argv, **options):
        return subprocess.run(
            (sys.executable, '-m', MODULES[program], *argv), text=True,
            stderr=subprocess.PIPE, **options)

    def complete(self, program, *words):
        """Return what bash would complete the last word to."""
        with open(os.path.join(self.directory, program), 'w') as script:
            self.run_module(program, '--shell_completion', 'bash', check=True,
                            stdout=script)
        return subprocess.run(
            ('bash', '-c', COMPLETE % {
                'program': program, 'words': ' '.join((program, *words)),
                'last': len(words)}),
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

    def test_status(self):
        self.assertEqual(['upgrade'], self.complete('heat-status', 'up'))
        self.assertEqual(['check'], self.complete(
            'heat-status', 'upgrade', 'ch'))
        self.assertEqual(['--json'], self.complete(
            'heat-status', 'upgrade', 'check', '--j'))

    def test_other_shells(self):
        for program in MODULES:
            result = self.run_module(program, '--shell_completion=zsh',
                                     stdout=subprocess.PIPE)
            self.assertEqual((0, ''), (result.returncode, result.stderr))
            self.assertIn('#compdef ' + program, result.stdout)
            result = self.run_module(program, '--shell_completion', 'csh',
                                     stdout=subprocess.PIPE)
            self.assertEqual((2, ''), (result.returncode, result.stdout))

    def test_without_shtab(self):
        os.mkdir(os.path.join(self.directory, 'shtab'))
        with open(os.path.join(self.directory, 'shtab', '__init__.py'),
                  'w') as module:
            module.write('raise ImportError')
        result = self.run_module(
            'heat-manage', '--shell_completion', 'bash', cwd=self.directory,
            stdout=subprocess.PIPE)
        self.assertEqual((1, ''), (result.returncode, result.stdout))
        self.assertRegex(result.stderr, r'\Aheat-manage: shtab [^\n]+\n\Z')
