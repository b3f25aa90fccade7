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

"""Events: what happened to the resources of a stack.

They belong to no tenant: who has the id of a stack may read and add some.
"""

from heat.common.i18n import _
from heat.db import exception
from heat.db.sqlalchemy.api import checks
from heat.db.sqlalchemy.api import cut
from heat.db.sqlalchemy.api import event_purge
from heat.db.sqlalchemy.api import rows
from heat.db.sqlalchemy.comparison import is_text
from heat.db.sqlalchemy.engine import facade
from heat.db.sqlalchemy.models import Event

FIXED = ('id', 'resource_properties')


def event_create(context, values):
    """Store an event, and delete the oldest of its stack if it has too many.

    One INSERT, in one round trip. After a lost connection, an event of this
    uuid and these values is taken for the one of this call.

    A stack keeps max_events_per_stack events, besides those that others were
    about to store when they were counted. They are counted when there may be
    more: one SELECT of an index. If there are, event_purge_batch_size of the
    oldest are deleted, with the properties that nothing else refers to: one
    SELECT more, and a transaction of up to three statements. An error there
    is logged, and the event stays. Inside a transaction of the caller none
    are counted or deleted; the next event outside of one does it.

    :param context: a RequestContext
    :param values: a dictionary of attributes of models.Event; without a uuid
        it gets a new one. A resource_status_reason that is too long is cut,
        and None is ''
    :returns: the models.Event, without rsrc_prop_data
    :raises heat.db.exception.InvalidValues: a value is refused, or there is
        no such stack or no such properties
    :raises oslo_db.exception.DBDuplicateEntry: there is an event of that uuid
    :raises oslo_db.exception.DBError: as the database says
    """
    values = _by_attribute(values)
    event = rows.insert(context, Event, values, fixed=FIXED)
    if not facade.in_transaction(context):
        event_purge.keep_newest(context, event)
    return event


def _by_attribute(values):
    """Return values with the reason as its attribute has it."""
    checks.check_dictionary('values', values)
    values = dict(values)
    reason = values.pop('resource_status_reason', None)
    if not (reason is None or is_text(reason)):
        raise exception.InvalidValues(_('must be a text'),
                                      ['resource_status_reason'])
    return cut.cut(Event, {'_resource_status_reason': reason or '', **values},
                   '_resource_status_reason')
