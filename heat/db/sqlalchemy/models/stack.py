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

"""Stacks, and what belongs to a whole stack."""

from sqlalchemy import Boolean
from sqlalchemy import Column
from sqlalchemy import DateTime
from sqlalchemy import event
from sqlalchemy import ForeignKey
from sqlalchemy import Index
from sqlalchemy import Integer
from sqlalchemy import orm
from sqlalchemy import String
from sqlalchemy import Text

from heat.common.i18n import _
from heat.db import exception
from heat.db.sqlalchemy.models.base import Base
from heat.db.sqlalchemy.models.base import new_uuid
from heat.db.sqlalchemy.models.base import related
from heat.db.sqlalchemy.models.base import Timestamps
from heat.db.sqlalchemy.models.template import RawTemplate
from heat.db.sqlalchemy.types import Json


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
    for (stack_get's eager_load): a template may be large.
    """

    __tablename__ = 'stack'

    id = Column(String(36), primary_key=True, default=new_uuid)
    name = Column(String(255), index=True)
    raw_template_id = Column(
        Integer, ForeignKey('raw_template.id'), nullable=False)
    prev_raw_template_id = Column(
        Integer, ForeignKey('raw_template.id', name='prev_raw_template_ref'))
    user_creds_id = Column(Integer, ForeignKey('user_creds.id'))
    username = Column(String(256))
    owner_id = Column(String(36), index=True)
    parent_resource_name = Column(String(255))
    action = Column(String(255))
    status = Column(String(255))
    status_reason = Column(Text)
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
    # It tells of a finished action: only callers know when that is.
    updated_at = Column(DateTime)

    raw_template = related(RawTemplate, raw_template_id)
    prev_raw_template = related(RawTemplate, prev_raw_template_id)
    tags = orm.relationship('StackTag', lazy='raise', viewonly=True,
                            order_by='StackTag.id')


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
    """One of the tags of a stack."""

    __tablename__ = 'stack_tag'

    id = Column(Integer, primary_key=True)
    tag = Column(String(80))
    stack_id = Column(String(36), ForeignKey('stack.id'), nullable=False)


class StackLock(Timestamps, Base):
    """Who works on a stack; there is no row if nobody does."""

    __tablename__ = 'stack_lock'

    stack_id = Column(String(36), ForeignKey('stack.id'), primary_key=True)
    engine_id = Column(String(36))


class Snapshot(Timestamps, Base):
    """What a stack was at some time."""

    __tablename__ = 'snapshot'

    id = Column(String(36), primary_key=True, default=new_uuid)
    stack_id = Column(String(36), ForeignKey('stack.id'), nullable=False)
    name = Column(String(255))
    status = Column(String(255))
    status_reason = Column(String(255))
    data = Column(Json)
    tenant = Column(String(64), nullable=False, index=True)


class SyncPoint(Timestamps, Base):
    """Where a node of a traversal collects the input that it waits for.

    Every write to it is fenced by atomic_key.
    """

    __tablename__ = 'sync_point'

    entity_id = Column(String(36), primary_key=True)
    traversal_id = Column(String(36), primary_key=True)
    is_update = Column(Boolean, primary_key=True)
    atomic_key = Column(Integer, nullable=False)
    stack_id = Column(String(36), ForeignKey('stack.id', name='fk_stack_id'),
                      nullable=False)
    input_data = Column(Json)
