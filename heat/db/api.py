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

"""Heat's database API: what engines import.

Errors of the database itself are those of oslo_db.exception.
"""

import importlib

from heat.db.sqlalchemy.api.event import event_create
from heat.db.sqlalchemy.api.event_list import event_count_all_by_stack
from heat.db.sqlalchemy.api.event_list import event_get_all_by_stack
from heat.db.sqlalchemy.api.event_list import event_get_all_by_tenant
from heat.db.sqlalchemy.api.fence import ANY_TRAVERSAL
from heat.db.sqlalchemy.api.raw_template import raw_template_create
from heat.db.sqlalchemy.api.raw_template import raw_template_delete
from heat.db.sqlalchemy.api.raw_template import raw_template_get
from heat.db.sqlalchemy.api.raw_template import raw_template_update
from heat.db.sqlalchemy.api.raw_template_files import raw_template_files_create
from heat.db.sqlalchemy.api.raw_template_files import raw_template_files_get
from heat.db.sqlalchemy.api.resource import resource_create
from heat.db.sqlalchemy.api.resource import resource_delete
from heat.db.sqlalchemy.api.resource import resource_get
from heat.db.sqlalchemy.api.resource import resource_update_and_save
from heat.db.sqlalchemy.api.resource_attributes import resource_attr_data_delete  # noqa: E501
from heat.db.sqlalchemy.api.resource_attributes import resource_attr_id_set
from heat.db.sqlalchemy.api.resource_data import resource_data_delete
from heat.db.sqlalchemy.api.resource_data import resource_data_get
from heat.db.sqlalchemy.api.resource_data import resource_data_get_all
from heat.db.sqlalchemy.api.resource_data import resource_data_get_by_key
from heat.db.sqlalchemy.api.resource_data import resource_data_set
from heat.db.sqlalchemy.api.resource_exchange import resource_exchange_stacks
from heat.db.sqlalchemy.api.resource_list import engine_get_all_locked_by_stack
from heat.db.sqlalchemy.api.resource_list import resource_get_all
from heat.db.sqlalchemy.api.resource_list import resource_get_all_active_by_stack  # noqa: E501
from heat.db.sqlalchemy.api.resource_list import resource_get_all_by_physical_resource_id  # noqa: E501
from heat.db.sqlalchemy.api.resource_list import resource_get_all_by_root_stack
from heat.db.sqlalchemy.api.resource_list import resource_get_all_by_stack
from heat.db.sqlalchemy.api.resource_list import resource_get_by_name_and_stack
from heat.db.sqlalchemy.api.resource_list import resource_get_by_physical_resource_id  # noqa: E501
from heat.db.sqlalchemy.api.resource_lock import ANY_ENGINE
from heat.db.sqlalchemy.api.resource_properties_data import resource_prop_data_create  # noqa: E501
from heat.db.sqlalchemy.api.resource_properties_data import resource_prop_data_create_or_update  # noqa: E501
from heat.db.sqlalchemy.api.resource_properties_data import resource_prop_data_get  # noqa: E501
from heat.db.sqlalchemy.api.resource_purge import resource_purge_deleted
from heat.db.sqlalchemy.api.resource_swap import resource_create_replacement
from heat.db.sqlalchemy.api.resource_swap import resource_update
from heat.db.sqlalchemy.api.service import service_create
from heat.db.sqlalchemy.api.service import service_delete
from heat.db.sqlalchemy.api.service import service_get
from heat.db.sqlalchemy.api.service import service_get_all
from heat.db.sqlalchemy.api.service import service_get_all_by_args
from heat.db.sqlalchemy.api.service import service_update
from heat.db.sqlalchemy.api.snapshot import snapshot_count_all_by_stack
from heat.db.sqlalchemy.api.snapshot import snapshot_create
from heat.db.sqlalchemy.api.snapshot import snapshot_delete
from heat.db.sqlalchemy.api.snapshot import snapshot_get
from heat.db.sqlalchemy.api.snapshot import snapshot_get_all_by_stack
from heat.db.sqlalchemy.api.snapshot import snapshot_get_by_stack
from heat.db.sqlalchemy.api.snapshot import snapshot_update
from heat.db.sqlalchemy.api.software_config import software_config_count_all
from heat.db.sqlalchemy.api.software_config import software_config_create
from heat.db.sqlalchemy.api.software_config import software_config_delete
from heat.db.sqlalchemy.api.software_config import software_config_get
from heat.db.sqlalchemy.api.software_config import software_config_get_all
from heat.db.sqlalchemy.api.software_deployment import software_deployment_count_all  # noqa: E501
from heat.db.sqlalchemy.api.software_deployment import software_deployment_create  # noqa: E501
from heat.db.sqlalchemy.api.software_deployment import software_deployment_delete  # noqa: E501
from heat.db.sqlalchemy.api.software_deployment import software_deployment_get
from heat.db.sqlalchemy.api.software_deployment import software_deployment_get_all  # noqa: E501
from heat.db.sqlalchemy.api.software_deployment import software_deployment_update  # noqa: E501
from heat.db.sqlalchemy.api.stack import stack_create
from heat.db.sqlalchemy.api.stack import stack_delete
from heat.db.sqlalchemy.api.stack import stack_get
from heat.db.sqlalchemy.api.stack import stack_update
from heat.db.sqlalchemy.api.stack_list import stack_count_all
from heat.db.sqlalchemy.api.stack_list import stack_get_all
from heat.db.sqlalchemy.api.stack_list import stack_get_all_by_owner_id
from heat.db.sqlalchemy.api.stack_list import stack_get_by_name
from heat.db.sqlalchemy.api.stack_list import stack_get_by_name_and_owner_id
from heat.db.sqlalchemy.api.stack_lock import persist_state_and_release_lock
from heat.db.sqlalchemy.api.stack_lock import stack_lock_create
from heat.db.sqlalchemy.api.stack_lock import stack_lock_get_engine_id
from heat.db.sqlalchemy.api.stack_lock import stack_lock_release
from heat.db.sqlalchemy.api.stack_lock import stack_lock_steal
from heat.db.sqlalchemy.api.stack_status import reset_stack_status
from heat.db.sqlalchemy.api.stack_status import stack_get_status
from heat.db.sqlalchemy.api.stack_tags import stack_tags_delete
from heat.db.sqlalchemy.api.stack_tags import stack_tags_get
from heat.db.sqlalchemy.api.stack_tags import stack_tags_set
from heat.db.sqlalchemy.api.stack_tree import stack_count_total_resources
from heat.db.sqlalchemy.api.stack_tree import stack_get_all_by_root_owner_id
from heat.db.sqlalchemy.api.stack_tree import stack_get_root_id
from heat.db.sqlalchemy.api.sync_point import sync_point_create
from heat.db.sqlalchemy.api.sync_point import sync_point_delete_all_by_stack_and_traversal  # noqa: E501
from heat.db.sqlalchemy.api.sync_point import sync_point_get
from heat.db.sqlalchemy.api.sync_point import sync_point_update_input_data
from heat.db.sqlalchemy.api.sync_point_input import sync_point_add_input
from heat.db.sqlalchemy.api.user_creds import user_creds_create
from heat.db.sqlalchemy.api.user_creds import user_creds_delete
from heat.db.sqlalchemy.api.user_creds import user_creds_get
from heat.db.sqlalchemy.engine.facade import get_engine

