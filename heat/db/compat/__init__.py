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

"""heat.db.api as the engines of Heat 25 expect it.

Where their contract is another one than that of heat.db.api, a function stands
here, with the reason. All others are those of heat.db.api as they are, but for
what adapt() does to the values of every function.
"""

import functools
import inspect
import sys

from heat.common import exception as heat_exception
from heat.db import api
from heat.db.compat.adapt import adapt
from heat.db.compat.adapt import fit
from heat.db.compat.adapt import not_found
from heat.db.compat.adapt import number
from heat.db import exception
from heat.db.sqlalchemy.api import checks
from heat.db.sqlalchemy.api import cut
from heat.db.sqlalchemy.api import fence
from heat.db.sqlalchemy.api import resource_lock
from heat.db.sqlalchemy.api import stack_lock
from heat.db.sqlalchemy.api import stack_name
from heat.db.sqlalchemy.api import swap
from heat.db.sqlalchemy.engine.facade import context_manager  # noqa: F401
from heat.db.sqlalchemy.engine import write
from heat.db.sqlalchemy import models


def install():
    """Let heat.db.api be this module, for all who import it from now on."""
    sys.modules['heat.db.api'] = sys.modules['heat.db'].api = sys.modules[
        __name__]


def __getattr__(name):
    function = getattr(api, name)
    if not inspect.isfunction(function) or 'context' not in inspect.signature(
            function).parameters:
        return function
    return adapt(function)


def purge_deleted(age, granularity='days', project_id=None, batch_size=20):
    """heat-manage gives numbers as texts, and expects an error of Heat's."""
    try:
        return api.purge_deleted(number(age), granularity, project_id,
                                 number(batch_size))
    except exception.InvalidValues as error:
        raise heat_exception.Error(str(error))


def _found(value):
    """Return a decorator: what is not there is no error, but a value."""
    def decorate(function):
        @functools.wraps(function)
        def decorated(*args, **kwargs):
            try:
                return function(*args, **kwargs)
            except exception.NotFound:
                return value
        return adapt(decorated)
    return decorate


@_found(None)
def raw_template_delete(context, template_id):
    """Engines delete templates that others have deleted before."""
    api.raw_template_delete(context, template_id)


@_found(False)
def resource_update(context, resource_id, values, atomic_key,
                    expected_engine_id=None):
    """A lost swap is False."""
    try:
        return api.resource_update(context, resource_id, values, atomic_key,
                                   expected_engine_id)
    except exception.ResourceConflict:
        return False


@adapt
def resource_update_and_save(context, resource_id, values):
    """Engines write whoever has the lock, as the one that has it does.

    Its key stays then. Who takes the lock away moves it on, so that the
    engine that had it is told.
    """
    values = cut.cut(models.Resource, values, 'status_reason')
    checks.check_columns(models.Resource, values, ('id', 'created_at'))
    swap.swap(context, **resource_lock.arguments(resource_id), values=values,
              moved_on=('atomic_key',) if 'engine_id' in values else ())
    return api.resource_get(context, resource_id)


@adapt
def resource_data_get_all(context, resource_id, data=None):
    """Engines have objects of their own in place of rows."""
    return api.resource_data_get_all(context, resource_id, data and [
        models.ResourceData(**{name: getattr(one, name) for name in (
            'id', 'key', 'value', 'redact', 'decrypt_method')})
        for one in data])


@adapt
def resource_delete(context, resource_id):
    """Engines delete resources whoever has the lock."""
    api.resource_delete(context, resource_id, api.ANY_ENGINE)


@adapt
def resource_create_replacement(context, existing_res_id, new_res_values,
                                atomic_key, expected_engine_id=None):
    """A lost swap is an error of Heat's, and a lost template None."""
    try:
        return api.resource_create_replacement(
            context, existing_res_id, fit(models.Resource, new_res_values),
            atomic_key, expected_engine_id)
    except (exception.ResourceConflict, exception.NotFound):
        raise heat_exception.UpdateInProgress(
            resource_name=new_res_values.get('name'))
    except exception.InvalidValues as error:
        if error.keys == ['current_template_id']:
            return None
        raise


@_found(False)
def resource_attr_id_set(context, resource_id, atomic_key, attr_id):
    """A lost swap is False."""
    try:
        return api.resource_attr_id_set(context, resource_id, atomic_key,
                                        attr_id)
    except exception.ResourceConflict:
        return False


@adapt
def service_get(context, service_id):
    """Engines catch an error of Heat's."""
    return _entity('Service', api.service_get, context, service_id)


@adapt
def service_update(context, service_id, values):
    """Engines catch an error of Heat's."""
    return _entity('Service', api.service_update, context, service_id, values)


