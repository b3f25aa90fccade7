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

import uuid

from oslo_utils import timeutils
from sqlalchemy import Boolean
from sqlalchemy import Column
from sqlalchemy import DateTime
from sqlalchemy import event
from sqlalchemy import ForeignKey
from sqlalchemy import Index
from sqlalchemy import Integer
from sqlalchemy import LargeBinary
from sqlalchemy import orm
from sqlalchemy import String
from sqlalchemy import Text

from heat.common import exception
from heat.common.i18n import _
from heat.db.sqlalchemy.types import freeze
from heat.db.sqlalchemy.types import Json

Base = orm.declarative_base()


def _uuid():
    return str(uuid.uuid4())


def now():
    """Return the time as every engine can store it.

    MySQL's DATETIME has no fraction, and would be rounded.
    """
    return timeutils.utcnow().replace(microsecond=0)


@event.listens_for(Base, 'attribute_instrument', propagate=True)
def _freeze_json(model, key, attribute):
    """Freeze what is stored in a JSON attribute as what is loaded is."""
    columns = getattr(attribute.property, 'columns', ())
    if columns and isinstance(columns[0].type, Json):
        event.listen(attribute, 'set', lambda target, value, *_: freeze(value),
                     retval=True, propagate=True)


class Timestamps:
    __table_args__ = {'mysql_engine': 'InnoDB', 'mysql_charset': 'utf8mb3'}

    created_at = Column(DateTime, default=now)
    updated_at = Column(DateTime, onupdate=now)


class RawTemplate(Timestamps, Base):
    """A template as the user gave it, with the files it refers to."""

    __tablename__ = 'raw_template'

    id = Column(Integer, primary_key=True)
    template = Column(Json)
    files = Column(Json)


class UserCreds(Timestamps, Base):
    """What a stack acts with on its user's behalf."""

    __tablename__ = 'user_creds'

    id = Column(Integer, primary_key=True)
    username = Column(String(255))
    password = Column(String(255))
    region_name = Column(String(255))
    decrypt_method = Column(String(64))
    tenant = Column(String(1024))
    auth_url = Column(Text)
    tenant_id = Column(String(256))
    trust_id = Column(String(255))
    trustor_user_id = Column(String(64))


class Stack(Timestamps, Base):
    """A stack; every write to it is fenced by current_traversal.

    raw_template and prev_raw_template are there only when they were asked
    for (stack_get's eager_load): a template may be large, and after the
    transaction nothing can be loaded any more.
    """

    __tablename__ = 'stack'

    id = Column(String(36), primary_key=True, default=_uuid)
    name = Column(String(255), index=True)
    raw_template_id = Column(
        Integer, ForeignKey('raw_template.id'), nullable=False, index=True)
    prev_raw_template_id = Column(
        Integer, ForeignKey('raw_template.id', name='prev_raw_template_ref'),
        index=True)
    user_creds_id = Column(Integer, ForeignKey('user_creds.id'))
    username = Column(String(256))
    owner_id = Column(String(36))
    action = Column(String(255))
    status = Column(String(255))
    status_reason = Column(String(255))
    parameters = Column(Json)
    timeout = Column(Integer)
    tenant = Column(String(256))
    stack_user_project_id = Column(String(64))
    disable_rollback = Column(Boolean, nullable=False)
    backup = Column(Boolean, default=False)
    nested_depth = Column(Integer, default=0)
    convergence = Column(Boolean, default=False)
    current_traversal = Column(String(36))
    current_deps = Column(Json)
    deleted_at = Column(DateTime)

    raw_template = orm.relationship(
        RawTemplate, foreign_keys=raw_template_id, lazy='raise')
    prev_raw_template = orm.relationship(
        RawTemplate, foreign_keys=prev_raw_template_id, lazy='raise')


@event.listens_for(Stack, 'before_update')
@event.listens_for(Stack, 'before_delete')
def _refuse_write(mapper, connection, stack):
    """Refuse what would write to a stack without naming its traversal."""
    session = orm.object_session(stack)
    if stack in session.deleted or session.is_modified(stack):
        raise exception.UnfencedWrite(
            _('stack %s is written with stack_update and stack_delete only')
            % stack.id)


# utf8 takes three bytes a character, and an InnoDB key may have 767 bytes.
Index('ix_stack_tenant', Stack.tenant, mysql_length=255)


class StackTag(Timestamps, Base):
    __tablename__ = 'stack_tag'

    id = Column(Integer, primary_key=True)
    tag = Column(String(80))
    stack_id = Column(String(36), ForeignKey('stack.id'), nullable=False)


class StackLock(Timestamps, Base):
    __tablename__ = 'stack_lock'

    stack_id = Column(String(36), ForeignKey('stack.id'), primary_key=True)
    engine_id = Column(String(36))


class Event(Timestamps, Base):
    """Something that happened to a resource of a stack."""

    __tablename__ = 'event'

    id = Column(Integer, primary_key=True)
    stack_id = Column(String(36), ForeignKey('stack.id'), nullable=False)
    uuid = Column(String(36), default=_uuid, unique=True)
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

    id = Column(String(36), primary_key=True, default=_uuid)
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


class WatchRule(Timestamps, Base):
    __tablename__ = 'watch_rule'

    id = Column(Integer, primary_key=True)
    stack_id = Column(String(36), ForeignKey('stack.id'), nullable=False)
    name = Column(String(255))
    state = Column(String(255))
    rule = Column(Json)
    last_evaluated = Column(DateTime)


class WatchData(Timestamps, Base):
    __tablename__ = 'watch_data'

    id = Column(Integer, primary_key=True)
    watch_rule_id = Column(
        Integer, ForeignKey('watch_rule.id'), nullable=False)
    data = Column(Json)


class SoftwareConfig(Timestamps, Base):
    __tablename__ = 'software_config'

    id = Column(String(36), primary_key=True, default=_uuid)
    name = Column(String(255))
    group = Column(String(255))
    config = Column(Json)
    tenant = Column(String(64), nullable=False, index=True)


class SoftwareDeployment(Timestamps, Base):
    """A software configuration applied to a server."""

    __tablename__ = 'software_deployment'
    __table_args__ = (
        Index('ix_software_deployment_created_at', 'created_at'),
        Timestamps.__table_args__)

    id = Column(String(36), primary_key=True, default=_uuid)
    server_id = Column(String(36), nullable=False, index=True)
    config_id = Column(
        String(36), ForeignKey('software_config.id'), nullable=False)
    input_values = Column(Json)
    output_values = Column(Json)
    action = Column(String(255))
    status = Column(String(255))
    status_reason = Column(String(255))
    tenant = Column(String(64), nullable=False, index=True)
    stack_user_project_id = Column(String(64))


class Snapshot(Timestamps, Base):
    __tablename__ = 'snapshot'

    id = Column(String(36), primary_key=True, default=_uuid)
    stack_id = Column(String(36), ForeignKey('stack.id'), nullable=False)
    name = Column(String(255))
    status = Column(String(255))
    status_reason = Column(String(255))
    data = Column(Json)
    tenant = Column(String(64), nullable=False, index=True)


class Service(Timestamps, Base):
    """A heat-engine process and its last sign of life."""

    __tablename__ = 'service'

    id = Column(String(36), primary_key=True, default=_uuid)
    engine_id = Column(String(36), nullable=False)
    host = Column(String(255), nullable=False)
    hostname = Column(String(255), nullable=False)
    binary = Column(String(255), nullable=False)
    topic = Column(String(255), nullable=False)
    report_interval = Column(Integer, nullable=False)
    deleted_at = Column(DateTime)
