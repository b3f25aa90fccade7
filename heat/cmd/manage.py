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

"""heat-manage: what an operator does with Heat's database.

Each command is a module of heat.cmd that has add_arguments, which tells
argparse what the command takes, and run, which does it. What is common to
them all is here and in heat.cmd.common and heat.cmd.output.

heat.cmd.exits has the exit statuses. What is refused or fails says why in one
line on stderr, and shows a traceback only with --debug.
"""

import sys

from oslo_config import cfg

from heat.cmd import common
from heat.cmd import completion
from heat.cmd import db_check
from heat.cmd import db_sync
from heat.cmd import db_version
from heat.cmd import exits
from heat.cmd import migrate_convergence_1
from heat.cmd import migrate_properties_data
from heat.cmd import output
from heat.cmd import purge_deleted
from heat.cmd import reset_stack_status
from heat.cmd import resource_data_list
from heat.cmd import service
from heat.cmd import stack_status
from heat.cmd import update_params
from heat.common.config import CONF
from heat.common.i18n import _

PROGRAM = 'heat-manage'

# In the order of --help. All are loaded to know their arguments, so each
# imports what takes time when it is run.
COMMANDS = (db_sync, db_version, db_check, stack_status, reset_stack_status,
            purge_deleted, update_params, migrate_properties_data,
            migrate_convergence_1, service, resource_data_list)


def add_commands(subparsers):
    """Let argparse know the commands.

    :param subparsers: what ArgumentParser.add_subparsers returns
    """
    for command in COMMANDS:
        parser = subparsers.add_parser(
            command.__name__.rpartition('.')[2], help=command.run.__doc__,
            description=command.run.__doc__)
        parser.set_defaults(run=command.run)
        parser.add_argument('--format', choices=output.FORMATS,
                            default='text', help=_('how to print results'))
        command.add_arguments(parser)


def parser():
    """Return an ArgumentParser for what completes command lines in a shell.

    It has the commands, and the options before them that are files.
    """
    found = completion.parser(PROGRAM)
    add_commands(found.add_subparsers())
    return found


def main(argv=None):
    """Run a command and return its exit status.

    :param argv: the arguments; None takes those of the process
    """
    return common.run(PROGRAM, lambda: _run(argv), _(
        'interrupted; run it again, and it goes on from here'))


def _run(argv):
    argv = common.prepare(argv)
    if completion.is_shown(argv, parser):
        return exits.DONE
    common.configure(argv, PROGRAM, cfg.SubCommandOpt(
        'command', title=_('commands'), handler=add_commands))
    return CONF.command.run(CONF.command)


if __name__ == '__main__':
    sys.exit(main())
