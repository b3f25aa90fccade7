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

"""heat-manage purge_deleted.

Exit status: 0 all is purged; 6 --max-time ended it, and there is more.
"""

import argparse
import re

from heat.cmd import common
from heat.cmd import exits
from heat.cmd import output
from heat.common.i18n import _
from heat.db import exception

# Those of heat.db.sqlalchemy.maintenance.purge, which is slow to import.
GRANULARITIES = ('days', 'hours', 'minutes', 'seconds')


def add_arguments(parser):
    parser.add_argument(
        'age', nargs='?', default='90', metavar='AGE',
        help=_('how long to keep what is deleted (%(default)s)'))
    parser.add_argument(
        '-g', '--granularity', choices=GRANULARITIES,
        default=GRANULARITIES[0],
        help=_('the unit of AGE (%(default)s)'))
    parser.add_argument(
        '-p', '--project-id', metavar='PROJECT',
        help=_('purge the stacks of this project only; deleted services go '
               'anyway'))
    parser.add_argument(
        # The last one is what Heat's own takes for the first.
        '-b', '--batch_size', '--batch-size', '--batch', default='20',
        metavar='BATCH',
        help=_('how many stacks to purge at a time (%(default)s)'))
    parser.add_argument(
        '--dry-run', action='store_true',
        help=_('delete nothing; count what would be deleted'))
    parser.add_argument(
        '--orphans', action='store_true',
        help=_('delete what belongs to nothing and is as old, too'))
    parser.add_argument(
        '--max-time', type=_seconds, metavar='SECONDS',
        help=_('begin no other batch after so long; exit status 6 if there '
               'is more'))
    parser.add_argument(
        '--sleep', type=_seconds, default=0, metavar='SECONDS',
        help=_('wait so long between batches (%(default)s)'))
    parser.add_argument(
        '--replica', action='store_true',
        help=_('after each batch, wait until the replica of [database] '
               'slave_connection has it'))


def run(args):
    """Delete stacks and services that were deleted some time ago."""
    age = _number('AGE', args.age)
    batch_size = _number('--batch-size', args.batch_size, 1)
    if args.orphans and args.project_id is not None:
        raise exception.InvalidValues(
            _('what belongs to nothing is of no project; leave one of them '
              'out'), ['--orphans', '--project-id'])
    common.newest_engine(needs_indexes=True)
    from heat.cmd import purge_progress
    from heat.db.sqlalchemy.maintenance import purge
    with purge_progress.PurgeProgress() as listener:
        purged = purge.purge_deleted(
            age, args.granularity, args.project_id, batch_size, args.dry_run,
            args.max_time, args.sleep, listener, args.orphans, args.replica)
    output.show(args.format, _words(purged, args.dry_run),
                deleted=purged.counts, dry_run=args.dry_run,
                complete=purged.is_complete, live_below_deleted=purged.live)
    return exits.DONE if purged.is_complete else exits.MORE


def _words(purged, dry_run):
    """Tell in lines what came of a purge."""
    yield (_('Rows that would be deleted:') if dry_run else
           _('Rows that are deleted:'))
    for name, number in purged.counts.items():
        yield '%-26s %10d' % (name, number)
    if purged.live:
        yield _('Stacks that are kept, since they are not deleted, though '
                'the stack above them was: %d') % purged.live
    if not purged.is_complete:
        yield _('The time was over before the end: run it again.')


def _number(name, text, least=0):
    # A longer one is none, and Python does not read it.
    if not re.fullmatch('[0-9]{1,9}', text) or int(text) < least:
        raise exception.InvalidValues(
            _('must be a whole number from %(least)d to 999999999, and not '
              '"%(text)s"') % {'least': least, 'text': output.short(text)},
            [name])
    return int(text)


def _seconds(text):
    if not re.fullmatch(r'[0-9]{1,6}(\.[0-9]{1,6})?', text):
        raise argparse.ArgumentTypeError(
            _('must be a number of seconds from 0 to 999999, and not "%s"') %
            output.short(text))
    return float(text)
