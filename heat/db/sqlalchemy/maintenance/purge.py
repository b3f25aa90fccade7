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

"""Purging: what was deleted softly is deleted.

For operators, on a database that engines work on. Each batch is a transaction
of a limited number of rows, so it can be stopped at any time, and called again
goes on.
"""

import datetime
import math
import typing

from oslo_utils import timeutils

from heat.common.i18n import _
from heat.db import exception
from heat.db.sqlalchemy.api import checks
from heat.db.sqlalchemy.maintenance import pace
from heat.db.sqlalchemy.maintenance import purge_run
from heat.db.sqlalchemy.maintenance import replica
from heat.db.sqlalchemy.models import Stack

# Seconds.
GRANULARITIES = {'days': 86400, 'hours': 3600, 'minutes': 60, 'seconds': 1}

# Stacks of a batch; each may have two templates, which may be large.
MOST_STACKS = 100


class Purged(typing.NamedTuple):
    """What came of a purge.

    :ivar counts: {name of a table: number of rows}, of all tables
    :ivar is_complete: whether the end was reached
    :ivar live: how many stacks are not deleted, though their owner was; they
        are kept
    """

    counts: dict
    is_complete: bool
    live: int


class PurgeListener:
    """Is told what a purge does; a base class."""

    def batch(self, counts, deleted_at):
        """A batch was committed.

        :param counts: {name of a table: number of rows}, since the beginning
        :param deleted_at: up to when stacks were deleted that are purged; None
            if those are not stacks
        """

    def kept(self, stack_id, owner_id):
        """A stack is not deleted, though its owner was."""

    def waiting(self, reason):
        """It makes a break; a text says why."""


def purge_deleted(age, granularity='days', project_id=None, batch_size=20,
                  dry_run=False, max_time=None, sleep=0, listener=None,
                  with_orphans=False, wait_for_replica=False):
    """Delete soft-deleted stacks and services that are older than an age.

    With a stack goes all that belongs to it, and each template, row of files,
    properties and credentials that it named and nothing else names. A stack
    that is not deleted is kept, whatever became of its owner.

    Batches are transactions of at most some 1,000 rows: about 20 statements
    for each, and one SELECT for each 1,000 deleted stacks. Repeated like
    stack_update, also after a lost connection; what was deleted by a batch
    whose answer was lost is not counted. Between batches, it waits for a
    Galera cluster that holds its writers back; one statement for each look.

    :param age: how much time has to have passed: an integer from 0 on
    :param granularity: its unit: 'days', 'hours', 'minutes' or 'seconds'
    :param project_id: purge stacks of this one alone; services go anyway.
        None is all
    :param batch_size: how many stacks are purged at a time, from 1 on;
        more than 100 are as good as 100
    :param dry_run: only count what would be deleted now; 14 SELECTs for each
        batch
    :param max_time: the seconds after which no other batch is begun; None is
        no limit
    :param sleep: the seconds to wait between batches
    :param listener: a PurgeListener; None is none
    :param with_orphans: delete rows that belong to nothing, too, if they are
        of that age and an hour old:
        what refers to a stack or resource that is not there, sync points of
        traversals that are over, events beyond max_events_per_stack, and
        templates, files, properties and credentials that nothing else names.
        Goes through all of these tables: two SELECTs for each 500 rows, and a
        DELETE if there are such
    :param wait_for_replica: wait after each batch until the replica of
        [database] slave_connection has deleted that, too, for as long as
        that may take; one SELECT there for each look
    :returns: a Purged
    :raises heat.db.exception.InvalidValues: an argument is refused
    :raises heat.db.exception.InvalidConnection: no replica is configured
    :raises oslo_db.exception.DBError: as the database says
    """
    _check_number('age', age)
    _check_number('batch_size', batch_size, 1)
    checks.check_value(Stack, 'tenant', project_id, 'project_id')
    for name, seconds in (('max_time', max_time), ('sleep', sleep)):
        _check_seconds(name, seconds, name == 'max_time')
    if with_orphans and project_id is not None:
        raise exception.InvalidValues(
            _('what belongs to nothing is of no project'), ['with_orphans'])
    listener = listener or PurgeListener()
    run = purge_run.Run(
        _limit(age, granularity), project_id, min(batch_size, MOST_STACKS),
        bool(dry_run), pace.Pace(
            max_time, sleep, listener.waiting,
            replica.Replica() if wait_for_replica else None), listener)
    is_complete = run.purge(with_orphans)
    return Purged(run.counts, is_complete, run.live)


def _check_number(name, value, least=0):
    checks.check_number(name, value)
    if value is None or value < least:
        raise exception.InvalidValues(
            _('must be an integer from %d on') % least, [name])


def _check_seconds(name, value, may_be_none):
    if not (value is None and may_be_none or
            type(value) in (int, float) and math.isfinite(value) and
            value >= 0):
        raise exception.InvalidValues(
            _('must be a number of seconds from 0 on'), [name])


def _limit(age, granularity):
    """Return the time before which it has to be deleted."""
    if not isinstance(granularity, str) or granularity not in GRANULARITIES:
        raise exception.InvalidValues(
            _('must be days, hours, minutes or seconds'), ['granularity'])
    try:
        return timeutils.utcnow() - datetime.timedelta(
            seconds=age * GRANULARITIES[granularity])
    except OverflowError:
        raise exception.InvalidValues(
            _('goes back to before the year 1'), ['age']) from None
