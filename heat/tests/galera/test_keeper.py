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

"""What is started for a test is gone after it, whatever happened to it."""

import getpass
import json
import os
import shutil
import signal
import subprocess
import sys

import testtools

from heat.tests.galera import keeper
from heat.tests.galera import server

# A program that leaves an orphan behind, and both ignore being asked to end.
ORPHAN = ['sh', '-c', 'trap "" TERM INT HUP; (sleep 600 & echo $! >%s); '
          'sleep 600']
# A test: it starts a keeper and the program, and tells about it.
TEST = """
import json, subprocess, sys, time
keeper = subprocess.Popen(
    [sys.executable] + sys.argv[1:3], start_new_session=True, text=True,
    stdin=subprocess.PIPE, stdout=subprocess.PIPE)
directory = keeper.stdout.readline().strip()
command = json.loads(sys.argv[3])
command[2] %= directory + '/orphan'
print(json.dumps(command), file=keeper.stdin, flush=True)
print(json.dumps([directory, int(keeper.stdout.readline()), keeper.pid]),
      flush=True)
time.sleep(600)
"""


def is_running(pid):
    try:
        with open('/proc/%d/stat' % pid) as stat:
            return stat.read().rpartition(')')[2].split()[0] != 'Z'
    except FileNotFoundError:
        return False


class KeeperTest(testtools.TestCase):

    def setUp(self):
        super().setUp()
        self.test = subprocess.Popen(
            [sys.executable, '-c', TEST, keeper.__file__,
             getpass.getuser(), json.dumps(ORPHAN)],
            text=True, stdout=subprocess.PIPE)
        self.addCleanup(self.test.stdout.close)
        self.addCleanup(self.test.wait)
        self.addCleanup(self.test.kill)
        self.directory, *pids = json.loads(self.test.stdout.readline())
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        orphan = os.path.join(self.directory, 'orphan')
        server.wait_for(lambda: os.path.exists(orphan) and
                        os.path.getsize(orphan), 'there is an orphan')
        with open(orphan) as file:
            self.pids = [*pids, int(file.read())]
        self.keeper = pids[-1]
        self.assertEqual([True] * 3, list(map(is_running, self.pids)))

    def assert_no_trace(self):
        server.wait_for(lambda: not any(map(is_running, self.pids)) and
                        not os.path.exists(self.directory), 'all is gone')

    def test_test_is_killed(self):
        self.test.kill()
        self.assert_no_trace()

    def test_keeper_is_asked_to_end(self):
        os.kill(self.keeper, signal.SIGTERM)
        self.assert_no_trace()

    def test_keeper_is_killed(self):
        """What it started itself does not survive it."""
        os.kill(self.keeper, signal.SIGKILL)
        server.wait_for(lambda: not any(map(is_running, self.pids[:2])),
                        'the servers are gone')
        os.kill(self.pids[2], signal.SIGKILL)
