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

"""Lists: rows that match filters, in a total order, page by page."""

import weakref

from oslo_db import exception as db_exception
import sqlalchemy as sa
from sqlalchemy import orm

from heat.common.i18n import _
from heat.db import exception
from heat.db.sqlalchemy.api import checks
from heat.db.sqlalchemy.api import detached
from heat.db.sqlalchemy.api import rows
from heat.db.sqlalchemy.comparison import any_of
from heat.db.sqlalchemy.comparison import as_id
from heat.db.sqlalchemy.comparison import same_as
from heat.db.sqlalchemy.engine import errors
from heat.db.sqlalchemy.engine import facade
from heat.db.sqlalchemy.engine.prepared import once
from heat.db.sqlalchemy.engine.prepared import UNPREPARED
from heat.db.sqlalchemy.models import columns

# SQLite takes 32,766 parameters at most, and a longer list is a mistake.
MOST_VALUES = 10000

# Parameters of a page: the values of the last row before it.
_LAST = 'last_%d'

# The names of indexes that the database of an Engine does not have.
_lacking = weakref.WeakKeyDictionary()


def matching(model, filters):
    """Return the conditions that a row is as filters say.

    :param filters: {attribute: value}, where None is NULL and a list, a tuple
        or a set has the values of which one is enough; None is no filter
    :raises heat.db.exception.InvalidValues: an attribute is unknown, or a
        value is none that its column can have
    """
    if filters is None:
        return []
    checks.check_dictionary('filters', filters)
    return [_matches(model, key, value) for key, value in filters.items()]


def _matches(model, key, value):
    values = (list(value) if isinstance(value, (list, tuple, set, frozenset))
              else [value])
    if len(values) > MOST_VALUES:
        raise exception.InvalidValues(
            _('has more than %d values') % MOST_VALUES, [str(key)])
    for one in values:
        checks.check_value(model, key, one)
    column = columns(model)[key]
    present = [one for one in values if one is not None]
    conditions = [column.is_(None)] if len(present) < len(values) else []
    if present:
        conditions.append(any_of(column, present))
    return sa.or_(sa.false(), *conditions)


def sort_columns(sort_keys, known, default):
    """Return the columns to sort by.

    :param sort_keys: a list of names, or one name; unknown ones are ignored
    :param known: {name: column}
    :param default: the column if sort_keys is None or empty
    :raises heat.db.exception.InvalidValues: sort_keys is neither
    """
    if isinstance(sort_keys, str):
        sort_keys = [sort_keys]
    if not (sort_keys is None or isinstance(sort_keys, (list, tuple)) and
            all(isinstance(key, str) for key in sort_keys)):
        raise exception.InvalidValues(_('must be a list of texts'),
                                      ['sort_keys'])
    if not sort_keys:
        return [default]
    return [known[key] for key in sort_keys if key in known]


def is_descending(sort_dir, default):
    """Tell whether an order is descending.

    :param sort_dir: asc or desc; None is the default
    :raises heat.db.exception.InvalidValues: it is something else
    """
    if sort_dir not in (None, 'asc', 'desc'):
        raise exception.InvalidValues(_('must be asc or desc'), ['sort_dir'])
    return default if sort_dir is None else sort_dir == 'desc'


def filtered(query, conditions):
    """Return a query with more conditions, which are made for one call."""
    return query.where(*conditions).execution_options(
        **UNPREPARED) if conditions else query


def find_last(context, query, column, marker, order, parameters):
    """Return what a page begins behind: the values of order; None if nothing.

    One SELECT, unless there is no marker.

    :param query: of all rows that there may be on any page
    :param column: what tells the last row of the page before by a marker
    :param parameters: those that are named in query
    """
    if marker is None:
        return None
    return rows.first_values(context, _of_marker(query, column, tuple(order)),
                             {**parameters, 'marker': as_id(marker)})


@once
def _of_marker(query, column, order):
    return query.where(same_as(column, 'marker')).with_only_columns(*order)


