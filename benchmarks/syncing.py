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

"""db_sync in a process of its own, and the same by hand, and what it took.

As a program, it migrates [database] connection to the newest version and
prints its figures as JSON.
"""

import contextlib
import json
import os
import subprocess
import sys
import time

import sqlalchemy as sa

from benchmarks import command
from benchmarks.purge_engine import peak_memory
from heat.db import api
from heat.tests import driver


class Failed(Exception):
    """db_sync has failed."""


def run(url):
    """Migrate a database and return what it took.

    :returns: a dict: start and end of the process, by time.monotonic(); the
        most memory that it had, in MiB; how many statements it sent, and how
        many changes were among them: the other ones look at the database,
        and how long a change waits for others; and versions, a list of
        (name, when it was in place)
    """
    environment = {**os.environ, 'OS_DATABASE__CONNECTION':
                   url.render_as_string(hide_password=False)}
    start = time.monotonic()
    done = subprocess.run((sys.executable, '-m', __name__), env=environment,
                          text=True, capture_output=True)
    end = time.monotonic()
    if done.returncode:
        raise Failed('db_sync: ' + done.stderr.strip())
    return {'start': start, 'end': end, **json.loads(done.stdout)}


def run_by_hand(url):
    """Send the statements that db_sync --sql prints, one after the other.

    :returns: as run(), without what is known of a process of db_sync
    """
    engine = sa.create_engine(url)
    steps = api.db_plan(engine)
    engine.dispose()
    done = {'start': time.monotonic(), 'versions': []}
    with contextlib.closing(driver.open_connection(url)) as connection:
        cursor = connection.cursor()
        for step in steps:
            for statement in step.statements:
                cursor.execute(statement)
            done['versions'].append((step.name, time.monotonic()))
    return {**done, 'end': time.monotonic()}


class _Listener(api.MigrationListener):

    def __init__(self):
        self.versions = []

    def applied(self, version):
        self.versions.append((version.name, time.monotonic()))


def _migrate():
    """Be the process."""
    statements = []
    sa.event.listen(
        sa.engine.Engine, 'before_cursor_execute',
        lambda conn, cursor, statement, *args: statements.append(statement))
    command.configure()
    engine = api.get_engine()
    listener = _Listener()
    applied = api.db_sync(engine, listener=listener)
    return {'memory_mib': peak_memory(), 'statements': len(statements),
            'changes': sum(len(version.statements) for version in applied),
            'versions': listener.versions}


if __name__ == '__main__':
    json.dump(_migrate(), sys.stdout)
