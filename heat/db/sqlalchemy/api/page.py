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

"""Pages of lists: rows in a total order, so many of them, behind another."""

import weakref

from oslo_db import exception as db_exception
import sqlalchemy as sa
from sqlalchemy import orm

from heat.db.sqlalchemy.api import detached
from heat.db.sqlalchemy.api import rows
from heat.db.sqlalchemy.comparison import as_id
from heat.db.sqlalchemy.comparison import same_as
from heat.db.sqlalchemy.engine import errors
from heat.db.sqlalchemy.engine import facade
from heat.db.sqlalchemy.engine.prepared import once

# Parameters of a page: the values of the last row before it.
_LAST = 'last_%d'

# The names of indexes that the database of an Engine does not have.
_lacking = weakref.WeakKeyDictionary()


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


def read(context, query, parameters, order, descending, limit=None, last=None,
         index=None, related=(), is_filtered=False):
    """Return the rows of a page, in order, NULLs last. One SELECT.

    :param query: of a model; what is PREPARED makes a page that is
    :param parameters: those that are named in query
    :param order: columns; together they tell all rows apart
    :param limit: how many rows it has at most; None is no limit
    :param last: the values of order in the last row of the page before; None
        is the first page
    :param index: the columns of an index that db_sync makes: first those by
        which the query chooses rows, at last those of order; None if there is
        no such index
    :param related: the names of relationships to what is read with each row
    :param is_filtered: whether the query has conditions for which another
        index may serve better
    """
    order = tuple(order)
    parameters = {**parameters, 'limit': limit}
    for number, value in enumerate(last or ()):
        if value is not None:
            parameters[_LAST % number] = value
    shape = (order, descending, limit is not None,
             last and tuple(value is None for value in last), tuple(related))
    is_indexed = (limit is not None and index is not None and
                  len(order) == 2 and order[0] is index[-2])

    def fetch(query):
        return rows.every(context, _page(query, *shape, is_indexed),
                          parameters)[:limit]

    if is_indexed and not is_filtered:
        return by_index(fetch, query, index)
    return fetch(query)


@once
def _page(query, order, descending, has_limit, is_null, related, is_indexed):
    """Return the query of a page; by an index, it may find some rows more.

    :param is_null: which of the last values are NULL, or None
    """
    limit = sa.bindparam('limit', type_=sa.Integer()) if has_limit else None
    last = is_null and [
        None if null else sa.bindparam(_LAST % number, type_=column.type)
        for number, (null, column) in enumerate(zip(is_null, order))]
    options = query.get_execution_options()
    model = order[0].class_
    if is_indexed:
        query = _indexed_rows(query, order, descending, limit, last)
    else:
        query = _ordered(_behind(query, last, order, descending), order,
                         descending).limit(limit)
    if is_indexed or related and has_limit:
        # The limit is of rows, whatever belongs to them.
        model = orm.aliased(model, query.subquery())
        query = _ordered(sa.select(model), _of(model, order), descending)
    return detached.join(query.execution_options(**options), model, related)


def by_index(fetch, query, index):
    """Return what a function reads, with a query that names an index to MySQL.

    Where many rows are of one tenant, MySQL would choose another index, and
    read all that is before a page, or all nested stacks to count the others.
    If there is no such index, it refuses the query, which does not name the
    index from then on.

    :param fetch: the function of a query
    :param index: the columns of an index that db_sync makes
    """
    lacking = _lacking.setdefault(facade.get_engine(), set())
    model = index[0].class_
    name = '_'.join(('ix', model.__tablename__,
                     *(column.key for column in index)))
    if name in lacking:
        return fetch(query)
    try:
        return fetch(_hinted(query, model, name))
    except db_exception.DBError as error:
        if not errors.is_unknown_index(error):
            raise
        lacking.add(name)
        return fetch(query)


@once
def _hinted(query, model, name):
    return query.with_hint(model, 'FORCE INDEX (%s)' % name, 'mysql')


def _indexed_rows(query, order, descending, limit, last):
    """Return the query of the rows of a page of which an index has the order.

    Put together of those that have a value and those that have NULL: no index
    has NULLs last in both directions. From either, the server reads no more
    rows than the page can have, so it may be twice as many as that.

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
    return sa.union_all(*(
        sa.select(part.limit(limit).subquery()) for part in parts))


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
