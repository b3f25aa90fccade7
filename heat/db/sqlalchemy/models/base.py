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

"""What all models have."""

import functools
import uuid

from oslo_db.sqlalchemy import models
from oslo_utils import timeutils
import sqlalchemy as sa
from sqlalchemy import Column
from sqlalchemy import DateTime
from sqlalchemy import event
from sqlalchemy import orm

from heat.db.sqlalchemy.types import freeze
from heat.db.sqlalchemy.types import Json

# A row answers row['name'], and dict(row) has its columns and all that was
# loaded with it.
Base = orm.declarative_base(cls=models.ModelBase)


def new_uuid():
    """Return a new id: a UUID in lower case, with hyphens."""
    return str(uuid.uuid4())


def now():
    """Return the time as every engine can store it.

    MySQL's DATETIME has no fraction, and would be rounded.
    """
    return timeutils.utcnow().replace(microsecond=0)


@functools.cache
def columns(model):
    """Return {attribute: column} of a model."""
    return {attribute.key: attribute.columns[0]
            for attribute in sa.inspect(model).column_attrs}


@functools.cache
def key_names(model):
    """Return the names of the attributes of the primary key of a model."""
    return tuple(name for name, column in columns(model).items()
                 if column.primary_key)


@event.listens_for(Base, 'attribute_instrument', propagate=True)
def _freeze_json(model, key, attribute):
    """Freeze what is stored in a JSON attribute as what is loaded is."""
    columns = getattr(attribute.property, 'columns', ())
    if columns and isinstance(columns[0].type, Json):
        event.listen(attribute, 'set', lambda target, value, *_: freeze(value),
                     retval=True, propagate=True)


class Timestamps:
    """When a row was stored, and when its values were changed last."""

    __table_args__ = {'mysql_engine': 'InnoDB', 'mysql_charset': 'utf8mb3'}

    created_at = Column(DateTime, default=now)
    updated_at = Column(DateTime, onupdate=now)


def related(model, key):
    """Return the relationship to the row that a foreign key names.

    It is there only in rows that were loaded with it. Otherwise it raises an
    error: after the transaction nothing can be loaded any more.
    """
    return orm.relationship(model, foreign_keys=key, lazy='raise')
