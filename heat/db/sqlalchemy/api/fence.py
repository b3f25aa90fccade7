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
import functools

from oslo_db import exception as db_exception
from oslo_log import log
import sqlalchemy as sa
from sqlalchemy import orm

from heat.common.i18n import _
from heat.db import exception
from heat.db.sqlalchemy.api.explain import explained
from heat.db.sqlalchemy.api import values as api_values
from heat.db.sqlalchemy.comparison import as_id
from heat.db.sqlalchemy.comparison import same_id
from heat.db.sqlalchemy.comparison import SameText
from heat.db.sqlalchemy.engine import autocommit
from heat.db.sqlalchemy.engine import facade
from heat.db.sqlalchemy.engine import galera
from heat.db.sqlalchemy.engine.retry import retry
from heat.db.sqlalchemy.models import now
from heat.db.sqlalchemy.models import Stack
from heat.db.sqlalchemy.types import freeze

LOG = log.getLogger(__name__)


class Expectation(enum.Enum):
    ANY_TRAVERSAL = 'any traversal'


ANY_TRAVERSAL = Expectation.ANY_TRAVERSAL
NAMED = 'exp_trvsl'


def visible_to(context):
    """Return the condition that a context may see a stack."""
    return is_visible(context.is_admin, sa.literal(as_id(context.tenant_id)))


def is_visible(is_admin, tenant):
    """The same for a tenant that may be a parameter."""
    if is_admin:
        return sa.true()
    # NULL is no tenant: it sees none, not even a stack that has no tenant.
    return sa.or_(SameText(Stack.tenant, tenant),
                  SameText(Stack.stack_user_project_id, tenant))


def swap(context, stack_id, values, exp_trvsl, then=None):
    """Write to a live, visible stack if its traversal is the expected one.

    One UPDATE, and no SELECT before it. A transaction of its own is repeated
    when the database says so, and when a connection was lost before the
    answer; inside a caller's transaction all errors are the caller's.

    :param values: checked values
    :param exp_trvsl: a traversal; None is no traversal; or ANY_TRAVERSAL
    :param then: called with the connection, in the transaction of the UPDATE
    :returns: True
    :raises heat.db.exception.InvalidValues: exp_trvsl is no traversal,
        or a value refers to nothing
    :raises heat.db.exception.NotFound: there is no such stack
    :raises heat.db.exception.ConcurrentTransition: it is in another
        traversal
    """
    if exp_trvsl is not ANY_TRAVERSAL:
        api_values.check_traversal('exp_trvsl', exp_trvsl)
    write = _Write(context, stack_id, values, exp_trvsl, then)
    if facade.in_transaction(context):
        write.in_callers_transaction()
    else:
        retry(write.in_own_transaction)
    return True


@functools.cache
def _update(is_admin, expectation):
    """Return the UPDATE for a kind of expectation.

    Made once: to build it would take longer than to send it. Its parameters
    must not be called as a column is, which would be set then.

    :param expectation: NAMED, None or ANY_TRAVERSAL
    """
    # Whether it commits is a matter of the connection, not of SQLAlchemy.
    update = sa.update(Stack.__table__).where(
        _is_this(is_admin)).execution_options(autocommit=False)
    if expectation is ANY_TRAVERSAL:
        return update
    return update.where(Stack.current_traversal == (
        sa.bindparam(NAMED) if expectation is NAMED else None))


@functools.cache
def _select_current(is_admin):
    return sa.select(Stack.current_traversal).where(
        _is_this(is_admin)).execution_options(**galera.UP_TO_DATE)


def _is_this(is_admin):
    return sa.and_(
        SameText(Stack.id, sa.bindparam('this_stack')),
        Stack.deleted_at.is_(None),
        is_visible(is_admin, sa.bindparam('this_tenant')))


class _Write:
    """What one call writes to a stack."""

    def __init__(self, context, stack_id, values, exp_trvsl, then):
        self.context = context
        self.stack_id = stack_id
        self.values = {'updated_at': now(), **values}
        self.exp_trvsl = exp_trvsl
        self.then = then
        self.outcome_unknown = False
        self.this = {'this_stack': as_id(stack_id)}
        if not context.is_admin:
            self.this['this_tenant'] = as_id(context.tenant_id)

    def in_callers_transaction(self):
        with facade.context_manager.writer.using(self.context) as session:
            session.flush()
            connection = session.connection()
            if not self._write_through(connection):
                # A plain read may be as old as the transaction.
                raise self._why_not(connection, for_share=True)
            self._show_in(session)

    def in_own_transaction(self):
        """Write and commit; may be repeated after an error."""
        if self.outcome_unknown and self._is_done():
            return
        try:
            matched = self._write()
        except db_exception.DBConnectionError:
            self.outcome_unknown = True
            raise
        # An UPDATE whose answer was lost may have come into effect late.
        if matched or self.outcome_unknown and self._is_done():
            return
        with autocommit.connect() as connection:
            error = self._why_not(connection)
        if isinstance(error, exception.ConcurrentTransition) and (
                self.exp_trvsl in (ANY_TRAVERSAL, error.actual)):
            # Since the UPDATE it has become what was expected.
            raise db_exception.RetryRequest(error)
        raise error

    def _write(self):
        """Tell whether the row matched, even if it stays as it was."""
        if self.then is None:
            with explained(Stack, self.values):
                return autocommit.update(*self._statement()) == 1
        with facade.get_engine().begin() as connection:
            return self._write_through(connection)

    def _write_through(self, connection):
        with explained(Stack, self.values):
            matched = connection.execute(*self._statement()).rowcount == 1
        if matched and self.then is not None:
            self.then(connection)
        return matched

    def _statement(self):
        """Return the UPDATE and its parameters."""
        parameters = {**self.values, **self.this}
        expectation = self.exp_trvsl
        if isinstance(expectation, str):
            parameters[NAMED] = expectation
            expectation = NAMED
        return _update(self.context.is_admin, expectation), parameters

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
        with autocommit.connect() as connection:
            return connection.execute(sa.select(Stack.id).where(
                same_id(Stack.id, self.stack_id), mark).execution_options(
                    **galera.UP_TO_DATE)).first() is not None

    def _mark(self):
        """Return what only a row that this call has written fulfils."""
        if self.values.get('deleted_at'):
            return Stack.deleted_at == self.values['deleted_at']
        started = self.values.get('current_traversal')
        # A traversal that the row may have had before shows nothing.
        if started and self.exp_trvsl not in (started, ANY_TRAVERSAL):
            return Stack.current_traversal == started

    def _why_not(self, connection, for_share=False):
        current = _select_current(self.context.is_admin)
        if for_share:
            current = current.with_for_update(read=True)
        row = connection.execute(current, self.this).first()
        if row is None:
            return exception.NotFound(_('there is no stack %s') %
                                      self.stack_id)
        # Conflicts are expected; the values may be secret.
        LOG.debug('stack %s: a write for traversal %s lost to %s',
                  self.stack_id, self.exp_trvsl, row[0])
        return exception.ConcurrentTransition(
            self.stack_id, self.exp_trvsl, row[0])
