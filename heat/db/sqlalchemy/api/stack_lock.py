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
"""Locks of stacks: which engine works on one.

A lock belongs to no tenant: who has the id of a stack may lock it. An engine
tells its own threads apart: after a lost connection, a lock that names the
engine shows that it has got it.
"""

import functools

from oslo_db import exception as db_exception
import sqlalchemy as sa

from heat.common.i18n import _
from heat.db import exception
from heat.db.sqlalchemy.api import checks
from heat.db.sqlalchemy.api import fence
from heat.db.sqlalchemy.api import rows
from heat.db.sqlalchemy.api import swap
from heat.db.sqlalchemy.api import units
from heat.db.sqlalchemy.comparison import as_id
from heat.db.sqlalchemy.comparison import same_as
from heat.db.sqlalchemy.engine import galera
from heat.db.sqlalchemy.engine.prepared import PREPARED
from heat.db.sqlalchemy.engine import write
from heat.db.sqlalchemy.models import now
from heat.db.sqlalchemy.models import Stack
from heat.db.sqlalchemy.models import StackLock


def stack_lock_create(context, stack_id, engine_id):
    """Lock a stack. One INSERT, in one round trip.

    :param context: a RequestContext
    :param engine_id: the id of the engine
    :raises heat.db.exception.StackLocked: an engine has the lock, which may
        be this one. One SELECT more
    :raises heat.db.exception.NotFound: there is no such stack. Two SELECTs
        more
    :raises heat.db.exception.InvalidValues: engine_id is no id
    :raises oslo_db.exception.DBError: as the database says
    """
    _check_engine('engine_id', engine_id)
    write.write(context, _Taking(stack_id, engine_id))


def stack_lock_get_engine_id(context, stack_id):
    """Return the id of the engine that has the lock, or None. One SELECT.

    :param context: a RequestContext
    :raises oslo_db.exception.DBError: as the database says
    """
    row = rows.first_values(context, _select(),
                            units.this_row(StackLock, stack_id))
    return None if row is None else row[0]


def stack_lock_steal(context, stack_id, old_engine_id, new_engine_id):
    """Take the lock from an engine that has died. One UPDATE.

    In one round trip. Of several that take it from the same engine, one
    succeeds.

    :param context: a RequestContext
    :param old_engine_id: the engine that has died
    :param new_engine_id: the engine that takes its place
    :raises heat.db.exception.StackLocked: another engine has the lock. One
        SELECT more
    :raises heat.db.exception.NotFound: nobody has the lock. One SELECT more
    :raises heat.db.exception.InvalidValues: an argument is no id
    :raises oslo_db.exception.DBError: as the database says
    """
    _check_engine('old_engine_id', old_engine_id)
    _check_engine('new_engine_id', new_engine_id)
    values = {'engine_id': new_engine_id, 'updated_at': now()}
    swap.swap(context, StackLock, {'stack_id': stack_id},
              {'engine_id': old_engine_id}, values, mark=values,
              lost=lambda actual: exception.StackLocked(
                  stack_id, actual, old_engine_id))


def stack_lock_release(context, stack_id, engine_id):
    """Give the lock back. One DELETE, in one round trip.

    :param context: a RequestContext
    :param engine_id: the engine that has the lock
    :raises heat.db.exception.StackLocked: the engine does not have the lock:
        another one has, or none. One SELECT more
    :raises heat.db.exception.InvalidValues: engine_id is no id
    :raises oslo_db.exception.DBError: as the database says
    """
    _check_engine('engine_id', engine_id)
    write.write(context, _Release(stack_id, engine_id))