@adapt
def service_delete(context, service_id, soft_delete=True):
    """Engines catch an error of Heat's."""
    return _entity('Service', api.service_delete, context, service_id,
                   soft_delete)


def _entity(entity, function, context, name, *args):
    try:
        return function(context, name, *args)
    except exception.NotFound:
        raise heat_exception.EntityNotFound(entity=entity, name=name)


@adapt
def snapshot_get_by_stack(context, snapshot_id, stack):
    """Engines catch an error of Heat's."""
    snapshot = api.snapshot_get(context, snapshot_id)
    if snapshot.stack_id != stack.id:
        raise heat_exception.SnapshotNotFound(
            snapshot=snapshot_id, stack=stack.name)
    return snapshot


@adapt
def software_config_delete(context, config_id):
    """Engines catch an error of Heat's."""
    try:
        api.software_config_delete(context, config_id)
    except exception.InUse as error:
        raise heat_exception.InvalidRestrictedAction(message=str(error))


@adapt
def software_deployment_create(context, values):
    """Engines catch an error of Heat's for a config that is not there."""
    return _configured(api.software_deployment_create, context, values)


@adapt
def software_deployment_update(context, deployment_id, values):
    """Engines catch an error of Heat's for a config that is not there."""
    return _configured(api.software_deployment_update, context, deployment_id,
                       values)


def _configured(function, *args):
    try:
        return function(*args)
    except exception.InvalidValues as error:
        if error.keys == ['config_id']:
            raise not_found(error)
        raise


@adapt
def stack_create(context, values):
    """A name that is taken is an error of Heat's.

    Tests have traversals that are no UUIDs, and stacks of other tenants.
    """
    values = cut.cut(models.Stack, fit(models.Stack, values),
                     'status_reason')
    checks.check_columns(models.Stack, values, new=True)
    try:
        return write.write(context, stack_name.NewStack(context, values))
    except exception.StackExists:
        raise heat_exception.StackExists(stack_name=values['name'])


@adapt
def stack_get(context, stack_id, show_deleted=False, eager_load=True):
    """Engines read the template of a stack, unless they say otherwise."""
    return api.stack_get(context, stack_id, show_deleted,
                         eager_load=eager_load)


@_found(None)
def stack_get_root_id(context, stack_id):
    """The root of what is not there is None."""
    return api.stack_get_root_id(context, stack_id)


@adapt
def stack_update(context, stack_id, values, exp_trvsl=None):
    """No traversal is any, and a lost swap is False.

    Tests have traversals that are no UUIDs. Engines set updated_at.
    """
    try:
        return fence.write(
            context, stack_id, _checked(values),
            fence.ANY_TRAVERSAL if exp_trvsl is None else exp_trvsl)
    except exception.ConcurrentTransition:
        return False


@adapt
def stack_lock_create(context, stack_id, engine_id):
    """Who has the lock already is no error, but returned.

    In tests, the id of an engine may be None.
    """
    return _holder(api.stack_lock_create, context, stack_id, str(engine_id))


@_found(True)
def stack_lock_steal(context, stack_id, old_engine_id, new_engine_id):
    """Who has the lock now is returned, or True if nobody has."""
    return _holder(api.stack_lock_steal, context, stack_id,
                   str(old_engine_id), str(new_engine_id))


@adapt
def stack_lock_release(context, stack_id, engine_id):
    """That another has the lock is True."""
    return _holder(api.stack_lock_release, context, stack_id,
                   str(engine_id)) and True


@_found(True)
def persist_state_and_release_lock(context, stack_id, engine_id, values):
    """That another has the lock is True, and then nothing is written."""
    return _holder(stack_lock.write_and_release, context, stack_id,
                   str(engine_id), _checked(values),
                   fence.ANY_TRAVERSAL) and True


def _checked(values):
    """Return values as they are written to a stack."""
    values = cut.cut(models.Stack, values, 'status_reason')
    checks.check_columns(models.Stack, values, fence.FIXED)
    return values


def _holder(function, *args):
    """Return None, or who has the lock that was not got or given back."""
    try:
        function(*args)
    except exception.StackLocked as error:
        return error.engine_id or True


@adapt
def stack_delete(context, stack_id):
    """No traversal is any."""
    api.stack_delete(context, stack_id, fence.ANY_TRAVERSAL)


@_found(0)
def sync_point_update_input_data(context, entity_id, traversal_id, is_update,
                                 atomic_key, input_data):
    """A won swap is 1, and a lost one 0."""
    try:
        api.sync_point_update_input_data(
            context, entity_id, traversal_id, is_update, atomic_key,
            input_data)
    except exception.SyncPointConflict:
        return 0
    return 1


@adapt
def user_creds_create(context):
    """Engines catch an error of Heat's."""
    try:
        return api.user_creds_create(context)
    except exception.InvalidValues as error:
        raise heat_exception.Error(str(error))
