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

"""The fence around a stack: every write to its row names a traversal."""

import enum
import functools

import sqlalchemy as sa

from heat.common.i18n import _
from heat.db import exception
from heat.db.sqlalchemy.api import checks
from heat.db.sqlalchemy.api.cut import cut
from heat.db.sqlalchemy.api import swap
from heat.db.sqlalchemy.api import units
from heat.db.sqlalchemy.comparison import as_id
from heat.db.sqlalchemy.comparison import SameText
from heat.db.sqlalchemy.engine import facade
from heat.db.sqlalchemy.engine import write as engine_write
from heat.db.sqlalchemy.models import now
from heat.db.sqlalchemy.models import Stack

FIXED = ('id', 'created_at', 'deleted_at')
IN_PROGRESS = 'IN_PROGRESS'
FAILED = 'FAILED'
# As Heat's engines store it.
NO_DEPS = {'edges': []}


class Expectation(enum.Enum):
    """What a caller may expect in place of a traversal."""

    ANY_TRAVERSAL = 'any traversal'


ANY_TRAVERSAL = Expectation.ANY_TRAVERSAL


def check(exp_trvsl):
    """Refuse what no traversal of a stack can be.

    :raises heat.db.exception.InvalidValues: it names exp_trvsl
    """
    if exp_trvsl is not ANY_TRAVERSAL:
        checks.check_traversal('exp_trvsl', exp_trvsl)


def checked(values):
    """Return values as they are written to a stack, once they are checked.

    :raises heat.db.exception.InvalidValues: they are empty, or one is refused
    """
    if values in ({}, None):
        raise exception.InvalidValues(_('nothing to write'), ['values'])
    values = cut(Stack, values, 'status_reason')
    values = checks.check(Stack, values, FIXED)
    return {'updated_at': now(), **values}


def write(context, stack_id, values, exp_trvsl, then=None):
    """Write to a live, visible stack if its traversal is the expected one.

    :param then: called with execute, in the transaction of the UPDATE
    :returns: True
    :raises: what unit() has as its refusals
    """
    return engine_write.write(context, unit(
        stack_id, values, exp_trvsl, live(context),
        _mark(values, exp_trvsl), then))


def unit(stack_id, values, exp_trvsl, scope, mark, then=None):
    """Return the unit of a write to a stack; see swap.Swap.

    Refusals are heat.db.exception.InvalidValues: a value refers to nothing;
    NotFound: there is no such stack in the scope; and ConcurrentTransition:
    it is in another traversal.

    :param values: checked values
    :param exp_trvsl: a traversal; None is no traversal; or ANY_TRAVERSAL
    """
    expected = ({} if exp_trvsl is ANY_TRAVERSAL else
                {'current_traversal': exp_trvsl})
    return swap.Swap(
        Stack, {'id': stack_id}, expected, values,
        lost=lambda actual: exception.ConcurrentTransition(
            stack_id, exp_trvsl, actual),
        reported=('current_traversal',), scope=scope, mark=mark, then=then)


def stop(execute, stack_ids, traversal):
    """Let whatever works on stacks stop: they are in another traversal.

    It has no graph yet; a stored one that is no JSON would keep Heat from
    reading the stack, and from listing those of its tenant.
    """
    execute(_stop(), {'stack_ids': stack_ids, 'current_traversal': traversal})


def fail(execute, stack_ids, reason):
    """Let stacks have failed that are in progress; return their number."""
    return execute(_fail(), {
        'stack_ids': stack_ids, 'status': FAILED, 'status_reason': reason,
        'updated_at': now()}).rowcount


def _these():
    return sa.update(Stack.__table__).where(
        Stack.id.in_(sa.bindparam('stack_ids', expanding=True)))


@functools.cache
def _stop():
    deps = Stack.current_deps
    return _these().values(current_deps=sa.case(
        (deps.is_not(None), sa.literal(NO_DEPS, deps.type))))


@functools.cache
def _fail():
    return _these().where(SameText(Stack.status, sa.literal(IN_PROGRESS)))


def withdraw(execute, stack_id):
    """Delete a stack that was stored by this call, and is nobody's yet."""
    execute(_delete(), units.this_row(Stack, stack_id))


@functools.cache
def _delete():
    return sa.delete(Stack.__table__).where(units.is_this_row(Stack))


def check_tenant(context, values):
    """Refuse values of a new row that belongs to another tenant.

    :raises heat.db.exception.InvalidValues: its tenant is not the context's,
        and that is not an administrator's
    """
    checks.check_dictionary('values', values)
    if not (is_admin(context) or
            values.get('tenant') == context.project_id is not None):
        raise exception.InvalidValues(
            _('must be the tenant of the context, unless an administrator '
              'creates it'), ['tenant'])


def live(context):
    """Return the scope of live stacks that a context may see."""
    sees_all = is_admin(context)
    return _is_live(sees_all), {} if sees_all else _tenant(context)


def is_admin(context):
    """Tell whether a context is an administrator's: only True says so."""
    facade.check_context(context)
    return context.is_admin is True


def tenant(context):
    """Return the parameters that is_visible() names."""
    if is_admin(context):
        return {}
    return _tenant(context)


def _tenant(context):
    return {'this_tenant': as_id(context.project_id)}


def visible(context, model):
    """Return the scope of rows that a context may see."""
    return is_visible(is_admin(context), model), tenant(context)


def owned(context, model):
    """Return the scope of a tenant's own rows, even for administrators."""
    facade.check_context(context)
    return is_owned(model), _tenant(context)


@functools.cache
def is_visible(is_admin, model=Stack):
    """Return the condition that a context may see a row."""
    if is_admin:
        return sa.true()
    if not hasattr(model, 'stack_user_project_id'):
        return is_owned(model)
    return sa.or_(is_owned(model), SameText(
        model.stack_user_project_id, _this_tenant()))


@functools.cache
def is_owned(model):
    """Return the condition that a row is of a context's own tenant."""
    # NULL is no tenant: it sees none, not even a row that has no tenant.
    return SameText(model.tenant, _this_tenant())


def _this_tenant():
    return sa.bindparam('this_tenant', type_=sa.String())


@functools.cache
def _is_live(is_admin):
    return sa.and_(Stack.deleted_at.is_(None), is_visible(is_admin))


def _mark(values, exp_trvsl):
    """Return what only a row shows that this very call has written."""
    if values.get('deleted_at'):
        return {'deleted_at': values['deleted_at']}
    started = values.get('current_traversal')
    # A traversal that the row may have had before shows nothing.
    if started and exp_trvsl not in (started, ANY_TRAVERSAL):
        return {'current_traversal': started}
