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

"""Telling whether a process of this machine still runs."""

import os


def identity():
    """Return what tells this process from all others, as a dict of texts."""
    return {'pid': str(os.getpid()), 'start': _start_time(os.getpid()),
            'machine': _machine()}


def is_gone(identity):
    """Tell whether a process has surely ended: False if that is unknown."""
    machine = _machine()
    return bool(machine and identity.get('machine') == machine and
                _start_time(identity.get('pid')) != identity.get('start'))


def _machine():
    """Return what is the same for all processes that see each other."""
    try:
        with open('/proc/sys/kernel/random/boot_id') as boot_id:
            # A container has process numbers of its own.
            return boot_id.read().strip() + os.readlink('/proc/self/ns/pid')
    except OSError:
        return ''


def _start_time(pid):
    """Return when a process started, in a unit of the kernel; '' if ended."""
    try:
        with open('/proc/%s/stat' % pid) as stat:
            # See proc(5); the name, in brackets, may hold anything.
            state, *fields = stat.read().rpartition(')')[2].split()
    except OSError:
        return ''
    return '' if state in 'ZX' else fields[18]
