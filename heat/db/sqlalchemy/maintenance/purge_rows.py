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

"""The end of deleted stacks, with all that belongs to them."""

import collections
import functools

from oslo_db import exception as db_exception
import sqlalchemy as sa

from heat.db.sqlalchemy.api import references
from heat.db.sqlalchemy.engine import write
from heat.db.sqlalchemy.maintenance import unused
from heat.db.sqlalchemy.models import Event
from heat.db.sqlalchemy.models import Resource
from heat.db.sqlalchemy.models import ResourceData
from heat.db.sqlalchemy.models import Service
from heat.db.sqlalchemy.models import Snapshot
from heat.db.sqlalchemy.models import Stack
from heat.db.sqlalchemy.models import StackLock
from heat.db.sqlalchemy.models import StackTag
from heat.db.sqlalchemy.models import SyncPoint

# What belongs to stacks: those first that others refer to last. Resources
# come before events: both name properties.
CHILDREN = tuple(model.__table__ for model in (
    ResourceData, Resource, Event, SyncPoint, Snapshot, StackTag, StackLock))

# Rows that a transaction deletes of these, and that a statement does. Nobody
# is to wait for it.
MOST = 1000
MOST_AT_ONCE = unused.MOST

# Of live stacks below some deleted ones, so many are told of.
MOST_LIVE = 100


class Piece(write.Unit):
    """The next rows of some stacks, and the stacks themselves at the end.

    The result has counts of rows by the name of their table, is_done, live:
    stacks that are not deleted, though their owner was, and deleted: a column
    and its values in what was deleted last, or None.
    To repeat it does no harm.

    :param stack_ids: a list, not empty
    :param limit: those are left alone that were deleted later, or not at all
    """

    is_statement = False
    is_repeatable = True
    Result = collections.namedtuple('Result', 'counts is_done live deleted')

    def __init__(self, stack_ids, limit):
        self.these = {'stacks': stack_ids, 'limit': limit}

    def work(self, execute):
        removal = _Removal(execute)
        try:
            is_done = removal.run(self.these)
        except db_exception.DBReferenceError as error:
            # Something has begun to refer to what is to be deleted.
            raise db_exception.DBDeadlock(error) from error
        return self.Result(removal.counts, is_done, removal.live,
                           removal.deleted)


class _Removal:
    """The work of a Piece, in a transaction.

    :ivar named: {shared table: ids} of what those named that are deleted
    """

    def __init__(self, execute):
        self.execute = execute
        self.counts = collections.Counter()
        self.named = collections.defaultdict(set)
        self.live = []
        self.deleted = None

    def run(self, these):
        """Remove what is next; tell whether that is all."""
        stacks = self.execute(_lock_stacks(), these).mappings().all()
        ids = {'stacks': [stack['id'] for stack in stacks]}
        is_done = not stacks or all(
            self._remove_children(table, ids) for table in CHILDREN)
        if stacks and is_done:
            self.live = self.execute(live_children(), ids).all()
            self._remove(Stack.__table__, stacks, _delete_stacks(), ids)
        unused.delete_unused(self.execute, self.counts, self.named)
        return is_done

    def _remove_children(self, table, ids):
        """Remove rows of a table; tell whether those were all."""
        while True:
            most = min(MOST_AT_ONCE, MOST - self._size())
            if most < 1:
                return False
            rows = self.execute(_select(table), {
                **ids, 'most': most}).mappings().all()
            if rows:
                self._remove(table, rows, _delete(table), {
                    **(ids if len(_key(table)) > 1 else {}),
                    'keys': _keys(table, rows)})
            if len(rows) < most:
                return True

    def _remove(self, table, rows, statement, parameters):
        self.counts[table.name] += self.execute(
            statement, parameters).rowcount
        for target, ids in unused.named_by(table, rows).items():
            self.named[target] |= ids
        column = _key(table)[0]
        self.deleted = column, [row[column.key] for row in rows]

    def _size(self):
        """Return how many rows are deleted, or may be at the end."""
        return sum(self.counts.values()) + sum(map(len, self.named.values()))


class Services(write.Unit):
    """The end of some services that were deleted before a time.

    The result is how many, and whether there may be more.
    """

    is_statement = False
    is_repeatable = True

    def __init__(self, limit):
        self.limit = limit

    def work(self, execute):
        ids = execute(_select_services(), {
            'limit': self.limit, 'most': MOST_AT_ONCE}).scalars().all()
        # An engine that comes back revives its service.
        deleted = execute(_delete_services(), {
            'limit': self.limit, 'keys': ids}).rowcount if ids else 0
        return deleted, len(ids) == MOST_AT_ONCE


def belongs(table, stacks):
    """Return the condition that a row of a child belongs to stacks.

    :param stacks: of which their id is one
    """
    if table is ResourceData.__table__:
        return table.c.resource_id.in_(
            sa.select(Resource.id).where(Resource.stack_id.in_(stacks)))
    return table.c.stack_id.in_(stacks)


def was_deleted(table):
    """Return the condition that a row was softly deleted before a limit."""
    return table.c.deleted_at < sa.bindparam('limit', type_=sa.DateTime())


@functools.cache
def live_children():
    """Return the SELECT of what is not deleted, though its owner was."""
    return sa.select(Stack.id, Stack.owner_id).where(
        Stack.owner_id.in_(_these('stacks')), Stack.deleted_at.is_(None)
    ).limit(MOST_LIVE)


def _these(name):
    return sa.bindparam(name, expanding=True)


def _key(table):
    return list(table.primary_key)


def _keys(table, rows):
    """Return the keys of rows, in their order, so that all lock in it."""
    names = [column.key for column in _key(table)]
    if len(names) == 1:
        return sorted(row[names[0]] for row in rows)
    return sorted(tuple(row[name] for name in names) for row in rows)


@functools.cache
def _lock_stacks():
    stack = Stack.__table__
    return sa.select(stack.c.id, *references.names(stack)).where(
        stack.c.id.in_(_these('stacks')), was_deleted(stack)).order_by(
        stack.c.id).with_for_update()


@functools.cache
def _delete_stacks():
    return sa.delete(Stack.__table__).where(Stack.id.in_(_these('stacks')))


@functools.cache
def _select(table):
    """Return the SELECT of some rows of a child, in no order.

    For an order, a server might go through the rows of all stacks.
    """
    return sa.select(*_key(table), *references.names(table)).where(
        belongs(table, _these('stacks'))).limit(
        sa.bindparam('most', type_=sa.Integer()))


@functools.cache
def _delete(table):
    key = _key(table)
    if len(key) == 1:
        return sa.delete(table).where(key[0].in_(_these('keys')))
    # MariaDB uses no index for pairs.
    return sa.delete(table).where(belongs(table, _these('stacks')),
                                  sa.tuple_(*key).in_(_these('keys')))


@functools.cache
def _select_services():
    service = Service.__table__
    return sa.select(service.c.id).where(was_deleted(service)).limit(
        sa.bindparam('most', type_=sa.Integer()))


@functools.cache
def _delete_services():
    service = Service.__table__
    return sa.delete(service).where(service.c.id.in_(_these('keys')),
                                    was_deleted(service))
