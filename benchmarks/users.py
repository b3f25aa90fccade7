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

"""Those who use a database while it is migrated, each in a process."""

import collections
import contextlib
import multiprocessing
import random
import time

from benchmarks import stacks
from heat.tests import driver

# It starts at once, with all modules.
FORK = multiprocessing.get_context('fork')

# Where there are two, the second one is for versions that refuse the first.
STATEMENTS = {
    'update stack': ["UPDATE stack SET status_reason = 'written %(value)d' "
                     "WHERE id = '%(id)s'"],
    'read stack': ["SELECT name, status FROM stack WHERE id = '%(id)s'"],
    'update template': ["UPDATE raw_template SET template = '{\"n\": "
                        "%(value)d}' WHERE id = %(template)d"],
    'update resource': [
        "UPDATE resource SET status_reason = 'written %%(value)d' "
        "WHERE %s = '%%(id)s'" % key for key in ('uuid', 'id')],
    'insert event': ["INSERT INTO event (stack_id, uuid) VALUES "
                     "('%(id)s', 'written %(value)d')"],
    'insert stack': ["INSERT INTO stack (id, name, raw_template_id, "
                     "disable_rollback) VALUES ('%(value)d', 'written', "
                     "%(template)d, false)"]}
# Seconds between two statements: so much less a wait may seem to be.
PAUSE = 0.002


class User:
    """A process that sends one statement again and again.

    :param name: one of STATEMENTS
    :param count: of the stacks that there are
    """

    def __init__(self, name, url, count):
        self.name = name
        self.samples = []
        self.errors = {}
        self._stop = FORK.Event()
        self._pipe, end = FORK.Pipe(duplex=False)
        self._process = FORK.Process(
            target=_use, args=(end, self._stop, url, STATEMENTS[name], count),
            daemon=True)
        self._process.start()
        end.close()

    def stop(self):
        """Let it finish; its samples and errors are there then."""
        self._stop.set()
        self.samples, self.errors = self._pipe.recv()
        self._process.join()

    def longest(self, begin, end):
        """Return how long a statement took that was under way then."""
        return max((seconds for start, seconds in self.samples
                    if start < end and start + seconds > begin), default=0)


class Holder:
    """A process that keeps opening transactions which read.

    :param seconds: for which each stays open; half of that is between them
    """

    def __init__(self, url, seconds):
        self._stop = FORK.Event()
        self._process = FORK.Process(
            target=_hold, args=(self._stop, url, seconds), daemon=True)
        self._process.start()

    def stop(self):
        self._stop.set()
        self._process.join()


def _use(pipe, stop, url, statements, count):
    samples = []
    errors = collections.Counter()
    with contextlib.closing(_connect(url)) as connection:
        cursor = connection.cursor()
        while not stop.wait(PAUSE):
            number = random.randrange(count)
            values = {'id': stacks.row_id(number), 'template': number + 1,
                      'value': random.randrange(10 ** 12)}
            start = time.monotonic()
            try:
                send(cursor, statements, values)
            except driver.ERRORS as error:
                errors[str(error)] += 1
            samples.append((start, time.monotonic() - start))
    pipe.send((samples, dict(errors)))


def send(cursor, statements, values):
    """Send the first of some statements that is not refused."""
    *others, last = statements
    for statement in others:
        with contextlib.suppress(*driver.ERRORS):
            cursor.execute(statement % values)
            break
    else:
        cursor.execute(last % values)
    if cursor.description:
        cursor.fetchall()


def _hold(stop, url, seconds):
    with contextlib.closing(_connect(url)) as connection:
        cursor = connection.cursor()
        while not stop.wait(seconds / 2):
            cursor.execute('BEGIN')
            cursor.execute('SELECT 1 FROM stack, raw_template LIMIT 1')
            stop.wait(seconds)
            cursor.execute('COMMIT')


def _connect(url):
    connection = driver.open_connection(url)
    if url.get_backend_name() == 'sqlite':
        # Who gives up does not know how long it would have been.
        connection.execute('PRAGMA busy_timeout = 3600000')
    return connection
