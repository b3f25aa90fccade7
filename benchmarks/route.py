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

"""How the ways reach a server: directly, or through a proxy."""

import contextlib
import json
import sqlite3
import statistics
import subprocess
import sys
import time

import fixtures

from benchmarks import driver
from benchmarks import proxy as proxy_program

# How many round trips are measured, and how often a delay is corrected.
SAMPLES = 100
CORRECTIONS = 2


class Proxy(fixtures.Fixture):
    """A process that passes on what clients and a server say.

    :param url: of the server
    :ivar url: of the server, through the proxy
    """

    def __init__(self, url):
        super().__init__()
        self.server = url

    def _setUp(self):
        dialect = self.server.get_backend_name()
        self.process = subprocess.Popen(
            [sys.executable, proxy_program.__file__,
             self.server.host or 'localhost',
             str(self.server.port or driver.PORTS[dialect]), dialect],
            text=True, start_new_session=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE)
        self.addCleanup(self._stop)
        port = int(self.process.stdout.readline())
        self.url = self.server.set(host='127.0.0.1', port=port)

    def _stop(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()

    def counts(self, delay=0):
        """Return the statements and the round trips so far.

        :param delay: milliseconds to add to each round trip from now on
        """
        self.process.stdin.write('%f\n' % (delay / 1000))
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


class Trace(fixtures.Fixture):
    """Counts statements of SQLite, which has no round trips."""

    def __init__(self, url):
        super().__init__()
        self.url = url
        self.statements = 0

    def _setUp(self):
        self.useFixture(fixtures.MonkeyPatch(
            'sqlite3.dbapi2.connect', self._connect))

    def _connect(self, *args, **kwargs):
        connection = sqlite3.connect(*args, **kwargs)
        connection.set_trace_callback(self._count)
        return connection

    def _count(self, statement):
        self.statements += 1

    def counts(self):
        return {'statements': self.statements, 'round_trips': None}


def counting(url):
    """Return a fixture with the url to use, and counts()."""
    is_sqlite = url.get_backend_name() == 'sqlite'
    return Trace(url) if is_sqlite else Proxy(url)


@contextlib.contextmanager
def delayed(urls, delay):
    """Yield URLs that add a delay to each round trip, in milliseconds."""
    if not delay:
        yield urls
        return
    with contextlib.ExitStack() as stack:
        proxies = [stack.enter_context(Proxy(url)) for url in urls]
        exact = _calibrate(proxies[0], delay)
        for proxy in proxies:
            proxy.counts(delay=exact)
        yield [proxy.url for proxy in proxies]


def _calibrate(proxy, delay):
    """Return the delay to set, as to pass on and to wake up cost time too."""
    direct = round_trip(proxy.server)
    exact = delay
    for _ in range(CORRECTIONS):
        proxy.counts(delay=exact)
        exact = max(0, exact + direct + delay - round_trip(proxy.url))
    return exact


def round_trip(url):
    """Return the median time of a SELECT 1 of the driver, in milliseconds."""
    with contextlib.closing(driver.connect(url)) as connection:
        times = []
        for _ in range(SAMPLES):
            started = time.perf_counter()
            cursor = connection.cursor()
            cursor.execute('SELECT 1')
            cursor.fetchall()
            times.append(time.perf_counter() - started)
    return statistics.median(times) * 1000
