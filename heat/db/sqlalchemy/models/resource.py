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

"""Resources of stacks, and what happened to them."""

from sqlalchemy import Boolean
from sqlalchemy import Column
from sqlalchemy import ForeignKey
from sqlalchemy import Integer
from sqlalchemy import LargeBinary
from sqlalchemy import String
from sqlalchemy import Text

from heat.db.sqlalchemy.models.base import Base
from heat.db.sqlalchemy.models.base import new_uuid
from heat.db.sqlalchemy.models.base import Timestamps
from heat.db.sqlalchemy.types import Json


class Event(Timestamps, Base):
    """Something that happened to a resource of a stack."""

    __tablename__ = 'event'

    id = Column(Integer, primary_key=True)
    stack_id = Column(String(36), ForeignKey('stack.id'), nullable=False)
    uuid = Column(String(36), default=new_uuid, unique=True)
    resource_action = Column(String(255))
    resource_status = Column(String(255))
    resource_name = Column(String(255))
    physical_resource_id = Column(String(255))
    resource_status_reason = Column(String(255))
    resource_type = Column(String(255))
    # A pickle. Whoever reads it decides whether to trust it.
    resource_properties = Column(LargeBinary)


class Resource(Timestamps, Base):
    __tablename__ = 'resource'

    id = Column(String(36), primary_key=True, default=new_uuid)
    stack_id = Column(String(36), ForeignKey('stack.id'), nullable=False)
    name = Column(String(255))
    nova_instance = Column(String(255))
    action = Column(String(255))
    status = Column(String(255))
    status_reason = Column(String(255))
    rsrc_metadata = Column(Json)
    properties_data = Column(Json)


class ResourceData(Timestamps, Base):
    """A key and a value that a resource keeps; redacted ones encrypted."""

    __tablename__ = 'resource_data'

    id = Column(Integer, primary_key=True)
    resource_id = Column(
        String(36), ForeignKey('resource.id'), nullable=False)
    key = Column(String(255))
    value = Column(Text)
    redact = Column(Boolean)
    decrypt_method = Column(String(64))