def persist_state_and_release_lock(context, stack_id, engine_id, values,
                                   exp_trvsl=fence.ANY_TRAVERSAL):
    """Write to a stack, and give its lock back.

    One DELETE and one UPDATE in one transaction: nobody sees what was
    written as long as the lock is there. Nothing is written without the lock.
    Repeated like stack_update.

    :param context: a RequestContext that may see the stack, which may be
        soft-deleted
    :param engine_id: the engine that has the lock
    :param values: as for stack_update
    :param exp_trvsl: as for stack_update; by default whatever the traversal
        is, since the lock is what stops others
    :raises heat.db.exception.StackLocked: the engine does not have the lock:
        another one has, or none. One SELECT more
    :raises heat.db.exception.NotFound: there is no such stack that the
        context may see. One SELECT more
    :raises heat.db.exception.ConcurrentTransition: as stack_update
    :raises heat.db.exception.InvalidValues: as stack_update, or engine_id is
        no id
    :raises heat.db.exception.OutcomeUnknown: the connection was lost when it
        was to be committed, and then the engine had no lock any more, but the
        stack did not have these values: others may have gone on
    :raises oslo_db.exception.DBError: as the database says
    """
    _check_engine('engine_id', engine_id)
    fence.check(exp_trvsl)
    write_and_release(context, stack_id, engine_id, fence.checked(values),
                      exp_trvsl)


def write_and_release(context, stack_id, engine_id, values, exp_trvsl):
    """Write checked values to a stack, and give its lock back."""
    write.write(context, units.Together(
        _Release(stack_id, engine_id),
        fence.unit(stack_id, values, exp_trvsl,
                   fence.visible(context, Stack),
                   # Otherwise, that the lock is gone has to do.
                   mark=swap.shown(values) or {'id': stack_id})))


def _check_engine(name, engine_id):
    if as_id(engine_id) is None:
        raise exception.InvalidValues(_('must be the id of an engine'),
                                      [name])
    checks.check_value(StackLock, 'engine_id', engine_id, name)


class _Taking(write.Unit):
    """A new lock, of a stack that is there."""

    refused_by = (db_exception.DBDuplicateEntry,)

    def __init__(self, stack_id, engine_id):
        self.stack_id = stack_id
        self.engine_id = engine_id
        self.created_at = now()
        self.this = units.this_row(Stack, stack_id)

    def work(self, execute):
        return execute(_insert(), {
            **self.this, 'new_engine_id': self.engine_id,
            'now': self.created_at}).rowcount or None

    def refusal(self, execute, for_share=False):
        row = _look(execute, self.stack_id, for_share)
        if row is not None:
            return exception.StackLocked(self.stack_id, row[0])
        if execute(_select_stack(), self.this).first() is None:
            return units.not_found(Stack, self.stack_id)
        # It was given back since the INSERT.
        return db_exception.RetryRequest(exception.StackLocked(
            self.stack_id, None))

    def landed(self, execute):
        row = _look(execute, self.stack_id)
        return row == (self.engine_id, self.created_at) or None


class _Release(units.Delete):
    """The end of a lock that an engine has.

    After a lost connection, that the engine has no lock counts.
    """

    def __init__(self, stack_id, engine_id):
        super().__init__(StackLock, stack_id,
                         (_is_engines(), {'this_engine_id': engine_id}))
        self.engine_id = engine_id

    def refusal(self, execute, for_share=False):
        row = _look(execute, self.key, for_share)
        holder = None if row is None else row[0]
        error = exception.StackLocked(self.key, holder, self.engine_id)
        if holder == self.engine_id and not for_share:
            # It has got the lock since the DELETE.
            return db_exception.RetryRequest(error)
        return error

    def landed(self, execute):
        row = _look(execute, self.key)
        return row is None or row[0] != self.engine_id or None


def _look(execute, stack_id, for_share=False):
    """Return engine_id and created_at of a lock; None if there is none."""
    select = _select()
    if for_share:
        select = select.with_for_update(read=True)
    return execute(select, units.this_row(StackLock, stack_id)).first()


@functools.cache
def _select():
    return sa.select(StackLock.engine_id, StackLock.created_at).where(
        units.is_this_row(StackLock)).execution_options(
            **galera.UP_TO_DATE, **PREPARED)


@functools.cache
def _select_stack():
    return sa.select(Stack.id).where(
        units.is_this_row(Stack)).execution_options(**galera.UP_TO_DATE)


@functools.cache
def _insert():
    table = StackLock.__table__
    return sa.insert(table).from_select(
        ['stack_id', 'engine_id', 'created_at'],
        sa.select(Stack.id, *(
            sa.bindparam(name, type_=column.type) for name, column in (
                ('new_engine_id', table.c.engine_id),
                ('now', table.c.created_at)))).where(
                    units.is_this_row(Stack)), include_defaults=False)


@functools.cache
def _is_engines():
    return same_as(StackLock.engine_id, 'this_engine_id')