def read_page(read, query, order, descending, limit=None, last=None,
              index=None, related=(), is_filtered=False):
    """Return what a function reads of a page: in order, NULLs last.

    :param read: a function of the query of the page, and of parameters that
        are named in it
    :param query: what is PREPARED makes a page that is
    :param order: columns; together they tell all rows apart
    :param limit: how many rows it has at most; None is no limit
    :param last: the values of order in the last row of the page before; None
        is the first page
    :param index: the columns of an index of db_sync that has what the query
        is of, in the order of the last two, NULLs included; or None
    :param related: the names of relationships to what is read with each row
    :param is_filtered: another index may serve better
    """
    order = tuple(order)
    parameters = {} if limit is None else {'limit': limit}
    for number, value in enumerate(last or ()):
        if value is not None:
            parameters[_LAST % number] = value
    shape = (order, descending, limit is not None,
             last and tuple(value is None for value in last), tuple(related))
    if (limit is None or index is None or len(order) != 2 or
            order[0] is not index[-2]):
        return read(_page(query, *shape), parameters)

    def read_of(query):
        return read(_page(query, *shape, True), parameters)

    return read_of(query) if is_filtered else by_index(read_of, query, index)


@once
def _page(query, order, descending, has_limit, is_null, related,
          is_indexed=False):
    """Return the query of a page.

    :param is_null: which of the last values are NULL, or None
    """
    limit = sa.bindparam('limit', type_=sa.Integer()) if has_limit else None
    last = is_null and [
        None if null else sa.bindparam(_LAST % number, type_=column.type)
        for number, (null, column) in enumerate(zip(is_null, order))]
    options = query.get_execution_options()
    model = order[0].class_
    if is_indexed:
        query = _indexed_page(query, order, descending, limit, last)
    else:
        query = _ordered(_behind(query, last, order, descending), order,
                         descending).limit(limit)
    if related and has_limit:
        # The limit is of rows, whatever belongs to them.
        model = orm.aliased(model, query.subquery())
        query = _ordered(sa.select(model), _of(model, order), descending)
    return detached.join(query.execution_options(**options), model, related)


def by_index(read, query, index):
    """Return what a function reads of a query, by an index if it is there.

    Where many rows are of one tenant, MySQL takes another one, and reads all
    that is before a page, or all nested stacks to count the others. If the
    index was left out, the server refuses to be told, and is not told again.

    :param index: the columns of an index of db_sync
    """
    lacking = _lacking.setdefault(facade.get_engine(), set())
    model = index[0].class_
    name = '_'.join(('ix', model.__tablename__,
                     *(column.key for column in index)))
    if name in lacking:
        return read(query)
    try:
        return read(_hinted(query, model, name))
    except db_exception.DBError as error:
        if not errors.is_unknown_index(error):
            raise
        lacking.add(name)
        return read(query)


@once
def _hinted(query, model, name):
    return query.with_hint(model, 'FORCE INDEX (%s)' % name, 'mysql')


def _indexed_page(query, order, descending, limit, last):
    """Return the query of a page of which an index has the order.

    The same rows as of other pages, put together of those that have a value
    and those that have NULL: no index has NULLs last in both directions. From
    either, the server reads no more rows than the page can have.

    :param order: a column that may be NULL, and the primary key
    """
    column, key = order
    empty = query.where(column.is_(None))
    if last is not None and last[0] is None:
        return _ordered(_behind(empty, last[1:], [key], descending), [key],
                        descending).limit(limit)
    filled = query.where(column.is_not(None))
    if last is not None:
        # With this alone, the server knows where in the index to begin.
        begin = column <= last[0] if descending else column >= last[0]
        filled = _behind(filled.where(begin), last, order, descending)
    parts = (filled.order_by(*(_directed(each, descending)
                               for each in order)),
             empty.order_by(_directed(key, descending)))
    row = orm.aliased(key.class_, sa.union_all(*(
        sa.select(part.limit(limit).subquery()) for part in parts)).subquery())
    return _ordered(sa.select(row), _of(row, order), descending).limit(limit)


def _of(entity, order):
    return [getattr(entity, column.key) for column in order]


def _ordered(query, order, descending):
    """Return a query in order, NULLs last."""
    for column in order:
        if column.nullable:
            query = query.order_by(column.is_(None))
        query = query.order_by(_directed(column, descending))
    return query


def _directed(column, descending):
    return column.desc() if descending else column.asc()


def _behind(query, last, order, descending):
    """Return a query of the rows that come after another one, if any."""
    if last is None:
        return query
    conditions = []
    alike = []
    for column, value in zip(order, last):
        if value is not None:
            later = column < value if descending else column > value
            if column.nullable:
                later = sa.or_(later, column.is_(None))
            conditions.append(sa.and_(*alike, later))
        alike.append(column == value)
    return query.where(sa.or_(*conditions))
