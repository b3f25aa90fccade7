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

"""The unit of work that stores a new row."""

import datetime
import functools

import sqlalchemy as sa

from heat.db.sqlalchemy.api import detached
from heat.db.sqlalchemy.api.explain import explained
from heat.db.sqlalchemy.api import units
from heat.db.sqlalchemy.comparison import same
from heat.db.sqlalchemy.engine import galera
from heat.db.sqlalchemy.engine import write
from heat.db.sqlalchemy.models import columns
from heat.db.sqlalchemy.models import key_names
from heat.db.sqlalchemy.types import freeze


class Insert(write.Unit):
    """A new row of checked values.

    :param mark: names of attributes that no other call gives these values
    """

    def __init__(self, model, values, mark=()):
        self.model = model
        self.given = {**_defaults(model, is_key=True), **values}
        self.values = {**_defaults(model), **self.given}
        self.key = (self._known(key_names(model)) or
                    self._known(_unique_names(model)) or self._known(mark))
        # A statement that may not be repeated is sent in a transaction:
        # then only a lost COMMIT leaves its outcome open.
        self.is_statement = bool(self.key)

    def _known(self, names):
        """Return {attribute: value} of what tells the row; {} if NULL."""
        known = {name: self.given.get(name) for name in names}
        return {} if None in known.values() else known

    def work(self, execute):
        with explained(self.model, self.values, execute):
            result = execute(_insert(self.model),
                             units.by_column(self.model, self.values))
        return self._row(dict(zip(key_names(self.model),
                                  result.inserted_primary_key)))

    def landed(self, execute):
        if not self.key:
            return super().landed(execute)
        stored = detached.named(self.model, execute(sa.select(
            *columns(self.model).values()).where(*(
                same(columns(self.model)[name], sa.literal(value))
                for name, value in self.key.items())).execution_options(
                    **galera.UP_TO_DATE), {}).first())
        if stored is not None and all(
                _is_stored(stored[name], value)
                for name, value in self.given.items()):
            return self._row({name: stored[name]
                              for name in key_names(self.model)})

    def show(self, session, row):
        units.adopt(session, row)

    def _row(self, key):
        values = {name: freeze(value) for name, value in self.values.items()}
        return detached.row(self.model, {**values, **key})


@functools.cache
def _unique_names(model):
    return tuple(name for name, column in columns(model).items()
                 if column.unique)


def _is_stored(stored, value):
    """Tell whether this is what an engine has made of a value."""
    if isinstance(value, datetime.datetime) and stored is not None:
        # MySQL rounds to seconds.
        return abs(stored - value) < datetime.timedelta(seconds=1)
    return stored == freeze(value)


def _defaults(model, is_key=False):
    """Return what is stored where nothing is given.

    :param is_key: in columns that tell a row from others; or in the rest
    """
    return {name: None if column.default is None else
            column.default.arg(None) if column.default.is_callable else
            column.default.arg
            for name, column in columns(model).items()
            if bool(column.primary_key or column.unique) == is_key and
            (column.default is not None or not is_key)}


@functools.cache
def _insert(model):
    return sa.insert(model.__table__)
