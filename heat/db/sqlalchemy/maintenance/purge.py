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
import sqlalchemy as sa

from heat.common.i18n import _
from heat.db import exception
from heat.db.sqlalchemy.api import checks
from heat.db.sqlalchemy.engine import autocommit
from heat.db.sqlalchemy.engine import galera
from heat.db.sqlalchemy.engine import write
from heat.db.sqlalchemy.maintenance import orphans
from heat.db.sqlalchemy.maintenance import pace
from heat.db.sqlalchemy.maintenance import purge_count
from heat.db.sqlalchemy.maintenance import purge_rows
from heat.db.sqlalchemy.models import Stack

# Seconds.
GRANULARITIES = {'days': 86400, 'hours': 3600, 'minutes': 60, 'seconds': 1}

# Deleted stacks of which the ids are read at a time.
PAGE = 1000

# Stacks of a batch; each may have two templates, which may be large.
MOST_STACKS = 100

# So old is what belongs to nothing at least: an engine may be about to name
# what it has just stored.
LEAST_AGE = datetime.timedelta(hours=1)


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
                  with_orphans=False):
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
    :returns: a Purged
    :raises heat.db.exception.InvalidValues: an argument is refused
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
    purge = _Purge(
        _limit(age, granularity), project_id, min(batch_size, MOST_STACKS),
        bool(dry_run), max_time, sleep, listener or PurgeListener())
    return purge.run(with_orphans)


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


class _Purge:
    """One call of purge_deleted."""

    def __init__(self, limit, project_id, batch_size, dry_run, max_time,
                 sleep, listener):
        self.limit = limit
        self.project_id = project_id
        self.batch_size = batch_size
        self.dry_run = dry_run
        self.listener = listener
        self.pace = pace.Pace(max_time, sleep, listener.waiting)
        self.counts = dict.fromkeys(purge_count.TABLES, 0)
        self.live = 0

    def run(self, with_orphans):
        purge_services, purge_stacks = (
            (self._count_services, self._count_stacks) if self.dry_run else
            (self._delete_services, self._delete_stacks))
        is_complete = purge_services() and all(
            purge_stacks(batch) for batch in self._batches())
        if with_orphans:
            is_complete = is_complete and self._purge_orphans()
        return Purged(self.counts, is_complete, self.live)

    def _delete_services(self):
        has_more = True
        while has_more:
            if not self.pace.goes_on():
                return False
            deleted, has_more = write.write_alone(
                purge_rows.Services(self.limit))
            self._done({'service': deleted})
        return True

    def _delete_stacks(self, batch):
        """Tell whether there was time for it."""
        ids = [stack.id for stack in batch]
        is_done = False
        while not is_done:
            if not self.pace.goes_on():
                return False
            counts, is_done, live = write.write_alone(
                purge_rows.Piece(ids, self.limit))
            self._done(counts, live, batch[-1].deleted_at)
        return True

    def _count_services(self):
        self._done(purge_count.services(self.limit))
        return True

    def _count_stacks(self, batch):
        if not self.pace.goes_on():
            return False
        counts, live = purge_count.stacks(
            batch, purge_count.Gone(self.limit, self.project_id, batch[-1]))
        self._done(counts, live, batch[-1].deleted_at)
        return True

    def _purge_orphans(self):
        limit = min(self.limit, timeutils.utcnow() - LEAST_AGE)
        for deletion in orphans.find(limit, self.dry_run):
            if not self.pace.goes_on():
                return False
            if deletion.keys:
                self._done({deletion.table.name: len(deletion.keys)}
                           if self.dry_run else write.write_alone(deletion))
        return True

    def _done(self, counts, live=(), deleted_at=None):
        for name, number in counts.items():
            self.counts[name] += number
        self.live += len(live)
        for stack in live:
            self.listener.kept(stack.id, stack.owner_id)
        if any(counts.values()):
            self.listener.batch(self.counts, deleted_at)

    def _batches(self):
        for page in self._pages():
            # Let the server compare projects, and it may look for all stacks
            # of one again for each page.
            mine = [stack for stack in page if self.project_id in
                    (None, stack.tenant)]
            for start in range(0, len(mine), self.batch_size):
                yield mine[start:start + self.batch_size]

    def _pages(self):
        last, page = None, [None] * PAGE
        while len(page) == PAGE:
            page = autocommit.read_alone(lambda session: session.execute(
                _page(last, self.limit)).all())
            yield page
            last = page and page[-1]


def _page(last, limit):
    """Return the SELECT of the next stacks that were deleted, in that order.

    :param last: the last one of the page before, or None
    """
    return sa.select(Stack.id, Stack.tenant, Stack.deleted_at).where(
        Stack.deleted_at < limit,
        *(() if last is None else purge_count.is_behind(last))).order_by(
        Stack.deleted_at, Stack.id).limit(PAGE).execution_options(
        **galera.UP_TO_DATE)
