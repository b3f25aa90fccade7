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

"""How fast maintenance may go on, and for how long."""

import time

from heat.common.i18n import _
from heat.db.sqlalchemy.engine import autocommit
from heat.db.sqlalchemy.engine import galera

# Seconds: between two looks at a cluster that holds its writers back, and for
# all of them. Then one batch is done: others may keep it as busy for hours.
INTERVAL = 0.5
LONGEST = 10

# Seconds: the first of growing pauses between looks at a replica, which most
# often has done all by then.
FIRST = 0.01

# Write sets that a node has yet to apply. A cluster holds writers back from
# some hundreds on, or with gcs.fc_limit of older releases from 16.
QUEUE = 10


class Pace:
    """The breaks between the batches of a purge.

    :param max_time: the seconds after which it ends; None is no end
    :param sleep: the seconds of each break
    :param waiting: called with a text when it waits for something else
    :param replica: a Replica to wait for, or None
    :ivar deleted: the column and the keys of rows that were deleted last
    """

    def __init__(self, max_time, sleep, waiting, replica=None):
        self._deadline = max_time is not None and time.monotonic() + max_time
        self._sleep = 0
        self._next_sleep = sleep
        self._waiting = waiting
        self._paused = None
        self._replica = replica
        self.deleted = None

    def goes_on(self):
        """Make a break before a batch; tell whether there is time for it."""
        if self._is_over(self._sleep):
            return False
        time.sleep(self._sleep)
        self._sleep = self._next_sleep
        self._wait_for_cluster()
        return self._wait_for_replica() and not self._is_over()

    def _is_over(self, seconds=0):
        return self._deadline is not False and (
            time.monotonic() + seconds >= self._deadline)

    def _wait_for_cluster(self):
        end = time.monotonic() + LONGEST
        while self._is_held_back() and time.monotonic() < end and (
                not self._is_over(INTERVAL)):
            self._waiting(_('the cluster holds its writers back (flow '
                            'control)'))
            time.sleep(INTERVAL)

    def _wait_for_replica(self):
        """Tell whether there was time for it."""
        pause = FIRST
        while self.deleted and self._replica and (
                not self._replica.has_deleted(*self.deleted)):
            if self._is_over(pause):
                return False
            if pause >= INTERVAL:
                self._waiting(_('the replica has not deleted yet what the '
                                'server has'))
            time.sleep(pause)
            pause = min(2 * pause, INTERVAL)
        return True

    def _is_held_back(self):
        with autocommit.connection() as connection:
            found = galera.flow_control(connection)
        if found is None:
            return False
        paused, queue = found
        has_grown = self._paused is not None and paused > self._paused
        self._paused = paused
        return has_grown or queue > QUEUE
