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
why (and a traceback only with --debug); 2 a command line that makes no sense;
130 interrupted. Those of db_sync --check and of db_check are told there.
"""

import argparse
import re
import sys

from oslo_config import cfg

from heat.cmd import common
from heat.cmd import output
from heat.common.config import CONF
from heat.common.i18n import _
from heat.db import exception
from heat.db.sqlalchemy.migration import migrate_version

# Each command imports what it alone needs when it is run: most of the time
# that db_version takes is spent on imports.

BACKENDS = ('mysql', 'postgresql', 'sqlite')

# The version of an empty database.
EMPTY = 45

UP_TO_DATE = 0
PENDING = 2
UNKNOWN = 3
HALF_APPLIED = 4

DRIFTED = 2


def db_sync():
    """Bring the database to a version of the schema."""
    command = CONF.command
    _require_sense(command)
    if command.check:
        return _check()
    version = _version_number(command.version)
    if command.dry_run or command.sql:
        return _plan(version)
    engine = common.connect()
    from heat.cmd import progress
    from heat.db.sqlalchemy.migration import sync
    with progress.Progress(_is_text()) as listener:
        applied = sync.db_sync(
            engine, version, command.lock_timeout, listener)
    reached = migrate_version.db_version(engine)
    _show([_('The database is at version %d.') % reached],
          version=reached, applied=[step._asdict() for step in applied])


def _require_sense(command):
    """Refuse options that would be ignored."""
    is_plan = command.dry_run or command.sql
    if command.check and (is_plan or command.dialect or
                          command.version is not None):
        raise exception.MigrationError(
            _('--check goes without --dry-run, --sql, --dialect and VERSION'))
    if command.dialect and not is_plan:
        raise exception.MigrationError(
            _('--dialect goes with --sql or --dry-run'))
    if command.start is not None and not command.dialect:
        raise exception.MigrationError(_('--from goes with --dialect'))


def _plan(version):
    """List the versions that db_sync would apply."""
    from heat.db.sqlalchemy.migration import plan
    command = CONF.command
    if command.dialect:
        steps = plan.db_plan_offline(
            command.dialect, _version_number(command.start, EMPTY), version)
    else:
        steps = plan.db_plan(common.connect(), version)
    lines = [step.name for step in steps] or [_('Nothing is pending.')]
    if command.sql:
        lines = _sql(steps)
    _show(lines, pending=[step._asdict() for step in steps])


def _sql(steps):
    """Return what the client of the database reads."""
    yield _('-- For a client that stops at the first error: mariadb or mysql,')
    yield _('-- psql -v ON_ERROR_STOP=1, sqlite3 -bail. No db_sync may run.')
    for step in steps:
        yield '\n-- %s' % step.name
        for statement in step.statements:
            yield statement + ';'


def _check():
    """Tell by the exit status whether db_sync is needed."""
    from heat.db.sqlalchemy.migration import plan
    try:
        found = plan.db_status(common.connect())
    except (exception.DatabaseTooNew, exception.UnknownVersion) as error:
        _show([str(error)], status=UNKNOWN, reason=str(error))
        return UNKNOWN
    status = UP_TO_DATE
    lines = [_('The database is at version %d, the newest.') % found.version]
    if found.pending:
        status = PENDING
        lines = _pending_lines(found) + [_('Next: heat-manage db_sync')]
    if found.half_applied:
        status = HALF_APPLIED
        lines.insert(-1, _('A part of %s is there already; db_sync goes on '
                           'from it.') % found.pending[0])
    if found.claim:
        lines.append(_('At work now: %s') % found.claim)
    _show(lines, status=status, **found._asdict())
    return status


def db_version():
    """Print the version of the database."""
    engine = common.connect()
    if CONF.command.verbose:
        from heat.db.sqlalchemy.migration import plan
        found = plan.db_status(engine)
        _show(_pending_lines(found), **found._asdict())
    else:
        version = migrate_version.db_version(engine)
        _show([version], version=version)


def _pending_lines(status):
    return [_('The database is at version %(version)d; the newest is '
              '%(newest)d.') % status._asdict()] + [
        _('Pending: %s') % name for name in status.pending]


def db_check():
    """List how the schema differs from what this Heat works with."""
    from heat.db.sqlalchemy.migration import drift
    differences = drift.db_drift(common.connect())
    _show(differences or [_('The schema is as it has to be.')],
          differences=differences)
    return DRIFTED if differences else 0


def _is_text():
    return CONF.command.format == 'text'


def _show(lines, **values):
    output.show(lines if _is_text() else None, **values)


def _version_number(text, default=None):
    if text is None:
        return default
    if not (text.isascii() and text.isdigit()):
        raise exception.MigrationError(
            _('a version is a number such as 55, not "%s"') % text)
    return int(text)


def _seconds(text):
    if not re.fullmatch('[0-9]{1,6}', text):
        raise argparse.ArgumentTypeError(
            _('a number of seconds is at most 999999, and not "%s"') % text)
    return int(text)


def _add_commands(subparsers):
    for run, add_arguments in ((db_sync, _add_db_sync_arguments),
                               (db_version, _add_db_version_arguments),
                               (db_check, lambda parser: None)):
        parser = subparsers.add_parser(
            run.__name__, help=run.__doc__, description=run.__doc__)
        parser.set_defaults(run=run)
        parser.add_argument('--format', choices=('text', 'json'),
                            default='text', help=_('how to print results'))
        add_arguments(parser)


def _add_db_version_arguments(parser):
    parser.add_argument('--verbose', action='store_true',
                        help=_('the newest version and what is pending, too'))


def _add_db_sync_arguments(parser):
    parser.add_argument(
        'version', nargs='?', metavar='VERSION',
        help=_('the number of the version; the newest if not given'))
    parser.add_argument(
        '--lock-timeout', type=_seconds, default=600, metavar='SECONDS',
        help=_('how long to wait for another db_sync, and to try again when '
               'a transaction of someone else is in the way (%(default)s)'))
    parser.add_argument(
        '--check', action='store_true',
        help=_('change nothing; exit status 0: up to date, 2: versions are '
               'pending, 3: the database is newer than this code or unknown, '
               '4: a version is half applied'))
    parser.add_argument('--dry-run', action='store_true',
                        help=_('change nothing; list the pending versions'))
    parser.add_argument(
        '--sql', action='store_true',
        help=_('change nothing; print the statements of pending versions'))
    parser.add_argument(
        '--dialect', choices=BACKENDS,
        help=_('with --sql or --dry-run: do not connect, print what this kind '
               'of database takes'))
    parser.add_argument(
        '--from', dest='start', metavar='VERSION',
        help=_('with --dialect: the version to start from; 45, the default, '
               'is an empty database'))


def main(argv=None):
    """Run a command and return its exit status.

    :param argv: the arguments; None takes those of the process
    """
    try:
        CONF.register_cli_opt(cfg.SubCommandOpt(
            'command', title=_('commands'), handler=_add_commands))
        common.configure(argv)
        return CONF.command.run()
    except KeyboardInterrupt:
        print(_('heat-manage: interrupted; the next db_sync goes on from '
                'here'), file=sys.stderr)
        return 130
    except Exception as error:
        common.report('heat-manage', error)
        return 1


if __name__ == '__main__':
    sys.exit(main())
