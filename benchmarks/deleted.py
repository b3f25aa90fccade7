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

"""Many stacks that were deleted softly, with what belongs to them."""

import datetime
import functools

import sqlalchemy as sa

from benchmarks import stacks
from heat.db.sqlalchemy import models

# As many turns as a purge of all takes.
TURNS = 10
# Days: for how long the last ones are deleted.
YOUNGEST = 100

# Rows of each stack besides its events, of which each names properties.
OTHER_ROWS = 7


def age(turn):
    """Return at which age, in days, the stacks of a turn are purged."""
    return YOUNGEST + TURNS - turn


def make(url, live, deleted, events, tell):
    """Fill a database that is there and empty.

    Stacks with ten neighbouring numbers, one above the others, are deleted at
    the same time.

    :param live: how many stacks are not deleted; their numbers are the first
    :param deleted: how many are, one part after another
    :param events: how many each stack has
    :param tell: called with the number of stacks that are there
    """
    def named(part, number, top, is_top):
        """Return the id of properties that an event names."""
        return 1 + part + events * sa.cast(number, sa.Integer)

    def properties(part, *stack):
        return {'id': named(part, *stack), 'created_at': sa.func.now(),
                'data': stacks.PARAMETERS, 'encrypted': sa.false()}

    def event(part, *stack):
        return {**stacks.events(part, *stack),
                'rsrc_prop_data_id': named(part, *stack)}

    def resource(*stack):
        return {**stacks.resources(*stack),
                'rsrc_prop_data_id': named(0, *stack)}

    def of_each(name, values):
        return [(name, functools.partial(values, part))
                for part in range(events)]

    stacks.make(url, live + deleted, tell, [
        ('raw_template_files', _files), ('raw_template', _templates),
        ('raw_template', functools.partial(_previous, live + deleted)),
        ('user_creds', _credentials),
        ('stack', functools.partial(_stacks, live, live + deleted)),
        *of_each('resource_properties_data', properties),
        ('resource', resource), *of_each('event', event),
        ('stack_tag', _tags)])


def _id(number):
    return 1 + sa.cast(number, sa.Integer)


def _files(number, top, is_top):
    return {'id': _id(number), 'created_at': sa.func.now(),
            'files': stacks.PARAMETERS}


def _templates(number, top, is_top):
    return {**stacks.templates(number, top, is_top), 'files_id': _id(number)}


def _previous(total, number, top, is_top):
    return {**stacks.templates(number, top, is_top),
            'id': total + _id(number)}


def _credentials(number, top, is_top):
    return {'id': _id(number), 'created_at': sa.func.now(),
            'username': 'operator', 'tenant_id': stacks.key(number)}


def _stacks(live, total, number, top, is_top):
    deleted_at = sa.case(
        {'%d' % digit: _deleted_at(digit % TURNS) for digit in range(10)},
        value=sa.func.substr(number, 7, 1))
    return {**stacks.stack_rows(number, top, is_top),
            'prev_raw_template_id': total + _id(number),
            'user_creds_id': _id(number),
            'deleted_at': sa.case((number < '%08d' % live, None),
                                  else_=deleted_at)}


def _deleted_at(turn):
    return sa.literal(models.now() - datetime.timedelta(days=age(turn) + 0.5))


def _tags(number, top, is_top):
    return {'created_at': sa.func.now(), 'stack_id': stacks.key(number),
            'tag': 'tag'}
