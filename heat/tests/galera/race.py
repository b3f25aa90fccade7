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

"""Writers on all nodes of a cluster at once, and what becomes of it."""

import time

import fixtures

from heat.tests import crew
from heat.tests.galera import server
from heat.tests import history
from heat.tests import proxy
from heat.tests import remote
from heat.tests import swaps

THREADS = 2  # of each process
# As the documentation advises.
OPTIONS = {'db_max_retries': 20}
# What each writer has to do until it is believed to go on.
CALLS = 10


class Crew(remote.Remote):
    """A process with writers, and what they have done so far."""

    def __init__(self, node, name, url):
        self.node = node
        self.operations = []
        super().__init__(crew.Writers, url, THREADS, name, OPTIONS)

    def answered(self, since):
        """Return how many answers to later calls the slowest writer has.

        :param since: of time.monotonic_ns()
        """
        self.operations += self.ask('report')
        counts = {}
        for operation in reversed(self.operations):
            if operation.end < since:
                break
            counts.setdefault(operation.writer, 0)
            if operation.start > since and operation.outcome != 'error':
                counts[operation.writer] += 1
        return min(counts.values()) if len(counts) == THREADS else 0


class Race(fixtures.Fixture):
    """A process for each node and each route to it write to one row.

    :param way: a key of crew.WAYS
    :param routes: 'direct', or through a 'proxy', which is in proxies, by node
    """

    def __init__(self, nodes, way='stack_update', seed='0',
                 routes=('direct', 'proxy')):
        super().__init__()
        self.nodes = nodes
        self.way = way
        # The other ways are compared with the fence of a stack.
        self.swap = swaps.SWAPS.get(way, swaps.Stack)
        self.seed = seed
        self.routes = routes

    def _setUp(self):
        self.row_id = self.swap.create(self.nodes[0].url)
        self.proxies = {
            node: self.useFixture(proxy.Proxy(node.address))
            for node in self.nodes}
        self.crews = []
        for node in self.nodes:
            urls = {'direct': node.url,
                    'proxy': node.url.set(port=self.proxies[node].port)}
            for route in self.routes:
                self.crews.append(
                    Crew(node, '%s %s' % (node, route), urls[route]))
                self.addCleanup(self.crews[-1].close)
        crew.start(self.crews, self.way, self.row_id, None, self.seed,
                   self.swap.TRANSITIONS)
        self.wait_for_progress()

    def wait_for_progress(self, nodes=None):
        """Wait until each writer at these nodes has got some answers."""
        since = time.monotonic_ns()
        server.wait_for(
            lambda: all(one.answered(since) >= CALLS
                        for one in self._at(nodes)), 'all writers go on')

    def operations(self, nodes=None):
        return [operation for one in self._at(nodes)
                for operation in one.operations]

    def _at(self, nodes):
        return [one for one in self.crews if one.node in (nodes or self.nodes)]

    def finish(self, faulty):
        """Stop the writers.

        :param faulty: nodes that something happened to
        :returns: a list of what can not be true
        """
        for one in self.crews:
            one.ask('stop')
        for one in self.crews:
            one.operations += one.ask('finish')
        self.ends = [self._stored(node) for node in self.nodes]
        return find_violations(self.operations(), self.ends,
                               map(str, faulty))

    def _stored(self, node):
        """Return the traversal and the text that a node has in the end."""
        return node.select(
            'SET STATEMENT wsrep_sync_wait = 1 FOR ' +
            self.swap.STORED % self.row_id, database=server.DATABASE)[0]


def find_violations(operations, ends, faulty=()):
    """Find what can not be true.

    :param ends: what each node has in the end: the traversal, and the text
    :param faulty: names of nodes that something happened to
    """
    if any(end != ends[0] for end in ends):
        return ['nodes: they do not agree: %s' % ends]
    return history.check(operations, None, *ends[0], faulty)


def longest_pause(operations):
    """Return for how many seconds a writer was without an answer."""
    ends, pauses = {}, [0]
    for operation in sorted(operations, key=lambda o: o.end):
        pauses.append(operation.end - ends.get(operation.writer,
                                               operation.start))
        ends[operation.writer] = operation.end
    return max(pauses) / 1e9
