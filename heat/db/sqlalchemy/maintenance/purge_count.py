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

"""What a purge would delete, counted without deleting it."""

import typing

import sqlalchemy as sa

from heat.db.sqlalchemy.api import references
from heat.db.sqlalchemy.comparison import same_text
from heat.db.sqlalchemy.engine import autocommit
from heat.db.sqlalchemy.maintenance import purge_rows
from heat.db.sqlalchemy.models import Resource
from heat.db.sqlalchemy.models import Service
from heat.db.sqlalchemy.models import Stack

STACK = Stack.__table__
SERVICE = Service.__table__

# By which column a row belongs to another, and goes with that.
PARENTS = {'stack_id': STACK, 'resource_id': Resource.__table__}

# All that a purge deletes rows of.
TABLES = tuple(table.name for table in (
    SERVICE, STACK, *purge_rows.CHILDREN, *references.SHARED))


def services(limit):
    """Return {'service': number} of those that were deleted before a time."""
    return {SERVICE.name: _count(sa.select(sa.func.count()).select_from(
        SERVICE).where(SERVICE.c.deleted_at < limit))}


def stacks(batch, gone):
    """Count what goes with some stacks, and find what is live below them.

    :param batch: rows of stacks, not empty
    :param gone: a Gone of which the last of them is the last one
    :returns: {name of a table: number of rows}, and a list of stacks
    """
    ids = [stack.id for stack in batch]
    counts = {STACK.name: len(ids)}
    for table in purge_rows.CHILDREN:
        counts[table.name] = _count(sa.select(sa.func.count()).select_from(
            table).where(purge_rows.belongs(table, ids)))
    for table in references.SHARED:
        counts[table.name] = _count(_shared(table, ids, gone))
    return counts, autocommit.read_alone(lambda session: session.execute(
        purge_rows.live_children(), {'stacks': ids}).all())


def is_behind(last):
    """Return the conditions that a deleted stack comes after one."""
    return (STACK.c.deleted_at >= last.deleted_at,
            sa.or_(STACK.c.deleted_at > last.deleted_at,
                   STACK.c.id > last.id))


class Gone(typing.NamedTuple):
    """What is gone by the time that a purge has got to a stack.

    :ivar limit: the time before which stacks have to be deleted
    :ivar project_id: of which they are; None is any
    :ivar last: the last stack that is gone; None if all are
    """

    limit: object
    project_id: object
    last: object = None

    def condition(self, table):
        """Return the condition that a row of a table is gone."""
        if table is STACK:
            # It is negated, too: null would be neither.
            return sa.and_(
                STACK.c.deleted_at.is_not(None),
                STACK.c.deleted_at < self.limit,
                *([] if self.last is None else
                  [sa.not_(sa.and_(*is_behind(self.last)))]),
                *([] if self.project_id is None else
                  [STACK.c.tenant.is_not(None),
                   same_text(STACK.c.tenant, self.project_id)]))
        for key, parent in PARENTS.items():
            if key in table.c:
                return sa.select(parent.c.id).where(
                    parent.c.id == table.c[key],
                    self.condition(parent)).exists()
        return sa.and_(
            sa.or_(*(
                sa.select(column).where(
                    column == table.c.id,
                    self.condition(column.table)).exists()
                for column in references.columns_that_name(table))),
            references.is_unused(table, is_gone=self.condition))


def _shared(table, ids, gone):
    """Return the SELECT of how many shared rows go with stacks."""
    named = _named(table, ids)
    return sa.select(sa.func.count()).select_from(table.join(
        named, named.c.id == table.c.id)).where(
        references.is_unused(table, is_gone=gone.condition))


def _named(table, ids):
    """Return a sub-select of the ids of shared rows that stacks name."""
    return sa.union(*(
        sa.select(column.label('id')).distinct().where(
            _is_of(column.table, ids))
        for column in references.columns_that_name(table))).subquery()


def _is_of(table, ids):
    """Return the condition that a row is of some stacks, or named by them."""
    if table is STACK:
        return table.c.id.in_(ids)
    if 'stack_id' in table.c:
        return table.c.stack_id.in_(ids)
    return table.c.id.in_(sa.select(_named(table, ids).c.id))


def _count(select):
    return autocommit.read_alone(
        lambda session: session.execute(select).scalar())
