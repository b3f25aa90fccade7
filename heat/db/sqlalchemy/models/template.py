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

"""Templates, and the files that they refer to."""

from sqlalchemy import Column
from sqlalchemy import ForeignKey
from sqlalchemy import Integer

from heat.db.sqlalchemy.models.base import Base
from heat.db.sqlalchemy.models.base import related
from heat.db.sqlalchemy.models.base import Timestamps
from heat.db.sqlalchemy.types import Json


class RawTemplateFiles(Timestamps, Base):
    """The files of one or several templates; a row is never changed."""

    __tablename__ = 'raw_template_files'

    id = Column(Integer, primary_key=True)
    files = Column(Json)


class RawTemplate(Timestamps, Base):
    """A template as the user gave it, with the environment to it.

    Its files are a row of their own; files has those of older templates.
    """

    __tablename__ = 'raw_template'

    id = Column(Integer, primary_key=True)
    template = Column(Json)
    files = Column(Json)
    environment = Column(Json)
    files_id = Column(Integer, ForeignKey(
        'raw_template_files.id', name='raw_tmpl_files_fkey_ref'))

    raw_template_files = related(RawTemplateFiles, files_id)
