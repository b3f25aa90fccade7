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

"""Watch rules."""

from sqlalchemy import Column
from sqlalchemy import DateTime
from sqlalchemy import ForeignKey
from sqlalchemy import Integer
from sqlalchemy import String

from heat.db.sqlalchemy.models.base import Base
from heat.db.sqlalchemy.models.base import Timestamps
from heat.db.sqlalchemy.types import Json


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
