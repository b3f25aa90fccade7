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

"""Events that are deleted because their stack has newer ones."""

import functools

from oslo_db import exception as db_exception
from oslo_log import log
import sqlalchemy as sa
from sqlalchemy import orm

from heat.db import options
from heat.db.sqlalchemy.api import listing
from heat.db.sqlalchemy.api import references
from heat.db.sqlalchemy.api import resource_attributes
from heat.db.sqlalchemy.api import rows
from heat.db.sqlalchemy.comparison import same_as
from heat.db.sqlalchemy.engine import autocommit
from heat.db.sqlalchemy.engine import write
from heat.db.sqlalchemy.models import Event
from heat.db.sqlalchemy.models import now
from heat.db.sqlalchemy.models import ResourcePropertiesData

LOG = log.getLogger(__name__)

# {id of a stack: (id of an event, how many events the stack had then)}. Each
# event has a higher id than those before: since then, no more can have come
# than the ids differ.
_counted = {}
MOST_COUNTED = 10000


def keep_newest(context, event):
    """Delete the oldest events of a stack if it has too many.

    An error is logged: the new event is stored.

    :param event: the new models.Event
    """
    most = options.get('max_events_per_stack')
    counted, number = _counted.get(event.stack_id, (0, most))
    # In another database, ids may begin again.
    if most < 1 or 0 <= event.id - counted <= most - number:
        return
    this = {'this_stack': event.stack_id, 'this_event': event.id,
            'most': most, 'more': most + 1}
    try:
        number, = rows.first_values(context, sa.select(_number()), this)
        _remember(event, number)
        if number > most:
            _delete_oldest(context, this)
    except db_exception.DBError as error:
        LOG.warning('The oldest events of stack %s could not be deleted: %s',
                    event.stack_id, error)


def _remember(event, number):
    if len(_counted) >= MOST_COUNTED:
        _counted.clear()
    _counted[event.stack_id] = event.id, number


def _delete_oldest(context, this):
    batch = min(options.get('event_purge_batch_size'), listing.MOST_VALUES)
    oldest = autocommit.read(context, lambda session: session.execute(
        _oldest(), {**this, 'batch': batch}).all())
    if oldest:
        write.write(context, _Delete(
            this['this_stack'], oldest[-1].id,
            sorted({event.rsrc_prop_data_id for event in oldest} - {None})))


class _Delete(write.Unit):
    """The end of a stack's events up to one, and of their properties.

    To repeat it does no harm.

    :param last: the id of the last event
    :param data: the ids of the properties that the events refer to
    """

    is_statement = False
    is_repeatable = True

    def __init__(self, stack_id, last, data):
        self.events = {'this_stack': stack_id, 'last': last}
        self.data = {'these_data': data}

    def work(self, execute):
        if self.data['these_data']:
            execute(_touch_data(), {**self.data, 'touched_at': now()})
        execute(_delete_events(), self.events)
        resource_attributes.delete_unused(execute, self.data['these_data'])
        return True


def _is_of_stack(event):
    return same_as(event.stack_id, 'this_stack')


@functools.cache
def _number():
    """Return how many events a stack has, as far as it matters."""
    event = orm.aliased(Event)
    some = sa.select(event.id).where(_is_of_stack(event)).limit(
        sa.bindparam('more')).subquery()
    return sa.select(sa.func.count()).select_from(some).scalar_subquery()


@functools.cache
def _oldest():
    """Return the SELECT of what is to be deleted.

    None, if another has deleted some in the meantime.
    """
    return sa.select(Event.id, Event.rsrc_prop_data_id).where(
        _is_of_stack(Event), Event.id < sa.bindparam('this_event'),
        _number() > sa.bindparam('most')).order_by(Event.id).limit(
        sa.bindparam('batch'))


@functools.cache
def _touch_data():
    data = ResourcePropertiesData.__table__
    return references.touch(data, data.c.id.in_(
        sa.bindparam('these_data', expanding=True)))


@functools.cache
def _delete_events():
    return sa.delete(Event.__table__).where(
        _is_of_stack(Event), Event.id <= sa.bindparam('last'))
