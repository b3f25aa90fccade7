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

"""The lock of a resource: which engine has it, and its key.

While an engine works on a resource, the row names it in engine_id. Who takes
the lock, gives it back or writes without it names the atomic_key that it has
read, and moves it on: of all that have read the same, one is first.
"""

import enum

from heat.db import exception
from heat.db.sqlalchemy.api import checks
from heat.db.sqlalchemy.models import Resource


class Expectation(enum.Enum):
    """What a caller may expect in place of an engine."""

    ANY_ENGINE = 'any engine'


ANY_ENGINE = Expectation.ANY_ENGINE

# What only these functions set.
FIXED = ('id', 'created_at', 'atomic_key')


def check_engine(expected_engine_id):
    """Refuse what can be no engine.

    :raises heat.db.exception.InvalidValues: it names the argument
    """
    if expected_engine_id is not ANY_ENGINE:
        checks.check_value(Resource, 'engine_id', expected_engine_id,
                           'expected_engine_id')


def next_key(atomic_key):
    """Return the key that follows.

    :param atomic_key: None is that of a resource that was never locked
    :raises heat.db.exception.InvalidValues: it is none, or none follows
    """
    checks.check_value(Resource, 'atomic_key', atomic_key)
    following = 1 if atomic_key is None else atomic_key + 1
    checks.check_value(Resource, 'atomic_key', following)
    return following


def arguments(resource_id, **expected):
    """Return what a Swap of a resource has to be told of it.

    :param expected: {attribute: value}; of an engine_id that is ANY_ENGINE,
        nothing is expected
    """
    expected = {name: value for name, value in expected.items()
                if value is not ANY_ENGINE}
    reported = tuple(dict.fromkeys((*expected, 'atomic_key', 'engine_id')))
    return {
        'model': Resource, 'key': {'id': resource_id}, 'expected': expected,
        'lost': lambda *actual: exception.ResourceConflict(
            resource_id, expected, dict(zip(reported, actual))),
        'reported': reported}