# What operators do with a database, and the modules that have it. Engines,
# which need none of it, do not load it: see __getattr__.
_MODULES = {
    'MigrationListener': 'migration.sync',
    'PurgeListener': 'maintenance.purge',
    'db_charset': 'migration.charset',
    'db_deleted': 'migration.deleted',
    'db_drift': 'migration.drift',
    'db_orphans': 'maintenance.orphan_count',
    'db_plan': 'migration.plan',
    'db_plan_offline': 'migration.plan',
    'db_sizes': 'maintenance.sizes',
    'db_status': 'migration.plan',
    'db_sync': 'migration.sync',
    'db_version': 'migration.migrate_version',
    'decrypt_parameters_and_properties': 'maintenance.encrypt',
    'encrypt_parameters_and_properties': 'maintenance.encrypt',
    'purge_deleted': 'maintenance.purge',
}

__all__ = (
    'ANY_ENGINE',
    'ANY_TRAVERSAL',
    'engine_get_all_locked_by_stack',
    'event_count_all_by_stack',
    'event_create',
    'event_get_all_by_stack',
    'event_get_all_by_tenant',
    'get_engine',
    'persist_state_and_release_lock',
    'raw_template_create',
    'raw_template_delete',
    'raw_template_files_create',
    'raw_template_files_get',
    'raw_template_get',
    'raw_template_update',
    'reset_stack_status',
    'resource_attr_data_delete',
    'resource_attr_id_set',
    'resource_create',
    'resource_create_replacement',
    'resource_data_delete',
    'resource_data_get',
    'resource_data_get_all',
    'resource_data_get_by_key',
    'resource_data_set',
    'resource_delete',
    'resource_exchange_stacks',
    'resource_get',
    'resource_get_all',
    'resource_get_all_active_by_stack',
    'resource_get_all_by_physical_resource_id',
    'resource_get_all_by_root_stack',
    'resource_get_all_by_stack',
    'resource_get_by_name_and_stack',
    'resource_get_by_physical_resource_id',
    'resource_prop_data_create',
    'resource_prop_data_create_or_update',
    'resource_prop_data_get',
    'resource_purge_deleted',
    'resource_update',
    'resource_update_and_save',
    'service_create',
    'service_delete',
    'service_get',
    'service_get_all',
    'service_get_all_by_args',
    'service_update',
    'snapshot_count_all_by_stack',
    'snapshot_create',
    'snapshot_delete',
    'snapshot_get',
    'snapshot_get_all_by_stack',
    'snapshot_get_by_stack',
    'snapshot_update',
    'software_config_count_all',
    'software_config_create',
    'software_config_delete',
    'software_config_get',
    'software_config_get_all',
    'software_deployment_count_all',
    'software_deployment_create',
    'software_deployment_delete',
    'software_deployment_get',
    'software_deployment_get_all',
    'software_deployment_update',
    'stack_count_all',
    'stack_count_total_resources',
    'stack_create',
    'stack_delete',
    'stack_get',
    'stack_get_all',
    'stack_get_all_by_owner_id',
    'stack_get_all_by_root_owner_id',
    'stack_get_by_name',
    'stack_get_by_name_and_owner_id',
    'stack_get_root_id',
    'stack_get_status',
    'stack_lock_create',
    'stack_lock_get_engine_id',
    'stack_lock_release',
    'stack_lock_steal',
    'stack_tags_delete',
    'stack_tags_get',
    'stack_tags_set',
    'stack_update',
    'sync_point_add_input',
    'sync_point_create',
    'sync_point_delete_all_by_stack_and_traversal',
    'sync_point_get',
    'sync_point_update_input_data',
    'user_creds_create',
    'user_creds_delete',
    'user_creds_get',
    *_MODULES,
)


def __getattr__(name):
    if name not in _MODULES:
        raise AttributeError('module %r has no attribute %r' %
                             (__name__, name))
    module = importlib.import_module(
        'heat.db.sqlalchemy.' + _MODULES[name])
    return getattr(module, name)


def __dir__():
    return [*globals(), *_MODULES]
