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

"""One purge of [database] connection by any heat.db.api.

Heat 25's own may be it, so this imports nothing of this package:
benchmarks.purge runs it as a program.
"""

import json
import signal
import sys
import time

from heat.db import api
from oslo_config import cfg


class TimeIsUp(BaseException):
    """No layer takes it for an error of the database."""


def main(age, limit):
    """Purge what is so many days old, for so many seconds; 0 is no limit."""
    def end(number, frame):
        raise TimeIsUp()

    cfg.CONF([], project='heat', default_config_files=[],
             default_config_dirs=[])
    signal.signal(signal.SIGALRM, end)
    start = time.monotonic()
    signal.alarm(int(limit))
    try:
        api.purge_deleted(int(age), 'days', None, 20)
    except TimeIsUp:
        pass
    signal.alarm(0)
    return {'start': start, 'end': time.monotonic(),
            'memory_mib': peak_memory()}


def peak_memory():
    """Return the most memory that this process had so far, in MiB."""
    # That of getrusage() begins with what the parent had.
    with open('/proc/self/status') as lines:
        for line in lines:
            if line.startswith('VmHWM:'):
                return int(line.split()[1]) / 1024


if __name__ == '__main__':
    json.dump(main(*sys.argv[1:]), sys.stdout)
