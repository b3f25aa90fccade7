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

"""Sync points: where a node of a traversal collects what it waits for.

They belong to no tenant: who has the key of one may read and change it. The
key is entity_id, the id of a resource, as a number or as a text, or that of
the stack; traversal_id; and is_update.
"""

import functools

import sqlalchemy as sa

from heat.db import exception
from heat.db.sqlalchemy.api import checks
from heat.db.sqlalchemy.api import rows
from heat.db.sqlalchemy.api import swap
from heat.db.sqlalchemy.comparison import as_id
from heat.db.sqlalchemy.comparison import same_as
from heat.db.sqlalchemy.engine import galera
from heat.db.sqlalchemy.engine import write
from heat.db.sqlalchemy.models import now
from heat.db.sqlalchemy.models import SyncPoint


def sync_point_create(context, values):
    """Store a new sync point. One INSERT, in one round trip.

    After a lost connection, one that has this key and these values is taken
    for the one of this call.

    :param context: a RequestContext
    :param values: a dictionary of attributes of models.SyncPoint. Heat's
        engines begin with the atomic_key 0 and the input_data {}
    :returns: the models.SyncPoint
    :raises heat.db.exception.InvalidValues: a value is refused, or there is
        no such stack
    :raises oslo_db.exception.DBDuplicateEntry: there is one of that key
    :raises oslo_db.exception.DBError: as the database says
    """
    checks.check_dictionary('values', values)
    if 'entity_id' in values:
        values = {**values, 'entity_id': _as_text(values['entity_id'])}
    return rows.insert(context, SyncPoint, values)


def sync_point_get(context, entity_id, traversal_id, is_update):
    """Return a sync point. One SELECT, in one round trip.

    :param context: a RequestContext
    :returns: the models.SyncPoint; None if there is none, as when its
        traversal is over
    :raises oslo_db.exception.DBError: as the database says
    """
    return rows.find(context, SyncPoint,
                     key(entity_id, traversal_id, is_update))


def sync_point_update_input_data(context, entity_id, traversal_id, is_update,
                                 atomic_key, input_data):
    """Write what a sync point has collected, if nobody has since it was read.

    One UPDATE, in one round trip. Of all callers that have read the same,
    exactly one succeeds. Who only adds to what is there need not read and
    compare: see sync_point_add_input.

    Repeated like stack_update. After a lost connection, a sync point that
    has the next atomic_key and this input_data is taken for that of this
    call: another that has written the very same has left nothing to write.

    :param context: a RequestContext
    :param atomic_key: that of the sync point when it was read; it is stored
        plus one
    :param input_data: all of it, as JSON; None is NULL
    :returns: True
    :raises heat.db.exception.SyncPointConflict: another was first; it has
        what is stored now. One SELECT more
    :raises heat.db.exception.NotFound: there is none: its traversal is over.
        One SELECT more
    :raises heat.db.exception.InvalidValues: a value is refused
    :raises oslo_db.exception.DBError: as the database says
    """
    checks.check(SyncPoint, {'atomic_key': atomic_key})
    values = checks.check(SyncPoint, {
        'atomic_key': atomic_key + 1, 'input_data': input_data})
    this = key(entity_id, traversal_id, is_update)
    return swap.swap(
        context, SyncPoint, this, {'atomic_key': atomic_key},
        {'updated_at': now(), **values},
        lost=lambda actual, stored: exception.SyncPointConflict(
            this, atomic_key, actual, stored),
        reported=('atomic_key', 'input_data'), mark=values)


def sync_point_delete_all_by_stack_and_traversal(context, stack_id,
                                                 traversal_id):
    """Delete the sync points of a traversal of a stack.

    One DELETE in a transaction. Repeated like stack_update, also after a
    lost connection.

    :param context: a RequestContext
    :returns: how many there were
    :raises oslo_db.exception.DBError: as the database says
    """
    return write.write(context, _DeleteAll({
        'this_stack': as_id(stack_id),
        'this_traversal': as_id(traversal_id)}))


def delete_of_stack(context, stack_id):
    """Delete the sync points of all traversals of a stack. One DELETE."""
    write.write(context, _DeleteAll({'this_stack': as_id(stack_id)}))


def key(entity_id, traversal_id, is_update):
    """Return the key of a sync point."""
    return {'entity_id': _as_text(entity_id), 'traversal_id': traversal_id,
            'is_update': is_update}


def _as_text(entity_id):
    return str(entity_id) if type(entity_id) is int else entity_id


class _DeleteAll(write.Unit):
    """The end of all sync points of a traversal or of a stack."""

    # A statement that commits by itself, and whose answer is lost, would
    # leave open how many there were.
    is_statement = False

    def __init__(self, these):
        self.these = these

    def work(self, execute):
        self.deleted = execute(
            _delete_all(tuple(self.these)), self.these).rowcount
        return self.deleted

    def landed(self, execute):
        is_there = execute(_any(tuple(self.these)), self.these).first()
        return None if is_there else self.deleted


_COLUMNS = {'this_stack': SyncPoint.stack_id,
            'this_traversal': SyncPoint.traversal_id}


def _of(these):
    return [same_as(_COLUMNS[name], name) for name in these]


@functools.cache
def _delete_all(these):
    return sa.delete(SyncPoint.__table__).where(*_of(these))


@functools.cache
def _any(these):
    return sa.select(SyncPoint.entity_id).where(
        *_of(these)).limit(1).execution_options(**galera.UP_TO_DATE)
