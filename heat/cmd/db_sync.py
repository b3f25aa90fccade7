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

"""heat-manage db_sync: change the schema, or tell what there is to change.

Exit status of --online: 0 the version is reached; 5 it stopped before a
version that needs Heat's services stopped. Of --check: 0 up to date; 2
versions are pending; 3 the database is newer than this code, or unknown; 4 a
version is half applied.
"""

import argparse
import re

from heat.cmd import common
from heat.cmd import exits
from heat.cmd import output
from heat.cmd import planned
from heat.common.i18n import _
from heat.db import exception
from heat.db.sqlalchemy.migration.repository import INIT_VERSION

BACKENDS = ('mysql', 'postgresql', 'sqlite')

# Those of heat.db.sqlalchemy.ddl.orphans, which is slow to import.
ORPHANS = ('refuse', 'delete')

# Seconds. Deployment tools end a db_sync that lasts longer than 300 (that is
# what puppet-heat allows it); before that, it has to say what it waits for.
LOCK_TIMEOUT = 240


def add_arguments(parser):
    parser.add_argument(
        'version', nargs='?', metavar='VERSION',
        help=_('the number of the version; the newest if not given'))
    parser.add_argument(
        '--lock-timeout', type=_seconds, default=LOCK_TIMEOUT,
        metavar='SECONDS',
        help=_('how long each wait may take: for another db_sync, and for '
               'each lock that a transaction of someone else holds, also with '
               '--check, --dry-run and --sql; all of them together may take '
               'longer (%(default)s)'))
    parser.add_argument(
        '--online', action='store_true',
        help=_("stop, with exit status 5, before the first version that needs "
               "Heat's services stopped"))
    parser.add_argument(
        '--no-indexes', dest='indexes', action='store_false',
        help=_("do not create the indexes that Heat's own schema lacks"))
    parser.add_argument(
        '--repair-stamp', action='store_true',
        help=_('go on although Heat 21 or later has stamped the database as '
               'one at 086: apply what is missing, and keep the stamp'))
    parser.add_argument(
        '--orphans', choices=ORPHANS, default=ORPHANS[0],
        help=_('what to do with rows of resource_data, resource and event '
               'that refer to rows that are not there: refuse to change '
               'anything, and name them (the default), or delete them, and '
               'tell how many'))
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


def run(args):
    """Bring the database to a version of the schema."""
    _require_sense(args)
    if args.check:
        return _check(args)
    if args.dry_run or args.sql:
        return _plan(args)
    return _sync(args)


def _require_sense(args):
    """Refuse options that would be ignored."""
    is_plan = args.dry_run or args.sql
    if args.check and (is_plan or args.dialect or args.version is not None):
        raise exception.MigrationError(
            _('--check goes without --dry-run, --sql, --dialect and VERSION'))
    if args.online and (is_plan or args.check):
        raise exception.MigrationError(
            _('--online goes without --check, --dry-run and --sql'))
    if args.orphans != ORPHANS[0] and (args.check or args.dialect):
        raise exception.MigrationError(
            _('--orphans goes without --check and --dialect'))
    if args.dialect and not is_plan:
        raise exception.MigrationError(
            _('--dialect goes with --sql or --dry-run'))
    if args.start is not None and not args.dialect:
        raise exception.MigrationError(_('--from goes with --dialect'))


def _sync(args):
    version = _version_number(args.version)
    engine = common.connected_engine(creates_file=True)
    from heat.cmd import progress
    from heat.db.sqlalchemy.migration import migrate_version
    from heat.db.sqlalchemy.migration import sync
    with progress.Progress(args.format == 'text') as listener:
        applied = sync.db_sync(engine, version, args.lock_timeout, listener,
                               args.online, args.indexes, args.repair_stamp,
                               args.orphans)
    reached = migrate_version.db_version(engine)
    lines = [_('The database is at version %d.') % reached]
    values = {'version': reached,
              'applied': [step._asdict() for step in applied]}
    if args.online:
        values.update(_left_out(args, engine, version, lines))
    output.show(args.format, lines, **values)
    return (exits.NEEDS_STOPPED_SERVICES if values.get('stopped_before') else
            exits.DONE)


def _left_out(args, engine, version, lines):
    """Return what --online has left to do, as a dictionary.

    That is the version before which it stopped, or the indexes that are
    missing at the newest one.

    :param lines: a line is added that says why
    """
    from heat.db.sqlalchemy.migration import indexes
    from heat.db.sqlalchemy.migration import pending
    left = {'stopped_before': None, 'missing_indexes': []}
    for script in pending.scripts(engine, version, with_indexes=args.indexes,
                                  repair_stamp=True)[:1]:
        name = script.name
        if script.version is None:
            left['missing_indexes'] = list(map(indexes.name,
                                               indexes.missing(engine)))
            name = _('To create %s') % ', '.join(left['missing_indexes'])
        else:
            left['stopped_before'] = name
        lines.append(
            _("%(name)s needs Heat's services stopped: %(why)s. Stop them and "
              'run db_sync%(option)s without --online.') % {
                'name': name, 'why': script.needs_stopped_services,
                'option': ' --repair-stamp' if args.repair_stamp else ''})
    return left


def _check(args):
    """Tell by the exit status whether db_sync is needed."""
    from heat.db.sqlalchemy.migration import plan
    try:
        found = plan.db_status(common.connected_engine(), args.lock_timeout)
    except (exception.DatabaseTooNew, exception.UnknownVersion) as error:
        output.show(args.format, [error], status=exits.UNKNOWN,
                    reason=str(error))
        return exits.UNKNOWN
    status = (exits.HALF_APPLIED if found.half_applied else
              exits.FOUND if found.pending else exits.DONE)
    output.show(args.format, _words(found), status=status, **found._asdict())
    return status


def _words(found):
    """Tell in lines what a Status means for an operator."""
    if not found.pending:
        yield _('The database is at version %d, the newest.') % found.version
    else:
        yield from output.pending(found)
    if found.half_applied:
        yield _('A part of %s is there already; db_sync goes on from '
                'it.') % found.pending[0]
    yield from output.hand_over(found)
    if found.pending:
        yield _('Next: heat-manage db_sync%s') % (
            ' --repair-stamp' if found.alembic else '')
    if found.missing_indexes:
        yield _('Indexes that db_sync would create: %s') % ', '.join(
            found.missing_indexes)
    if found.claim:
        yield _('At work now: %s') % found.claim


def _plan(args):
    """List the versions that db_sync would apply, or their statements."""
    from heat.db.sqlalchemy.migration import plan
    version = _version_number(args.version)
    if args.dialect:
        steps = plan.db_plan_offline(
            args.dialect, _version_number(args.start, INIT_VERSION), version,
            args.indexes)
    else:
        steps = plan.db_plan(common.connected_engine(), version, args.indexes,
                             args.repair_stamp, args.orphans,
                             args.lock_timeout)
    if args.sql and args.format == 'text':
        output.write(planned.script(steps))
        return
    output.show(args.format, list(planned.lines(steps)) or
                [_('Nothing is pending.')],
                pending=[step._asdict() for step in steps])


def _version_number(text, default=None):
    if text is None:
        return default
    # A longer one is none, and Python does not read it.
    if not re.fullmatch('[0-9]{1,9}', text):
        raise exception.MigrationError(
            _('a version is a number such as 55, not "%s"') %
            output.short(text))
    return int(text)


def _seconds(text):
    if not re.fullmatch('[0-9]{1,6}', text):
        raise argparse.ArgumentTypeError(
            _('a number of seconds is at most 999999, and not "%s"') %
            output.short(text))
    return int(text)
