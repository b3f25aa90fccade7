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

"""Services of Heat."""

from sqlalchemy import Column
from sqlalchemy import DateTime
from sqlalchemy import Integer
from sqlalchemy import String

from heat.db.sqlalchemy.models.base import Base
from heat.db.sqlalchemy.models.base import new_uuid
from heat.db.sqlalchemy.models.base import Timestamps


class Service(Timestamps, Base):
    """A heat-engine process and its last sign of life."""

    __tablename__ = 'service'

    id = Column(String(36), primary_key=True, default=new_uuid)
    engine_id = Column(String(36), nullable=False)
    host = Column(String(255), nullable=False)
    hostname = Column(String(255), nullable=False)
    binary = Column(String(255), nullable=False)
    topic = Column(String(255), nullable=False)
    report_interval = Column(Integer, nullable=False)
    deleted_at = Column(DateTime)
