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

"""What the figures depend on, and nothing that says whose machine it is."""

from importlib import metadata
import os
import platform
import sqlite3
import subprocess

LIBRARIES = ('SQLAlchemy', 'oslo.db', 'PyMySQL', 'psycopg2-binary')


def description():
    return {
        'cores': len(os.sched_getaffinity(0)),
        'cpu': _value_in('/proc/cpuinfo', 'model name'),
        'memory': _value_in('/proc/meminfo', 'MemTotal'),
        'kernel': platform.release(),
        'python': platform.python_version(),
        'libraries': {**{name: _version(name) for name in LIBRARIES},
                      'sqlite': sqlite3.sqlite_version},
        'commit': _commit()}


def _value_in(path, name):
    with open(path) as lines:
        for line in lines:
            key, _, value = line.partition(':')
            if key.strip() == name:
                return value.strip()


def _version(name):
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _commit():
    try:
        return subprocess.run(
            ['git', 'describe', '--always', '--dirty', '--exclude=*'],
            cwd=os.path.dirname(__file__), text=True, check=True,
            capture_output=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None
