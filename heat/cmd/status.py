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

"""heat-status: whether a database is ready for this release of Heat.

Exit status, as that of other services: 0 all is well; 1 something is to be
looked at; 2 something stops the upgrade; 255 the checks could not be made,
with one line on stderr that says why (and a traceback only with --debug); 130
interrupted.
"""

import functools
import sys

from oslo_config import cfg
from oslo_db import exception as db_exception
from oslo_upgradecheck import upgradecheck

from heat.cmd.checks import key
from heat.cmd.checks.result import FAILURE
from heat.cmd.checks.result import result
from heat.cmd.checks import rows
from heat.cmd.checks import schema
from heat.cmd.checks import server
from heat.cmd import common
from heat.cmd import completion
from heat.cmd import logs
from heat.common.config import CONF
from heat.common.i18n import _
from heat.db import exception

NOT_CHECKED = 255


def _guarded(check):
    """Let a check fail for itself, as where a table is missing."""
    @functools.wraps(check)
    def guarded(command):
        try:
            return check(command)
        except db_exception.DBConnectionError:
            raise
        except (*common.DATABASE_ERRORS, exception.MigrationError) as error:
            return result(FAILURE, _(
                'Not checked: %s. heat-manage db_check lists how the schema '
                'differs.') % common.words(error))

    return guarded


class Checks(upgradecheck.UpgradeCommands):
    """What 'heat-status upgrade check' looks at; changes nothing.

    :ivar engine: the Engine of the database
    :ivar status: what the check of the version found, a Status of
        heat.db.sqlalchemy.migration.plan; None: the version is unknown
    """

    status = None

    # Others need to know what the check of the version found, and where that
    # can not be made, none can.
    _upgrade_checks = ((_('Schema version'), schema.version), *(
        (name, _guarded(check)) for name, check in (
            (_('Hand-over to Alembic'), schema.hand_over),
            (_('Charset and collation'), schema.charset),
            (_('Schema drift'), schema.drift),
            (_('Soft-deleted rows'), rows.deleted),
            (_('Orphaned rows'), rows.orphans),
            (_('Largest tables'), rows.largest),
            (_('Encryption key'), key.key),
            (_('Durability'), server.durability),
            (_('Reads of a cluster'), server.cluster_reads),
            (_('Connections'), server.connections),
        )))

    def check(self):
        """Make all checks and print their results.

        :returns: the highest code of a check, or NOT_CHECKED
        """
        try:
            logs.set_up('heat-status', common.reason)
            self.engine = common.connected_engine()
            return super().check()
        except Exception as error:
            common.report('heat-status', error)
            return NOT_CHECKED


def parser():
    """Return an ArgumentParser for what completes command lines in a shell.

    It has what oslo.upgradecheck takes.
    """
    found = completion.parser('heat-status')
    # shtab leaves out what has no help.
    upgrade = found.add_subparsers().add_parser(
        'upgrade', help=_('what to look at before an upgrade'))
    upgrade.add_argument('check', choices=['check'])
    upgrade.add_argument('--json', action='store_true',
                         help=_('print the results as JSON'))
    return found


def main(argv=None):
    """Run the checks and return the exit status.

    :param argv: the arguments; None takes those of the process
    """
    return common.run('heat-status', lambda: _run(argv), _(
        'interrupted; it has changed nothing'), failed=NOT_CHECKED)


def _run(argv):
    argv = common.prepare(argv)
    if completion.is_shown(argv, parser):
        return upgradecheck.Code.SUCCESS
    # What the engine reads, and what this reads in other services.
    files = dict.fromkeys(
        path for program in ('heat-engine', 'heat-status')
        for path in cfg.find_config_files('heat', program))
    return upgradecheck.main(CONF, 'heat', Checks(), argv, list(files))


if __name__ == '__main__':
    sys.exit(main())
