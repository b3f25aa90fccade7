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

"""One input more for a sync point, without a loop.

Heat's engines store {"input_data": {key: value, ...}} as json.dumps() writes
it. The server puts the text of an input in front of the others, as

    {"input_data": {NEW: ..., "tuple:(1, true)": ..., ...}}

and parses nothing: no key needs to be quoted for a path in JSON, and no value
comes back as something else. Whatever else is stored, and an input that is
there already, is merged here instead, and compared and swapped.
"""

import functools
import json

from oslo_db import exception as db_exception
import sqlalchemy as sa

from heat.common.i18n import _
from heat.db import exception
from heat.db.sqlalchemy.api import checks
from heat.db.sqlalchemy.api.explain import explained
from heat.db.sqlalchemy.api import json_values
from heat.db.sqlalchemy.api import swap
from heat.db.sqlalchemy.api import sync_point
from heat.db.sqlalchemy.api import units
from heat.db.sqlalchemy.comparison import AnyText
from heat.db.sqlalchemy.comparison import SameText
from heat.db.sqlalchemy.engine.prepared import PREPARED
from heat.db.sqlalchemy.engine import write
from heat.db.sqlalchemy.models import now
from heat.db.sqlalchemy.models import SyncPoint
from heat.db.sqlalchemy.types import freeze
from heat.db.sqlalchemy.types import is_stored

INPUTS = 'input_data'
# What is stored before the first input, and how it begins with one.
EMPTY = ('null', '{}', '{"input_data": {}}')
OPEN = '{"input_data": {'
# What is stored, as it is.
TEXT = sa.type_coerce(SyncPoint.input_data, sa.Text())


def sync_point_add_input(context, entity_id, traversal_id, is_update,
                         name, value, awaited):
    """Add an input to a sync point, and tell if it completes what is awaited.

    One UPDATE and one SELECT, in two round trips; there is nothing to read
    before, and no other caller to lose against. It may be mixed with
    sync_point_update_input_data: it adds one to the atomic_key.

    The answer belongs to the input: of all that are awaited, exactly one
    gets True, each time it is added. So the call can be repeated, by itself
    after a lost connection or by whoever takes over from a worker that has
    died. An input that is there is only written again with another value;
    that costs one UPDATE more.

    :param context: a RequestContext
    :param name: of the input; Heat's engines write the node (3, True) as
        'tuple:(3, True)'
    :param value: what JSON can hold
    :param awaited: the names of all inputs that the node waits for, the same
        in each call
    :returns: True if all that are awaited are there, and this one was the
        last of them to come
    :raises heat.db.exception.NotFound: there is no such sync point: its
        traversal is over
    :raises heat.db.exception.InvalidValues: an argument is refused; all
        inputs together are too large; or the sync point holds something else
        than inputs by their names
    :raises oslo_db.exception.DBError: as the database says
    """
    checks.check_texts('name', [name])
    value = checks.check_json('value', value)
    checks.check_texts('awaited', awaited)
    return write.write(context, _Addition(
        sync_point.key(entity_id, traversal_id, is_update), name, value,
        frozenset(awaited)))


class _Addition(write.Unit):
    """An input for a sync point; to add it again changes nothing.

    :param value: a types.JsonText
    """

    is_repeatable = True

    def __init__(self, key, name, value, awaited):
        self.key = key
        self.name = name
        self.value = value
        self.awaited = awaited
        self.this = units.this_row(SyncPoint, key)
        # {attribute: value} of what is there once it is added.
        self.stored = {}

    def work(self, execute):
        with explained(SyncPoint, {'value': self.value}, execute):
            is_added = execute(_add(), self._addition()).rowcount
        row = execute(_select(not is_added), self.this).first()
        if row is None:
            # Another has completed it since, and its traversal has ended.
            return False if is_added else None
        text, atomic_key = row
        self.stored = {INPUTS: json.loads(text or 'null'),
                       'atomic_key': atomic_key}
        inputs = _inputs(self.stored[INPUTS])
        if not self._is_in(inputs):
            inputs = self._merge(execute, inputs)
        return self._is_last(inputs)

    def _addition(self):
        name = json.dumps(self.name) + ':'
        text = '%s %s' % (name, self.value)
        return {'updated_at': now(), 'added_name': name, 'added': text,
                'room': json_values.MAX_JSON - len(text), **self.this}

    def _is_in(self, inputs):
        return self.name in inputs and is_stored(
            inputs[self.name], self.value)

    def _merge(self, execute, inputs):
        """Write what the UPDATE has left alone; return all inputs."""
        if self.name in inputs:
            # It stays where it is: the first one is the last to have come.
            inputs = {**inputs, self.name: freeze(self.value)}
        else:
            inputs = {self.name: freeze(self.value), **inputs}
        atomic_key = self.stored['atomic_key']
        self.stored = {
            INPUTS: {**(self.stored[INPUTS] or {}), INPUTS: inputs},
            'atomic_key': atomic_key + 1}
        values = checks.check(SyncPoint, self.stored)
        is_written = swap.Swap(
            SyncPoint, self.key, {'atomic_key': atomic_key},
            {'updated_at': now(), **values}, lost=None).work(execute)
        if not is_written:
            # Another has written since the SELECT.
            raise db_exception.RetryRequest(exception.SyncPointConflict(
                self.key, atomic_key, None, None))
        return inputs

    def _is_last(self, inputs):
        """Tell whether it is the first of those awaited: the last to come."""
        return self.awaited <= inputs.keys() and self.name == next(
            filter(self.awaited.__contains__, inputs), None)

    def refusal(self, execute, for_share=False):
        return units.not_found(SyncPoint, self.key)

    def show(self, session, result):
        units.show(session, SyncPoint, self.key, self.stored)


def _inputs(stored):
    """Return {name: value} of what a sync point holds."""
    inputs = stored
    if isinstance(stored, dict):
        inputs = stored.get(INPUTS)
    if inputs is None:
        return {}
    if not isinstance(inputs, dict):
        raise exception.InvalidValues(
            _('what the sync point holds is not inputs by their names'),
            [INPUTS])
    return inputs


@functools.cache
def _add():
    """Return the UPDATE that puts an input in front of the others."""
    is_empty = sa.or_(TEXT.is_(None), AnyText(TEXT, *map(
        sa.literal, EMPTY)))
    added = (sa.literal(OPEN) + sa.bindparam('added', type_=sa.Text()) +
             sa.case((is_empty, '}}'), else_=(
                 sa.literal(', ') + sa.func.substr(TEXT, len(OPEN) + 1))))
    others = sa.func.replace(TEXT, sa.bindparam(
        'added_name', type_=sa.Text()), '')
    can_be_added = sa.and_(
        SameText(sa.func.substr(TEXT, 1, len(OPEN) + 1),
                 sa.literal(OPEN + '"')),
        sa.func.length(TEXT) == sa.func.length(others),
        sa.func.length(TEXT) <= sa.bindparam('room', type_=sa.Integer()))
    return sa.update(SyncPoint.__table__).where(
        units.is_this_row(SyncPoint), sa.or_(is_empty, can_be_added)
    ).values(
        # For MySQL, what is larger than max_allowed_packet is NULL.
        input_data=sa.func.coalesce(added, TEXT),
        atomic_key=SyncPoint.atomic_key + 1)


@functools.cache
def _select(is_to_be_merged):
    select = sa.select(TEXT, SyncPoint.atomic_key).where(
        units.is_this_row(SyncPoint)).execution_options(**PREPARED)
    # In a caller's transaction, it could be older than the UPDATE.
    return select.with_for_update() if is_to_be_merged else select
