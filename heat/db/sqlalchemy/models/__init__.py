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

"""The schema at the newest version, as declarative models."""

from heat.db.sqlalchemy.models.base import Base
from heat.db.sqlalchemy.models.base import columns
from heat.db.sqlalchemy.models.base import key_names
from heat.db.sqlalchemy.models.base import now
from heat.db.sqlalchemy.models.resource import Event
from heat.db.sqlalchemy.models.resource import Resource
from heat.db.sqlalchemy.models.resource import ResourceData
from heat.db.sqlalchemy.models.resource import ResourcePropertiesData
from heat.db.sqlalchemy.models.service import Service
from heat.db.sqlalchemy.models.software import SoftwareConfig
from heat.db.sqlalchemy.models.software import SoftwareDeployment
from heat.db.sqlalchemy.models.stack import Snapshot
from heat.db.sqlalchemy.models.stack import Stack
from heat.db.sqlalchemy.models.stack import StackLock
from heat.db.sqlalchemy.models.stack import StackTag
from heat.db.sqlalchemy.models.stack import SyncPoint
from heat.db.sqlalchemy.models.stack import UserCreds
from heat.db.sqlalchemy.models.template import RawTemplate
from heat.db.sqlalchemy.models.template import RawTemplateFiles

__all__ = (
    'Base',
    'Event',
    'RawTemplate',
    'RawTemplateFiles',
    'Resource',
    'ResourceData',
    'ResourcePropertiesData',
    'Service',
    'Snapshot',
    'SoftwareConfig',
    'SoftwareDeployment',
    'Stack',
    'StackLock',
    'StackTag',
    'SyncPoint',
    'UserCreds',
    'columns',
    'key_names',
    'now',
)
