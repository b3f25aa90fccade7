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

"""Software configurations."""

from sqlalchemy import Column
from sqlalchemy import DateTime
from sqlalchemy import ForeignKey
from sqlalchemy import Index
from sqlalchemy import String
from sqlalchemy import Text

from heat.db.sqlalchemy.models.base import Base
from heat.db.sqlalchemy.models.base import new_uuid
from heat.db.sqlalchemy.models.base import related
from heat.db.sqlalchemy.models.base import Timestamps
from heat.db.sqlalchemy.types import Json


class SoftwareConfig(Timestamps, Base):
    """What is to be done on servers; it is never changed."""

    __tablename__ = 'software_config'

    id = Column(String(36), primary_key=True, default=new_uuid)
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

    id = Column(String(36), primary_key=True, default=new_uuid)
    server_id = Column(String(36), nullable=False, index=True)
    config_id = Column(
        String(36), ForeignKey('software_config.id'), nullable=False)
    input_values = Column(Json)
    output_values = Column(Json)
    action = Column(String(255))
    status = Column(String(255))
    status_reason = Column(Text)
    tenant = Column(String(64), nullable=False, index=True)
    stack_user_project_id = Column(String(64))
    # Only callers know what is news of the deployment.
    updated_at = Column(DateTime)

    config = related(SoftwareConfig, config_id)
