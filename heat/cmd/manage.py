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

Exit status: 0 done; 1 refused or failed, with one line on stderr that says
why (and a traceback only with --debug); 2 a command line that makes no sense.
"""

import sys

from oslo_config import cfg

from heat.cmd import common
from heat.common.config import CONF
from heat.common import exception
from heat.common.i18n import _
from heat.db import api


def db_sync():
    """Bring the database to a version of the schema."""
    version = _version_number(CONF.command.version)
    engine = common.connect()
    api.db_sync(engine, version, report=_print_applied)
    print(_('The database is at version %d.') % api.db_version(engine))


def db_version():
    """Print the version of the database."""
    print(api.db_version(common.connect()))


def _version_number(text):
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()):
        raise exception.MigrationError(
            _('a version is a number such as 55, not "%s"') % text)
    return int(text)


def _print_applied(applied):
    print('%-32s %6.2f s' % (applied.name, applied.duration), flush=True)


def _add_commands(subparsers):
    parser = subparsers.add_parser('db_sync', help=db_sync.__doc__)
    parser.set_defaults(run=db_sync)
    parser.add_argument(
        'version', nargs='?', metavar='VERSION',
        help=_('the number of the version; the newest if not given'))
    parser = subparsers.add_parser('db_version', help=db_version.__doc__)
    parser.set_defaults(run=db_version)


def main(argv=None):
    """Run a command and return its exit status.

    :param argv: the arguments; None takes those of the process
    """
    try:
        CONF.register_cli_opt(cfg.SubCommandOpt(
            'command', title=_('commands'), handler=_add_commands))
        common.configure(argv)
        CONF.command.run()
    except Exception as error:
        common.report('heat-manage', error)
        return 1


if __name__ == '__main__':
    sys.exit(main())
