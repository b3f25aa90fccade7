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

"""The rows that belong to nothing any more: to find and to delete them."""

import functools

from oslo_db import exception as db_exception
import sqlalchemy as sa

from heat.db import options
from heat.db.sqlalchemy.api import references
from heat.db.sqlalchemy.engine import autocommit
from heat.db.sqlalchemy.engine import galera
from heat.db.sqlalchemy.engine import write
from heat.db.sqlalchemy.maintenance import orphan_count
from heat.db.sqlalchemy.maintenance import purge_rows
from heat.db.sqlalchemy.maintenance import unused
from heat.db.sqlalchemy.models import Event
from heat.db.sqlalchemy.models import Stack

EVENT = Event.__table__
STACK = Stack.__table__

# Those first that name others: what only they named is found then.
TABLES = (*purge_rows.CHILDREN, *references.SHARED)

# Rows that are looked at at a time.
PAGE = unused.MOST


def find(limit, gone=None):
    """Go through all tables, some rows at a time.

    :param limit: only rows are found that were stored before this time: an
        engine stores a template before the stack that names it
    :param gone: None if what is found is deleted at once. Otherwise all stay,
        and this is the purge_count.Gone of what would have been deleted
        before. Then what nothing else names is found, too; but for what
        events beyond max_events_per_stack name
    :returns: yields Deletions, of which many have no keys
    """
    yield from _find_surplus_events(limit, gone)
    for table in TABLES:
        is_found = _is_orphan(table, limit) if gone is None else sa.and_(
            _is_left(limit, gone, table), sa.not_(gone.condition(table)))
        for batch in _batches(_key(table)):
            yield Deletion(table, limit, _read(
                sa.select(_key(table)).where(batch, is_found),
                is_large=gone is not None).scalars().all())


class Deletion(write.Unit):
    """The end of some orphans, unless they have become none.

    The result is {name of the table: number}. To repeat it does no harm.

    :param keys: the values of the first column of the key, for each row
    :ivar keys: a list of them, each once
    :ivar number: of the rows
    """

    is_statement = False
    is_repeatable = True

    def __init__(self, table, limit, keys):
        self.table = table
        self.number = len(keys)
        self.keys = keys = list(dict.fromkeys(keys))
        self.parameters = {'keys': keys, 'limit': limit}

    def deleted(self):
        """Return a column and its values in what is deleted."""
        return _key(self.table), self.keys

    def statement(self):
        return _delete(self.table)

    def work(self, execute):
        try:
            return {self.table.name: execute(
                self.statement(), self.parameters).rowcount}
        except db_exception.DBReferenceError as error:
            # Something has begun to name one.
            raise db_exception.DBDeadlock(error) from error


class _SurplusDeletion(Deletion):
    """The end of events of a stack that has more than it may have."""

    def statement(self):
        return _delete_events()


def _find_surplus_events(limit, gone):
    """Yield Deletions of the oldest events of stacks that have too many."""
    most = options.get('max_events_per_stack')
    if most < 1:
        return
    stays = sa.true() if gone is None else sa.not_(gone.condition(STACK))
    for batch in _batches(STACK.c.id):
        for stack_id in _read(
                sa.select(EVENT.c.stack_id).where(
                    EVENT.c.stack_id.in_(
                        sa.select(STACK.c.id).where(batch, stays))
                ).group_by(EVENT.c.stack_id).having(
                    sa.func.count() > most)).scalars().all():
            yield from _oldest_events(stack_id, most, limit)


def _oldest_events(stack_id, most, limit):
    """Yield Deletions of what is older than the newest events of a stack.

    Older than one of them, and not so and so many: another may delete some of
    these meanwhile, and what stays would not be enough.
    """
    of_stack = EVENT.c.stack_id == stack_id
    stays = _read(sa.select(EVENT.c.id).where(of_stack).order_by(
        EVENT.c.id.desc()).offset(most - 1).limit(1)).scalar()
    last = 0
    while stays is not None and last is not None:
        ids = _read(sa.select(EVENT.c.id).where(
            of_stack, EVENT.c.id > last, EVENT.c.id < stays,
            EVENT.c.created_at < limit).order_by(EVENT.c.id).limit(
            PAGE)).scalars().all()
        yield _SurplusDeletion(EVENT, limit, ids)
        last = ids[-1] if ids else None


def _key(table):
    return list(table.primary_key)[0]


def _is_orphan(table, limit):
    return sa.and_(_is_old(table, limit), sa.or_(*(
        condition(table.c)
        for condition in orphan_count.conditions()[table])))


def _is_left(limit, gone, table):
    """Return the condition that a row is an orphan when all of these are gone.

    It is never null.
    """
    if table in references.SHARED:
        return sa.and_(_is_old(table, limit), references.is_unused(
            table, is_gone=functools.partial(_is_gone, limit, gone)))
    return _is_orphan(table, limit) if table in TABLES else sa.false()


def _is_gone(limit, gone, table):
    return sa.or_(gone.condition(table), _is_left(limit, gone, table))


def _is_old(table, limit):
    return sa.and_(table.c.created_at.is_not(None),
                   table.c.created_at < limit)


@functools.cache
def _delete_events():
    return sa.delete(EVENT).where(
        EVENT.c.id.in_(sa.bindparam('keys', expanding=True)),
        EVENT.c.created_at < sa.bindparam('limit', type_=sa.DateTime()))


@functools.cache
def _delete(table):
    return sa.delete(table).where(
        _key(table).in_(sa.bindparam('keys', expanding=True)),
        _is_orphan(table, sa.bindparam('limit', type_=sa.DateTime())))


def _batches(key):
    """Yield for each batch of a table the condition that a row is in it."""
    rest, last = sa.true(), None
    while True:
        last = _read(sa.select(key).where(rest).order_by(key).offset(
            PAGE - 1).limit(1)).scalar()
        if last is None:
            yield rest
            return
        yield sa.and_(rest, key <= last)
        rest = key > last


def _read(select, is_large=False):
    """Read rows.

    :param is_large: whether PostgreSQL would compile it for seconds, and read
        whole tables for each page, where it needs milliseconds otherwise
    """
    def read(session):
        if is_large and session.get_bind().dialect.name == 'postgresql':
            session.execute(_tune())
        return session.execute(
            select.execution_options(**galera.UP_TO_DATE)).freeze()()

    return autocommit.read_alone(read)


@functools.cache
def _tune():
    # Before PostgreSQL 11 there is no jit. It takes a row that is looked for
    # by an index for four pages of a disk, and a table for the cheaper.
    return sa.text(
        "SELECT set_config(name, CASE name WHEN 'jit' THEN 'off' ELSE '0.1' "
        "END, false) FROM pg_settings "
        "WHERE name IN ('jit', 'random_page_cost')")
