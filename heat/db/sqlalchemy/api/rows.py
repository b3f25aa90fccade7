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

"""Rows: to insert, get, change and delete them by their key."""

import functools

from oslo_db import exception as db_exception
import sqlalchemy as sa
from sqlalchemy import orm

from heat.db import exception
from heat.db.sqlalchemy.api import checks
from heat.db.sqlalchemy.api import detached
from heat.db.sqlalchemy.api.insert import Insert
from heat.db.sqlalchemy.api import units
from heat.db.sqlalchemy.engine import autocommit
from heat.db.sqlalchemy.engine import facade
from heat.db.sqlalchemy.engine.prepared import FRESH
from heat.db.sqlalchemy.engine.prepared import is_prepared
from heat.db.sqlalchemy.engine.prepared import once
from heat.db.sqlalchemy.engine import write
from heat.db.sqlalchemy.types import freeze
from heat.db.sqlalchemy.types import is_stored


def insert(context, model, values, mark=(), fixed=()):
    """Check values, and store them as a new row. One INSERT.

    In one round trip where its primary key, or another that is unique, is
    known before: then a row that has this key and these values is taken for
    the one of this call, after a lost connection.

    :param values: {attribute: value}
    :param mark: names of attributes that no other call gives these values:
        they tell the row as a key does
    :param fixed: names of columns that may not be given
    :returns: the row, detached, without what it refers to
    :raises heat.db.exception.InvalidValues: a value is refused
    :raises oslo_db.exception.DBDuplicateEntry: there is a row of that key
    """
    values = checks.check(model, values, fixed, new=True)
    return write.write(context, Insert(model, values, mark))


def get(context, model, key, *related, scope=units.ALL):
    """Return a row. One SELECT.

    :param key, related, scope: as for find
    :raises heat.db.exception.NotFound: there is none
    """
    row = find(context, model, key, *related, scope=scope)
    if row is None:
        raise units.not_found(model, key)
    return row


def find(context, model, key, *related, scope=units.ALL):
    """Return a row; None if there is none. One SELECT.

    :param key: the value of its primary key, or {attribute: value} of one of
        several columns; what a column can not hold is the key of no row
    :param related: the names of relationships to what is read with it
    :param scope: the condition that the caller may see the row, the same
        object each time, and the parameters that are named in it
    """
    condition, parameters = scope
    return first(context, _by_key(model, condition, related),
                 {**parameters, **units.this_row(model, key)})


def change_if_other(context, model, key, values, *related, scope=units.ALL):
    """Write checked values to a row if any differs; return the row.

    One SELECT, and one UPDATE if need be. That writes all of them: another
    may have written since.

    :param key, related, scope: as for find
    :raises heat.db.exception.NotFound: there is none
    :raises heat.db.exception.InvalidValues: a value refers to nothing, or
        the server can not take it
    """
    row = get(context, model, key, *related, scope=scope)
    if not all(is_stored(getattr(row, name), value)
               for name, value in values.items()):
        unit = units.Change(model, key, values, scope)
        write.write(context, unit)
        for name, value in unit.values.items():
            orm.attributes.set_committed_value(row, name, freeze(value))
    return row


def delete(context, model, key, in_use=None, scope=units.ALL,
           unit=units.Delete):
    """Delete a row. One DELETE.

    :param key, scope: as for find
    :param in_use: the text of the error for a row that others refer to; None
        if nothing can
    :param unit: a class derived from units.Delete if more belongs to it
    :raises heat.db.exception.NotFound: there is none
    :raises heat.db.exception.InUse: others refer to it
    """
    try:
        write.write(context, unit(model, key, scope))
    except db_exception.DBReferenceError as error:
        if in_use is None:
            raise
        raise exception.InUse(in_use) from error


def first(context, select, parameters=None):
    """Return the first result of a SELECT of a model; None if none."""
    return next(iter(every(context, select, parameters)), None)


def every(context, select, parameters=None):
    """Return the results of a SELECT of a model.

    :param select: with the options prepared.PREPARED it needs no session,
        unless there is a transaction of the caller
    """
    if _is_alone(context, select):
        found = detached.make(select, autocommit.fetch(select, parameters))
    else:
        found = autocommit.read(context, lambda session: session.execute(
            select, parameters).unique().all())
    return detached.relate(select, found)


def count(context, select, parameters=None):
    """Return how many results a SELECT of one model has."""
    return first_values(context, _counting(select), parameters)[0]


def first_values(context, select, parameters=None):
    """Return the values of the first row of a SELECT; None if none."""
    return next(iter(every_values(context, select, parameters)), None)


def every_values(context, select, parameters=None):
    """Return the values of the rows of a SELECT.

    :param select: as for every
    """
    if _is_alone(context, select):
        return autocommit.fetch(select, parameters)
    return autocommit.read(context, lambda session: session.execute(
        select, parameters).all())


def _is_alone(context, select):
    return is_prepared(select) and not facade.in_transaction(context)


@once
def _counting(select):
    return select.with_only_columns(
        sa.func.count(), maintain_column_froms=True)


@functools.lru_cache(maxsize=256)
def _by_key(model, condition, related):
    return detached.select_with(model, *related).where(
        units.is_this_row(model, condition)).execution_options(**FRESH)
