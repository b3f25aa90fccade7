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

"""Keeps programs running while it is wanted, and then leaves no trace of them.

As a program, it becomes the user that is named, makes a directory and prints
its name. Each line it reads is a command to start, a JSON list; it prints the
process id. At the end of its input, which comes also when the process that
writes it is killed, it kills all that it has started, with all their
descendants, and removes the directory.
"""

import contextlib
import ctypes
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
LOG = 'log'  # in the directory: what the programs print

_libc = ctypes.CDLL(None)


def main():
    _become(pwd.getpwnam(sys.argv[1]))
    # Orphans of its children become its own children.
    _libc.prctl(PR_SET_CHILD_SUBREAPER, 1)
    signal.signal(signal.SIGCHLD, _reap)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    directory = tempfile.mkdtemp(prefix='heat-galera-')
    try:
        with open(os.path.join(directory, LOG), 'ab') as log:
            print(directory, flush=True)
            for line in sys.stdin:
                print(_start(json.loads(line), log), flush=True)
    finally:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        _kill_children()
        shutil.rmtree(directory, ignore_errors=True)


def _become(user):
    if os.getuid() == 0:
        os.setgroups([])
        os.setgid(user.pw_gid)
        os.setuid(user.pw_uid)


def _start(command, log):
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        preexec_fn=lambda: _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)).pid


def _reap(*_):
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _kill_children():
    """Kill until there are none: each leaves its own behind."""
    with contextlib.suppress(ChildProcessError):
        while True:
            for pid in filter(str.isdigit, os.listdir('/proc')):
                if _is_child(pid):
                    os.kill(int(pid), signal.SIGKILL)
            os.wait()


def _is_child(pid):
    try:
        with open('/proc/%s/stat' % pid) as stat:
            # The name before it may contain anything.
            return int(stat.read().rpartition(')')[2].split()[1]) == (
                os.getpid())
    except (FileNotFoundError, ProcessLookupError):
        return False


if __name__ == '__main__':
    main()
