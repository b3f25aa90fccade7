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

"""The fence around a stack: every write to its row is a compare-and-swap."""

import enum

from oslo_db import exception as db_exception
from oslo_log import log
import sqlalchemy as sa
from sqlalchemy import orm

from heat.common import exception
from heat.common.i18n import _
from heat.db.sqlalchemy.api.explain import explained
from heat.db.sqlalchemy.api import values as api_values
from heat.db.sqlalchemy.comparison import same_id
from heat.db.sqlalchemy.engine import context_manager
from heat.db.sqlalchemy import galera
from heat.db.sqlalchemy.models import now
from heat.db.sqlalchemy.models import Stack
from heat.db.sqlalchemy.retry import retry
from heat.db.sqlalchemy.types import freeze

LOG = log.getLogger(__name__)


class Expectation(enum.Enum):
    ANY_TRAVERSAL = 'any traversal'


ANY_TRAVERSAL = Expectation.ANY_TRAVERSAL


def visible_to(context):
    """Return the condition that a context may see a stack."""
    if context.is_admin:
        return sa.true()
    # Without a tenant_id none is seen, not even one that has no tenant.
    return sa.or_(
        same_id(Stack.tenant, context.tenant_id),
        same_id(Stack.stack_user_project_id, context.tenant_id))


def swap(context, stack_id, values, exp_trvsl, then=None):
    """Write to a live, visible stack if its traversal is the expected one.

    One UPDATE, and no SELECT before it. A transaction of its own is repeated
    when the database says so, and when a connection was lost before the
    answer; inside a caller's transaction all errors are the caller's.

    :param values: checked values
    :param exp_trvsl: a traversal; None is no traversal; or ANY_TRAVERSAL
    :param then: called with the session, in the transaction of the UPDATE
    :returns: True
    :raises heat.common.exception.InvalidValues: exp_trvsl is no traversal,
        or a value refers to nothing
    :raises heat.common.exception.NotFound: there is no such stack
    :raises heat.common.exception.ConcurrentTransition: it is in another
        traversal
    """
    if exp_trvsl is not ANY_TRAVERSAL:
        api_values.check_traversal('exp_trvsl', exp_trvsl)
    write = _Write(context, stack_id, values, exp_trvsl, then)
    if _in_transaction(context):
        write.in_callers_transaction()
    else:
        retry(write.in_own_transaction)
    return True


def _in_transaction(context):
    try:
        return context.transaction_ctx is not None
    except db_exception.NoEngineContextEstablished:
        return False


class _Write:
    """What one call writes to a stack."""

    def __init__(self, context, stack_id, values, exp_trvsl, then):
        self.context = context
        self.stack_id = stack_id
        self.values = {'updated_at': now(), **values}
        self.exp_trvsl = exp_trvsl
        self.then = then
        self.outcome_unknown = False
        self.is_visible = sa.and_(
            same_id(Stack.id, stack_id), Stack.deleted_at.is_(None),
            visible_to(context))
        self.current = sa.select(Stack.current_traversal).where(
            self.is_visible)

    def in_callers_transaction(self):
        with context_manager.writer.using(self.context) as session:
            if not self._update(session):
                # A plain read may be as old as the transaction.
                raise self._why_not(
                    session, self.current.with_for_update(read=True))
            self._show_in(session)

    def in_own_transaction(self):
        """Write and commit; may be repeated after an error."""
        if self.outcome_unknown and self._is_done():
            return
        try:
            with context_manager.writer.using(self.context) as session:
                matched = self._update(session)
        except db_exception.DBConnectionError:
            self.outcome_unknown = True
            raise
        # An UPDATE whose answer was lost may have come into effect late.
        if matched or self.outcome_unknown and self._is_done():
            return
        with context_manager.reader.using(self.context) as session:
            galera.catch_up(session)
            error = self._why_not(session, self.current)
        if isinstance(error, exception.ConcurrentTransition) and (
                self.exp_trvsl in (ANY_TRAVERSAL, error.actual)):
            # Since the UPDATE it has become what was expected.
            raise db_exception.RetryRequest(error)
        raise error

    def _update(self, session):
        """Tell whether the row matched, even if it stays as it was."""
        update = sa.update(Stack).where(self.is_visible).values(self.values)
        if self.exp_trvsl is not ANY_TRAVERSAL:
            update = update.where(Stack.current_traversal == self.exp_trvsl)
        with explained(session, Stack, self.values):
            matched = session.execute(update.execution_options(
                synchronize_session=False)).rowcount == 1
        if matched and self.then is not None:
            self.then(session)
        return matched

    def _show_in(self, session):
        """Let the stack show what was written, if the caller has loaded it.

        To expire all of it would make it useless after the transaction.
        """
        stack = session.identity_map.get(
            orm.util.identity_key(Stack, self.stack_id))
        if stack is None:
            return
        for key, value in self.values.items():
            orm.attributes.set_committed_value(stack, key, freeze(value))
        for name in ('raw_template', 'prev_raw_template'):
            if name + '_id' in self.values:
                session.expire(stack, [name])

    def _is_done(self):
        """Tell whether the row shows that this very call has written it."""
        mark = self._mark()
        if mark is None:
            return False
        with context_manager.reader.using(self.context) as session:
            galera.catch_up(session)
            return session.execute(sa.select(Stack.id).where(
                same_id(Stack.id, self.stack_id), mark)).first() is not None

    def _mark(self):
        """Return what only a row that this call has written fulfils."""
        if self.values.get('deleted_at'):
            return Stack.deleted_at == self.values['deleted_at']
        started = self.values.get('current_traversal')
        # A traversal that the row may have had before shows nothing.
        if started and self.exp_trvsl not in (started, ANY_TRAVERSAL):
            return Stack.current_traversal == started

    def _why_not(self, session, current):
        row = session.execute(current).first()
        if row is None:
            return exception.NotFound(_('there is no stack %s') %
                                      self.stack_id)
        # Conflicts are expected; the values may be secret.
        LOG.debug('stack %s: a write for traversal %s lost to %s',
                  self.stack_id, self.exp_trvsl, row[0])
        return exception.ConcurrentTransition(
            self.stack_id, self.exp_trvsl, row[0])
