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

"""Trying again what others do not let one lock."""

import sys
import time

from oslo_db import api
from oslo_db import exception as db_exception

from heat.common.i18n import _
from heat.db import exception

# Seconds between two attempts: at first, and at most.
FIRST_PAUSE = 0.2
LONGEST_PAUSE = 2

# Seconds; how long to go on trying if the engine does not say.
DEFAULT_LOCK_TIMEOUT = 240

# MySQL: Query execution was interrupted. oslo.db has no class for it.
_INTERRUPTED = 1317


def patiently(engine, attempt):
    """Call a function again, until others let it have its locks.

    :raises heat.db.exception.MigrationError: they did not for the
        lock_timeout seconds that the engine has as an execution option
    """
    timeout = lock_timeout(engine)
    deadline = time.monotonic() + timeout
    try:
        return api.wrap_db_retry(
            max_retries=sys.maxsize, retry_interval=FIRST_PAUSE,
            inc_retry_interval=True, max_retry_interval=LONGEST_PAUSE,
            exception_checker=lambda error: (
                _is_lock_wait(error) and time.monotonic() < deadline),
        )(attempt)()
    except Exception as error:
        if not _is_lock_wait(error):
            raise
        raise exception.MigrationError(
            _('a transaction of someone else has locked what is to be '
              'changed, for %d seconds of trying; end it, or wait for its '
              'end, and run db_sync again') % timeout) from error


def lock_timeout(engine):
    """Return for how many seconds to try, as an execution option says."""
    return engine.get_execution_options().get(
        'lock_timeout', DEFAULT_LOCK_TIMEOUT)


def _is_lock_wait(error):
    if isinstance(error, db_exception.DBDeadlock):
        return True
    inner = getattr(error, 'inner_exception', None)
    reason = getattr(inner, 'orig', None)
    return bool(reason and reason.args and reason.args[0] == _INTERRUPTED)
