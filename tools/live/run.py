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

"""A run: real engines, users of them, faults, and what comes of it."""

from concurrent import futures
import contextlib
import re
import threading
import time

from heat.tests.galera import server
from heat.tests import proxy

from live import audit
from live import engines
from live import faults
from live import owner
from live import rows
from live import servers

POLL = 0.1
# So long what is left behind may take to go.
SECONDS_TO_TIDY = 10
UPDATE = re.compile(rb'UPDATE stack SET (.*) WHERE (.*)', re.DOTALL)


class Requests:
    """Counts what engines ask of a server, in place of a list of it."""

    def __init__(self):
        self.count = 0
        self.unfenced = 0
        self._lock = threading.Lock()

    def __iadd__(self, requests):
        for request in requests:
            found = UPDATE.search(request)
            with self._lock:
                self.count += 1
                if found and b'current_traversal' not in found[2]:
                    self.unfenced += 1
        return self


class Run:
    """Users and engines at work.

    :param options: the arguments of the program
    :param database: one of live.servers
    :param installation: a engines.Installation
    """

    def __init__(self, options, database, installation):
        self.options, self.database = options, database
        self.installation = installation
        self.rows = rows.Rows(servers.connect(database.url))
        self.problems = []
        self.faults = []
        self._is_over = threading.Event()

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            audit.install(self.rows.engine)
            stack.callback(audit.remove, self.rows.engine)
            self.proxies = [stack.enter_context(proxy.Proxy(address))
                            for address in self.database.addresses]
            for one in self.proxies:
                one.requests = Requests()
            self.client = engines.Client(self.installation)
            stack.callback(self.client.stop)
            self.engines = [engines.Engine(self.installation, number, url)
                            for number, url in enumerate(self._urls())]
            for engine in self.engines:
                engine.start()
                stack.callback(engine.kill)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        self._stack.close()
        self.rows.engine.dispose()

    def _urls(self):
        return [self.database.url.set(host='127.0.0.1', port=one.port)
                .render_as_string(hide_password=False)
                for one in self.proxies]

    def work(self):
        """Let the users have what they want, and return a Report."""
        server.wait_for(
            lambda: self.rows.count_workers() == 2 * len(self.engines),
            'engines are there')
        self.owners = [
            owner.Owner(self.client, self.rows, 'live-%d' % number,
                        self.options.resources, self.options.patience)
            for number in range(self.options.stacks)]
        started = time.monotonic()
        self._all('create')
        breaker = threading.Thread(target=self._break)
        breaker.start()
        try:
            self._all('update_at_once')
            self._all('fail', self.owners[:self.options.rollbacks])
            self._all('check')
            left = self._left()
            self._all('delete')
        finally:
            self._is_over.set()
            breaker.join()
        seconds = time.monotonic() - started
        return self._report(seconds, left, self._left(deleted=True))

    def _all(self, name, owners=None):
        """Let all users do something at the same time."""
        owners = owners or self.owners
        with futures.ThreadPoolExecutor(len(owners)) as pool:
            calls = [pool.submit(getattr(one, name)) for one in owners]
        for call in calls:
            self.problems += [str(call.exception())] if call.exception() else (
                call.result() or [])

    def _break(self):
        """Let faults happen, each when work has gone on since the last."""
        for name in self.options.faults:
            writes = self.rows.count_writes() + 2 * self.options.stacks
            while self.rows.count_writes() < writes:
                if self._is_over.wait(POLL):
                    return
            faults.FAULTS[name](self)
            self.faults.append(name)

    def _left(self, deleted=False):
        """Return what is left behind by engines that had time to tidy up."""
        deadline = time.monotonic() + SECONDS_TO_TIDY
        while True:
            left = self.rows.left(deleted)
            if not left or time.monotonic() > deadline:
                return left
            time.sleep(POLL)

    def _report(self, seconds, at_rest, at_the_end):
        requests = [one.requests for one in self.proxies]
        writes = audit.read(self.rows.engine)
        return {
            'seconds': round(seconds, 1),
            'requests': sum(one.count for one in requests),
            'writes of stacks': sum(map(len, writes.values())),
            'that name no traversal': sum(one.unfenced for one in requests),
            'that the fence stopped': sum(
                engine.count_stopped() for engine in self.engines),
            'violations': [line for one in writes.values()
                           for line in audit.find_violations(one)],
            'faults': self.faults,
            'refused': [line for one in self.owners for line in one.refused],
            'asked again': [line for one in self.owners for line in one.again],
            'errors of engines': [line for engine in self.engines
                                  for line in engine.errors()],
            'left at rest': at_rest,
            'left at the end': at_the_end,
            'problems': self.problems,
        }
