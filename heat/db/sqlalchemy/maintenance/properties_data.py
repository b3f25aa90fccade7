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

"""To move properties from where Heats before Ocata have stored them.

They are in resource.properties_data and in event.resource_properties, which
is a pickle, and go to resource_properties_data.
"""

import collections
import io
import json
import pickle
import typing

import sqlalchemy as sa

from heat.common.i18n import _
from heat.db import exception
from heat.db.sqlalchemy.api import checks
from heat.db.sqlalchemy.comparison import same
from heat.db.sqlalchemy.engine import write
from heat.db.sqlalchemy.maintenance import conversion
from heat.db.sqlalchemy.models import columns
from heat.db.sqlalchemy.models import Event
from heat.db.sqlalchemy.models import Resource
from heat.db.sqlalchemy.models import ResourcePropertiesData

TARGET = 'rsrc_prop_data_id'


class _Kind(typing.NamedTuple):
    """A model with properties of its own.

    :ivar name: of their column
    :ivar flag: of the column that says that they are encrypted, or None
    :ivar load: called with what is stored; returns the properties
    """

    model: type
    name: str
    flag: typing.Optional[str]
    load: typing.Callable


def move_properties_data(context, failed):
    """Move all properties data to the table that Heat reads it from.

    What is encrypted stays encrypted. Can be stopped, and repeated. A row
    that another changes meanwhile stays for the next time. For each batch one
    SELECT, and a transaction of an INSERT and an UPDATE for each row.

    :param context: a RequestContext
    :param failed: called with a heat.db.exception.NotConverted for each row
        whose properties can not be read, which stays as it is
    :returns: {name of a table: how many of its rows were moved}
    :raises oslo_db.exception.DBError: as the database says
    """
    moved = collections.Counter()
    for kind in _KINDS:
        known = columns(kind.model)
        conditions = known[kind.name].is_not(None), known[TARGET].is_(None)
        names = [name for name in (kind.name, kind.flag) if name]
        update = _update(kind, conditions)
        for rows in conversion.batches(context, conversion.select(
                kind.model, names, conditions)):
            moves = list(_moves(kind, rows, failed))
            if moves:
                moved[kind.model.__tablename__] += write.write(
                    context, _Move(update, moves))
    return moved


class _Move(write.Unit):
    """Rows of properties, each with the UPDATE of who refers to it.

    The result is how many were moved. Safe to repeat: what has landed does
    not match again.
    """

    is_statement = False
    is_repeatable = True

    def __init__(self, update, moves):
        self.update = update
        self.moves = moves

    def work(self, execute):
        return sum(self._is_moved(execute, *move) for move in self.moves)

    def _is_moved(self, execute, values, this):
        table = ResourcePropertiesData.__table__
        id, = execute(sa.insert(table), values).inserted_primary_key
        if execute(self.update, {**this, 'new': id}).rowcount:
            return True
        execute(sa.delete(table).where(table.c.id == sa.bindparam('new')),
                {'new': id})
        return False


def _moves(kind, rows, failed):
    """Yield the values of the new row, and what tells the old one."""
    for row in rows:
        stored = row._mapping[kind.name]
        try:
            data = kind.load(stored)
            checks.check_value(ResourcePropertiesData, 'data', data)
        except exception.InvalidValues as error:
            failed(exception.NotConverted(
                kind.model.__tablename__, row.id, error))
            continue
        encrypted = bool(kind.flag and row._mapping[kind.flag])
        yield ({'data': data, 'encrypted': encrypted},
               {'this': row.id, 'old': stored})


def _update(kind, conditions):
    known = columns(kind.model)
    column = conversion.as_stored(kind.model, kind.name)
    values = {kind.name: sa.null(), TARGET: sa.bindparam(
        'new', type_=sa.Integer())}
    if kind.flag:
        values[kind.flag] = sa.null()
    return sa.update(kind.model.__table__).where(
        known['id'] == sa.bindparam('this', type_=sa.Integer()), *conditions,
        same(column, sa.bindparam('old', type_=column.type))).values(values)


class _Unpickler(pickle.Unpickler):
    """Reads plain values: no class is known to it, so no code is run."""

    def find_class(self, module, name):
        raise pickle.UnpicklingError()


def _unpickled(stored):
    try:
        return _Unpickler(io.BytesIO(stored), encoding='utf-8').load()
    except Exception:
        pass
    raise exception.InvalidValues(
        _('is no pickle of plain values'), ['resource_properties'])


def _loaded(stored):
    try:
        return json.loads(stored)
    except (ValueError, RecursionError):
        pass
    raise exception.InvalidValues(_('is no JSON'), ['properties_data'])


_KINDS = (
    _Kind(Resource, 'properties_data', 'properties_data_encrypted', _loaded),
    _Kind(Event, 'resource_properties', None, _unpickled),
)
