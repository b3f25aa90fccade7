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
from sqlalchemy import DateTime
from sqlalchemy import ForeignKey
from sqlalchemy import Integer
from sqlalchemy import LargeBinary
from sqlalchemy import orm
from sqlalchemy import String
from sqlalchemy import Text

from heat.db.sqlalchemy.models.base import Base
from heat.db.sqlalchemy.models.base import new_uuid
from heat.db.sqlalchemy.models.base import related
from heat.db.sqlalchemy.models.base import Timestamps
from heat.db.sqlalchemy.types import Json


class ResourcePropertiesData(Timestamps, Base):
    """Properties or attributes of resources; the values may be encrypted."""

    __tablename__ = 'resource_properties_data'

    id = Column(Integer, primary_key=True)
    data = Column(Json)
    encrypted = Column(Boolean)


class Resource(Timestamps, Base):
    """A resource; every write to it is fenced by atomic_key and engine_id.

    properties_data has the properties of older resources.
    """

    __tablename__ = 'resource'

    id = Column(Integer, primary_key=True)
    uuid = Column(String(36), default=new_uuid, unique=True)
    stack_id = Column(String(36), ForeignKey('stack.id'), nullable=False)
    root_stack_id = Column(String(36), index=True)
    name = Column(String(255))
    physical_resource_id = Column('nova_instance', String(255))
    action = Column(String(255))
    status = Column(String(255))
    status_reason = Column(Text)
    rsrc_metadata = Column(Json)
    properties_data = Column(Json)
    properties_data_encrypted = Column(Boolean)
    rsrc_prop_data_id = Column(Integer, ForeignKey(
        'resource_properties_data.id', name='rsrc_rsrc_prop_data_ref'))
    attr_data_id = Column(Integer, ForeignKey(
        'resource_properties_data.id', name='rsrc_attr_data_ref'))
    engine_id = Column(String(36))
    atomic_key = Column(Integer)
    current_template_id = Column(Integer, ForeignKey(
        'raw_template.id', name='current_template_fkey_ref'))
    needed_by = Column(Json)
    requires = Column(Json)
    replaces = Column(Integer)
    replaced_by = Column(Integer)
    # It tells of a finished action: only callers know when that is.
    updated_at = Column(DateTime)

    data = orm.relationship('ResourceData', lazy='raise', viewonly=True)
    rsrc_prop_data = related(ResourcePropertiesData, rsrc_prop_data_id)
    attr_data = related(ResourcePropertiesData, attr_data_id)


class ResourceData(Timestamps, Base):
    """A key and a value that a resource keeps; redacted ones encrypted."""

    __tablename__ = 'resource_data'

    id = Column(Integer, primary_key=True)
    resource_id = Column(Integer, ForeignKey(
        'resource.id', name='fk_resource_id', ondelete='CASCADE'),
        nullable=False)
    key = Column(String(255))
    value = Column(Text)
    redact = Column(Boolean)
    decrypt_method = Column(String(64))


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
    _resource_status_reason = Column('resource_status_reason', String(255))
    resource_type = Column(String(255))
    # A pickle, of older events. Whoever reads it decides whether to trust it.
    resource_properties = Column(LargeBinary)
    rsrc_prop_data_id = Column(Integer, ForeignKey(
        'resource_properties_data.id', name='ev_rsrc_prop_data_ref'))

    resource_status_reason = orm.synonym('_resource_status_reason')
    rsrc_prop_data = related(ResourcePropertiesData, rsrc_prop_data_id)
