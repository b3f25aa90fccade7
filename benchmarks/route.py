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
import sqlite3
import statistics
import time

import fixtures

from heat.tests import driver
from heat.tests import proxy
from heat.tests import remote

# How many round trips are measured, and how often a delay is corrected.
SAMPLES = 100
CORRECTIONS = 2
COM_QUERY = 3


class Counter:
    """A proxy that counts what it passes on.

    :param server: host and port
    :param count: tells how many statements a request has
    """

    def __init__(self, server, count):
        self.count = count
        self.statements = self.round_trips = 0
        self.proxy = proxy.Proxy(server)
        self.proxy.setUp()

    def port(self):
        return self.proxy.port

    def counts(self, delay):
        """Return what there was so far.

        :param delay: seconds to add to each round trip from now on
        """
        self.proxy.delay = delay / 2
        requests, self.proxy.requests = self.proxy.requests, []
        self.round_trips += len(requests)
        self.statements += sum(map(self.count, requests))
        return {'statements': self.statements,
                'round_trips': self.round_trips}


def _mysql_statements(request):
    """Count COM_QUERY; what has a higher number is a part of an answer."""
    statements = 0
    while len(request) > 4:
        statements += request[3:5] == bytes((0, COM_QUERY))
        request = request[4 + int.from_bytes(request[:3], 'little'):]
    return statements


def _postgresql_statements(request):
    """Count simple queries; the first message has no type, but a length."""
    statements = 0
    while request and request[0]:
        statements += request[:1] == b'Q'
        request = request[1 + int.from_bytes(request[1:5], 'big'):]
    return statements


STATEMENTS = {'mysql': _mysql_statements, 'postgresql': _postgresql_statements}


class Proxy(fixtures.Fixture):
    """A process that passes on what clients and a server say.

    It does not compete for Python's lock with those whom it serves.

    :param url: of the server
    :ivar url: of the server, through the proxy
    """

    def __init__(self, url):
        super().__init__()
        self.server = url

    def _setUp(self):
        self._remote = remote.Remote(
            Counter, driver.address(self.server),
            STATEMENTS[self.server.get_backend_name()])
        self.addCleanup(self._remote.close)
        self.url = self.server.set(host='127.0.0.1',
                                   port=self._remote.ask('port'))

    def counts(self, delay=0):
        """Return the statements and the round trips so far.

        :param delay: milliseconds to add to each round trip from now on
        """
        return self._remote.ask('counts', delay / 1000)


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
        slow = [stack.enter_context(Proxy(url)) for url in urls]
        exact = _calibrate(slow[0], delay)
        for one in slow:
            one.counts(delay=exact)
        yield [one.url for one in slow]


def _calibrate(slow, delay):
    """Return the delay to set, as to pass on and to wake up cost time too."""
    direct = round_trip(slow.server)
    exact = delay
    for _ in range(CORRECTIONS):
        slow.counts(delay=exact)
        exact = max(0, exact + direct + delay - round_trip(slow.url))
    return exact


def round_trip(url):
    """Return the median time of a SELECT 1 of the driver, in milliseconds."""
    with contextlib.closing(driver.open_connection(url)) as connection:
        times = []
        for _ in range(SAMPLES):
            started = time.perf_counter()
            cursor = connection.cursor()
            cursor.execute('SELECT 1')
            cursor.fetchall()
            times.append(time.perf_counter() - started)
    return statistics.median(times) * 1000
