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

"""Directives of the manual pages, made from the commands themselves."""

import argparse
import inspect
import os
import pathlib
import subprocess
import sys

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import nested_parse_with_titles

import heat
from heat.cmd import exits
from heat.cmd import manage

HELP = '''
import sys
sys.argv = ['%s', '--help']
from heat.cmd import %s as program
program.main()
'''


class _Lines(SphinxDirective):
    """What is in the lines of a subclass."""

    def run(self):
        section = nodes.section()
        section.document = self.state.document
        nested_parse_with_titles(
            self.state, StringList(list(self.lines()), self.name), section)
        return section.children


class Commands(_Lines):
    """A section for each command of heat-manage: what --help prints."""

    def lines(self):
        subparsers = argparse.ArgumentParser(manage.PROGRAM).add_subparsers()
        manage.add_commands(subparsers)
        for command in manage.COMMANDS:
            name = command.__name__.rpartition('.')[2]
            yield from (name, '-' * len(name), '')
            yield from inspect.getdoc(command).splitlines()[1:]
            yield from _literal(subparsers.choices[name].format_help())


class ProgramHelp(_Lines):
    """What --help of a program prints, such as heat-manage."""

    required_arguments = 1

    def lines(self):
        name = self.arguments[0]
        return _literal(subprocess.run(
            (sys.executable, '-c', HELP % (name, name.removeprefix('heat-'))),
            check=True, text=True, capture_output=True,
            cwd=pathlib.Path(heat.__file__).parent.parent).stdout)


class ExitStatuses(_Lines):
    """The exit statuses of heat-manage, and what they mean."""

    def lines(self):
        for status, meaning in exits.MEANINGS.items():
            text = meaning[0].upper() + meaning[1:]
            yield from ('%d' % status, '    %s.' % text, '')


def _literal(text):
    yield from ('', '.. code-block:: none', '')
    for line in text.splitlines():
        yield '    ' + line if line else ''
    yield ''


def setup(app):
    # The width of what argparse prints.
    os.environ['COLUMNS'] = '80'
    app.add_directive('commands', Commands)
    app.add_directive('program-help', ProgramHelp)
    app.add_directive('exit-statuses', ExitStatuses)
    return {'parallel_read_safe': True}
