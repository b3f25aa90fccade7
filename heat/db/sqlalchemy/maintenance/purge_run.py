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

"""One run of a purge: services, stacks and orphans, batch after batch."""

import datetime

from oslo_utils import timeutils
import sqlalchemy as sa

from heat.db.sqlalchemy.engine import autocommit
from heat.db.sqlalchemy.engine import galera
from heat.db.sqlalchemy.engine import write
from heat.db.sqlalchemy.maintenance import orphans
from heat.db.sqlalchemy.maintenance import purge_count
from heat.db.sqlalchemy.maintenance import purge_rows
from heat.db.sqlalchemy.models import Stack

# Deleted stacks of which the ids are read at a time.
PAGE = 1000

# So old is what belongs to nothing at least: an engine may be about to name
# what it has just stored.
LEAST_AGE = datetime.timedelta(hours=1)


class Run:
    """One call of purge_deleted: it deletes, or only counts.

    :ivar counts: {name of a table: number of rows}, so far
    :ivar live: how many stacks are not deleted, though their owner was, so
        far
    """

    def __init__(self, limit, project_id, batch_size, dry_run, pace,
                 listener):
        self.limit = limit
        self.project_id = project_id
        self.batch_size = batch_size
        self.dry_run = dry_run
        self.pace = pace
        self.listener = listener
        self.counts = dict.fromkeys(purge_count.TABLES, 0)
        self.live = 0

    def purge(self, with_orphans):
        """Do all of it; tell whether there was time for that."""
        purge_services, purge_stacks = (
            (self._count_services, self._count_stacks) if self.dry_run else
            (self._delete_services, self._delete_stacks))
        is_complete = purge_services() and all(
            purge_stacks(batch) for batch in self._batches())
        if with_orphans:
            is_complete = is_complete and self._purge_orphans()
        return is_complete

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
        """Delete some stacks; tell whether there was time for it."""
        ids = [stack.id for stack in batch]
        is_done = False
        while not is_done:
            if not self.pace.goes_on():
                return False
            counts, is_done, live, self.pace.deleted = write.write_alone(
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
        gone = purge_count.Gone(self.limit, None) if self.dry_run else None
        for deletion in orphans.find(limit, gone):
            if not self.pace.goes_on():
                return False
            if deletion.keys:
                if not self.dry_run:
                    self.pace.deleted = deletion.deleted()
                self._done({deletion.table.name: deletion.number}
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
