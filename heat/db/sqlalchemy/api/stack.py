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

"""Stacks: to create, find, change and delete them."""

import functools

import sqlalchemy as sa

from heat.db.sqlalchemy.api import checks
from heat.db.sqlalchemy.api.cut import cut
from heat.db.sqlalchemy.api.detached import select_with
from heat.db.sqlalchemy.api import fence
from heat.db.sqlalchemy.api import resource_attributes
from heat.db.sqlalchemy.api import rows
from heat.db.sqlalchemy.api.stack_name import NewStack
from heat.db.sqlalchemy.comparison import as_id
from heat.db.sqlalchemy.comparison import same_as
from heat.db.sqlalchemy.engine import facade
from heat.db.sqlalchemy.engine.prepared import FRESH
from heat.db.sqlalchemy.engine import write
from heat.db.sqlalchemy.models import now
from heat.db.sqlalchemy.models import Resource
from heat.db.sqlalchemy.models import Stack


def stack_create(context, values):
    """Store a new stack, if its tenant has none of its name at its owner.

    A SELECT, an INSERT and a SELECT, in three round trips; without a name
    the second SELECT is not needed, nor is the first one without an owner.
    Of several calls at once for one name, at most one succeeds, and one that
    is alone does. Who finds that it is not alone deletes what it has stored,
    and looks again after a random pause: for about ten seconds.

    Repeated like stack_update, unless there is a transaction of the caller:
    there it does not see the stacks that others have not committed, so that
    the caller has to look after its own COMMIT. After a lost connection, a
    stack that has this id and these values is taken for the one of this call.

    :param context: a RequestContext; the stack's tenant comes from values,
        and is the context's unless it is an administrator's
    :param values: a dictionary of attributes of models.Stack; without an id
        the stack gets a new UUID
    :returns: the models.Stack, without its templates
    :raises heat.db.exception.StackExists: there is another live stack of the
        same name, tenant and owner_id. None is no name, but it is a tenant
        and an owner_id like others
    :raises heat.db.exception.InvalidValues: a value is refused, the tenant
        is another one than the context's, there is no template or no
        credentials of the id given, or no stack of the id owner_id that the
        context may see
    :raises oslo_db.exception.DBDuplicateEntry: there is a stack of that id
    :raises oslo_db.exception.DBConnectionError: the server can not be
        reached; the stack may be there, and another of its name
    :raises oslo_db.exception.DBError: as the database says
    """
    fence.check_tenant(context, values)
    values = cut(Stack, values, 'status_reason')
    values = checks.check(Stack, values, new=True)
    return write.write(context, NewStack(context, values))


def stack_update(context, stack_id, values, exp_trvsl=None):
    """Write to a stack if it is in the expected traversal.

    One UPDATE that commits by itself, in one round trip. The database
    decides: of all callers that expect the same traversal and start a new
    one, exactly one succeeds, and a caller whose traversal is no longer the
    current one changes nothing. "Is in the traversal" is judged at the moment
    of the UPDATE, and a row that has these values already counts as written.

    In a transaction of its own, it is repeated for about ten seconds when
    the database says so (a deadlock, a certification failure on Galera, a
    serialization failure, a busy file of SQLite), and after a lost
    connection; then it finds out whether it had succeeded before. Inside a
    transaction of the caller, who is to repeat all of it, errors pass
    through.

    :param context: a RequestContext that may see the stack
    :param values: a dictionary of attributes of models.Stack, at least one;
        it is not modified. A status_reason is cut to what the column holds.
        A new name, tenant or owner_id is not compared with other stacks
    :param exp_trvsl: the traversal that the caller works for: a UUID in
        lower case; None is a stack that has never been traversed. With
        ANY_TRAVERSAL, whatever the traversal is
    :returns: True
    :raises heat.db.exception.ConcurrentTransition: the stack is in
        another traversal. One SELECT more
    :raises heat.db.exception.NotFound: there is no such live stack that
        the context may see. One SELECT more
    :raises heat.db.exception.InvalidValues: values are empty, or one is
        refused: an unknown key, id, created_at, deleted_at, what the column
        can not hold, a reference to nothing
    :raises oslo_db.exception.DBConnectionError: the server can not be
        reached; if the connection was lost before the answer, the outcome
        is unknown
    :raises oslo_db.exception.DBError: as the database says
    """
    values = fence.checked(values)
    fence.check(exp_trvsl)
    return fence.write(context, stack_id, values, exp_trvsl)


def stack_delete(context, stack_id, exp_trvsl=None):
    """Soft-delete a stack, and delete its resources and what belongs to them.

    One UPDATE, a SELECT and a DELETE of the resources in one transaction, and
    a DELETE of attributes if there are any. Fenced and repeated like
    stack_update. The data of the resources goes with them; properties stay:
    events may refer to them.

    :param context: a RequestContext that may see the stack
    :param exp_trvsl: as for stack_update
    :raises: as stack_update
    """
    fence.check(exp_trvsl)
    deleted_at = now()
    fence.write(context, stack_id,
                {'updated_at': deleted_at, 'deleted_at': deleted_at},
                exp_trvsl, functools.partial(_delete_resources, stack_id))


def _delete_resources(stack_id, execute):
    this = {'this_stack': as_id(stack_id)}
    attributes = [row.attr_data_id for row in execute(_attributes(), this)]
    execute(_delete(), this)
    resource_attributes.delete_unused(execute, attributes)


@functools.cache
def _attributes():
    return sa.select(Resource.attr_data_id).where(
        _is_of_this_stack()).with_for_update()


@functools.cache
def _delete():
    return sa.delete(Resource.__table__).where(_is_of_this_stack())


def _is_of_this_stack():
    return same_as(Resource.stack_id, 'this_stack')


def stack_get(context, stack_id, show_deleted=False, tenant_safe=True,
              eager_load=False):
    """Return a stack. One SELECT, in one round trip.

    Repeated after a lost connection, as all that only reads, unless there is
    a transaction of the caller.

    :param context: a RequestContext; with show_deleted, or if it says so
        itself, a soft-deleted stack is returned like a live one
    :param tenant_safe: return only a stack that the context may see; an
        administrator sees all
    :param eager_load: load raw_template and prev_raw_template with it
    :returns: the models.Stack, or None if there is none to be seen
    :raises oslo_db.exception.DBError: as the database says
    """
    facade.check_context(context)
    select = _select(show_deleted or context.show_deleted,
                     fence.is_admin(context) or not tenant_safe, eager_load)
    return rows.first(context, select, {
        'this_stack': as_id(stack_id), **fence.tenant(context)})


@functools.cache
def _select(show_deleted, sees_all, eager_load):
    """Made once: to build a statement takes longer than to send it."""
    query = select_with(Stack, *(
        ('raw_template', 'prev_raw_template') if eager_load else ())).where(
        same_as(Stack.id, 'this_stack'),
        fence.is_visible(sees_all))
    if not show_deleted:
        query = query.where(Stack.deleted_at.is_(None))
    return query.execution_options(**FRESH)
