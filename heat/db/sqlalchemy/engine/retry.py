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

"""Trying again what a database refuses for the moment; see errors.py."""

import time

from oslo_db import api
from oslo_db import exception as db_exception

from heat.db import exception
from heat.db.sqlalchemy.engine import options

# The first pause, in seconds; [database] db_max_retry_interval is the longest.
FIRST_PAUSE = 0.05

# oslo.db before 17 has no class for MariaDB's 1020.
_TRANSIENT = (db_exception.DBDeadlock, db_exception.DBConnectionError,
              getattr(db_exception, 'DBConsistencyError',
                      db_exception.DBDeadlock))


def retry(function):
    """Call a function until the database lets it do its work.

    A lost connection is followed by a new one at once: the sooner it is asked
    what came of the call, the less has changed. All other repetitions follow
    a pause; pauses are random and grow. It gives up after [database]
    db_max_retries of them, or when as many of [database]
    db_max_retry_interval would have passed, whatever is first: about ten
    seconds by default.

    :param function: one whole transaction, safe to repeat even if a lost
        connection leaves open whether it was committed
    :returns: what the function returns
    :raises: what the function raises, if it is no reason to try again, or
        was still raised the last time
    """
    start = time.monotonic()
    try:
        try:
            return function()
        except db_exception.DBConnectionError as error:
            if not (options.get('db_max_retries') and _is_transient(error)):
                raise
            return function()
    except (*_TRANSIENT, db_exception.RetryRequest) as error:
        return _repeat(function, error, start)


def _is_transient(error):
    return (isinstance(error, _TRANSIENT) and
            not isinstance(error, exception.OutcomeUnknown))


def _repeat(function, error, start):
    """Go on after a first error; most calls have none, and no time to lose."""
    retries = options.get('db_max_retries')
    longest = options.get('db_max_retry_interval')
    deadline = start + retries * longest
    errors = [error]

    @api.wrap_db_retry(
        retry_interval=FIRST_PAUSE,
        max_retries=retries,
        inc_retry_interval=options.get('db_inc_retry_interval'),
        max_retry_interval=longest,
        jitter=True,
        exception_checker=lambda error: (
            _is_transient(error) and time.monotonic() < deadline))
    def repeat():
        if errors:
            raise errors.pop()
        return function()

    return repeat()
