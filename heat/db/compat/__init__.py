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
here, in stack.py or in raw_template.py, with the reason. All others are those
of heat.db.api as they are, but for what adapt() does to the values of every
function.
"""

import inspect
import sys

from heat.common import exception as heat_exception
from heat.db import api
from heat.db.compat.adapt import adapt
from heat.db.compat.adapt import fit
from heat.db.compat.adapt import found
from heat.db.compat.adapt import not_found
from heat.db.compat.adapt import number
from heat.db.compat.raw_template import raw_template_delete  # noqa: F401
from heat.db.compat.stack import persist_state_and_release_lock  # noqa: F401
from heat.db.compat.stack import stack_create  # noqa: F401
from heat.db.compat.stack import stack_delete  # noqa: F401
from heat.db.compat.stack import stack_get  # noqa: F401
from heat.db.compat.stack import stack_get_root_id  # noqa: F401
from heat.db.compat.stack import stack_lock_create  # noqa: F401
from heat.db.compat.stack import stack_lock_release  # noqa: F401
from heat.db.compat.stack import stack_lock_steal  # noqa: F401
from heat.db.compat.stack import stack_update  # noqa: F401
from heat.db import exception
from heat.db.sqlalchemy.api import checks
from heat.db.sqlalchemy.api import cut
from heat.db.sqlalchemy.api import resource_lock
from heat.db.sqlalchemy.api import swap
from heat.db.sqlalchemy.engine.facade import context_manager  # noqa: F401
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


@found(False)
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
    values = checks.check_columns(models.Resource, values,
                                  ('id', 'created_at'))
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


@found(False)
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
    return _service(api.service_get, context, service_id)


@adapt
def service_update(context, service_id, values):
    """Engines catch an error of Heat's."""
    return _service(api.service_update, context, service_id, values)


@adapt
def service_delete(context, service_id, soft_delete=True):
    """Engines catch an error of Heat's."""
    return _service(api.service_delete, context, service_id, soft_delete)


def _service(function, context, service_id, *args):
    try:
        return function(context, service_id, *args)
    except exception.NotFound:
        raise heat_exception.EntityNotFound(entity='Service', name=service_id)


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


@found(0)
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
