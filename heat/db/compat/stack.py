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

"""What the engines of Heat 25 do with stacks and their locks."""

from heat.common import exception as heat_exception
from heat.db import api
from heat.db.compat.adapt import adapt
from heat.db.compat.adapt import fit
from heat.db.compat.adapt import found
from heat.db.compat.raw_template import raw_template_delete
from heat.db import exception
from heat.db.sqlalchemy.api import checks
from heat.db.sqlalchemy.api import cut
from heat.db.sqlalchemy.api import fence
from heat.db.sqlalchemy.api import stack_lock
from heat.db.sqlalchemy.api import stack_name
from heat.db.sqlalchemy.api import sync_point
from heat.db.sqlalchemy.engine import write
from heat.db.sqlalchemy import models


@adapt
def stack_create(context, values):
    """A name that is taken is an error of Heat's.

    Heat's own tests have traversals that are no UUIDs, and stacks of other
    tenants.
    """
    values = cut.cut(models.Stack, fit(models.Stack, values),
                     'status_reason')
    values = checks.check_columns(models.Stack, values, new=True)
    try:
        return write.write(context, stack_name.NewStack(context, values))
    except exception.StackExists:
        raise heat_exception.StackExists(stack_name=values['name'])


@adapt
def stack_get(context, stack_id, show_deleted=False, eager_load=True):
    """Engines read the template of a stack, unless they say otherwise."""
    return api.stack_get(context, stack_id, show_deleted,
                         eager_load=eager_load)


@found(None)
def stack_get_root_id(context, stack_id):
    """The root of what is not there is None."""
    return api.stack_get_root_id(context, stack_id)


@adapt
def stack_update(context, stack_id, values, exp_trvsl=None):
    """No traversal is any, and a lost swap is False.

    Heat's own tests have traversals that are no UUIDs. Engines set updated_at.

    Engines store a template before the swap that begins its traversal, and
    leave it there when they lose: it goes with the swap.
    """
    try:
        return fence.write(
            context, stack_id, _checked(values),
            fence.ANY_TRAVERSAL if exp_trvsl is None else exp_trvsl)
    except exception.ConcurrentTransition:
        if _begins(values, exp_trvsl):
            raw_template_delete(context, values['raw_template_id'])
        return False


def _begins(values, exp_trvsl):
    """Tell whether a traversal was to begin with a template of its own."""
    # To roll back is to have the previous template again.
    return ('raw_template_id' in values and
            values.get('action') != 'ROLLBACK' and
            values.get('current_traversal') not in (None, '', exp_trvsl))


@adapt
def stack_lock_create(context, stack_id, engine_id):
    """Who has the lock already is no error, but returned.

    In Heat's own tests, the id of an engine may be None.
    """
    return _holder(api.stack_lock_create, context, stack_id, str(engine_id))


@found(True)
def stack_lock_steal(context, stack_id, old_engine_id, new_engine_id):
    """Who has the lock now is returned, or True if nobody has."""
    return _holder(api.stack_lock_steal, context, stack_id,
                   str(old_engine_id), str(new_engine_id))


@adapt
def stack_lock_release(context, stack_id, engine_id):
    """That another has the lock is True."""
    return _holder(api.stack_lock_release, context, stack_id,
                   str(engine_id)) and True


@found(True)
def persist_state_and_release_lock(context, stack_id, engine_id, values):
    """That another has the lock is True, and then nothing is written."""
    return _holder(stack_lock.write_and_release, context, stack_id,
                   str(engine_id), _checked(values),
                   fence.ANY_TRAVERSAL) and True


def _checked(values):
    """Return values as they are written to a stack."""
    values = cut.cut(models.Stack, values, 'status_reason')
    return checks.check_columns(models.Stack, values, fence.FIXED)


def _holder(function, *args):
    """Return None, or who has the lock that was not got or given back."""
    try:
        function(*args)
    except exception.StackLocked as error:
        return error.engine_id or True


@adapt
def stack_delete(context, stack_id):
    """No traversal is any.

    An engine that was overtaken while it stored the sync points of its
    traversal leaves those that came after the other had deleted them.
    """
    api.stack_delete(context, stack_id, fence.ANY_TRAVERSAL)
    sync_point.delete_of_stack(context, stack_id)
