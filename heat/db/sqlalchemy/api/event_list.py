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

"""Events listed page by page, and counted."""

import functools

import sqlalchemy as sa

from heat.db.sqlalchemy.api import checks
from heat.db.sqlalchemy.api import fence
from heat.db.sqlalchemy.api import listing
from heat.db.sqlalchemy.api import page
from heat.db.sqlalchemy.api import rows
from heat.db.sqlalchemy.comparison import as_id
from heat.db.sqlalchemy.comparison import same_as
from heat.db.sqlalchemy.engine.prepared import FRESH
from heat.db.sqlalchemy.models import Event
from heat.db.sqlalchemy.models import Stack

SORT_KEYS = {'event_time': Event.created_at,
             'resource_type': Event.resource_type}


def event_get_all_by_stack(context, stack_id, limit=None, marker=None,
                           sort_keys=None, sort_dir=None, filters=None):
    """Return events of a stack in order. One SELECT, two with a marker.

    NULLs come last, and events that are equal in order of their ids.

    :param context: a RequestContext
    :param stack_id: the id of the stack, which may be soft-deleted
    :param limit: how many events to return at most; None is all
    :param marker: the uuid of the last event of the page before; None, or a
        uuid of none of these events, is the first page
    :param sort_keys: a list of event_time and resource_type, or one of them;
        others are ignored. None is event_time
    :param sort_dir: asc or desc; None is asc, or desc without sort_keys
    :param filters: a dictionary of attributes of models.Event with the value
        that each must have, or a list of such values; None is no filter.
        With uuid, rsrc_prop_data is loaded
    :returns: a list of models.Event
    :raises heat.db.exception.InvalidValues: limit, sort_keys, sort_dir or
        a filter is refused
    :raises oslo_db.exception.DBError: as the database says
    """
    return _page(context, _of_stack(), limit, marker, sort_keys, sort_dir,
                 filters, {'this_stack': as_id(stack_id)},
                 (Event.stack_id, Event.created_at, Event.id))


def event_get_all_by_tenant(context, limit=None, marker=None, sort_keys=None,
                            sort_dir=None, filters=None):
    """Return events of live stacks in order. One SELECT, two with a marker.

    :param context: a RequestContext of the tenant that has the stacks, for
        an administrator as well
    :param limit, marker, sort_keys, sort_dir, filters: as for
        event_get_all_by_stack
    :returns: a list of models.Event
    :raises: as event_get_all_by_stack
    """
    condition, parameters = fence.owned(context, Stack)
    return _page(context, _of_tenant(condition), limit, marker, sort_keys,
                 sort_dir, filters, parameters)


def event_count_all_by_stack(context, stack_id):
    """Return the number of events of a stack. One SELECT.

    :param context: a RequestContext
    :raises oslo_db.exception.DBError: as the database says
    """
    return rows.count(context, _of_stack(), {'this_stack': as_id(stack_id)})


def _page(context, query, limit, marker, sort_keys, sort_dir, filters,
          parameters, index=None):
    checks.check_number('limit', limit)
    order = listing.sort_columns(sort_keys, SORT_KEYS, Event.created_at)
    order.append(Event.id)
    descending = listing.is_descending(sort_dir, default=not sort_keys)
    conditions = listing.matching(Event, filters)
    last = page.find_last(context, query, Event.uuid, marker, order,
                          parameters)
    has_uuid = bool(filters) and 'uuid' in filters
    return page.read(
        context, listing.filtered(query, conditions), parameters, order,
        descending, limit, last,
        # Another index finds those of a uuid.
        None if has_uuid else index,
        ('rsrc_prop_data',) if has_uuid else (), bool(filters))


@functools.cache
def _query():
    return sa.select(Event).execution_options(**FRESH)


@functools.cache
def _of_stack():
    return _query().where(same_as(Event.stack_id, 'this_stack'))


@functools.cache
def _of_tenant(condition):
    return _query().join(Stack, Stack.id == Event.stack_id).where(
        Stack.deleted_at.is_(None), condition)
