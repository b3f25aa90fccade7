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

import json
import os
import subprocess
import sys
import tempfile
import threading
import time

import fixtures
from oslo_db.sqlalchemy import test_fixtures

from heat.common import context
from heat.db import api
from heat.db.sqlalchemy.engine import facade
from heat.tests.galera import server
from heat.tests import history
from heat.tests import proxy

TENANT = 'tenant'
THREADS = 2  # of each process
# As the documentation advises.
OPTIONS = {'OS_DATABASE__DB_MAX_RETRIES': '20'}
# What each writer has to do until it is believed to go on.
CALLS = 10


class Crew:
    """A process with writers, and what they have done so far."""

    def __init__(self, node, name, url, order):
        self.node = node
        self.operations = []
        self._errors = tempfile.TemporaryFile('w+')
        self.process = subprocess.Popen(
            [sys.executable, '-m', 'heat.tests.galera.crew'], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=self._errors,
            env={**os.environ, **OPTIONS, 'OS_DATABASE__CONNECTION': str(url)})
        self.process.stdin.write(json.dumps({'name': name, **order}) + '\n')
        self.process.stdin.flush()
        self._listener = threading.Thread(target=self._listen)
        self._listener.start()

    def _listen(self):
        for line in self.process.stdout:
            self.operations += history.load(line)

    def answered(self, since):
        """Return how many answers to later calls the slowest writer has.

        :param since: of time.monotonic_ns()
        """
        if self.process.poll() is not None:
            self.fail()
        counts = {}
        for operation in reversed(self.operations):
            if operation.end < since:
                break
            counts.setdefault(operation.writer, 0)
            if operation.start > since and operation.outcome != 'error':
                counts[operation.writer] += 1
        return min(counts.values()) if len(counts) == THREADS else 0

    def wait(self):
        """Wait for the end, once the writers have been told to stop."""
        if self.process.wait(server.TIMEOUT):
            self.fail()
        self._listener.join()

    def fail(self):
        self._errors.seek(0)
        raise AssertionError('writers at %s have died: %s' % (
            self.node, self._errors.read()[-2000:]))

    def kill(self):
        self.process.kill()
        self.process.wait()
        self._listener.join()
        self.process.stdin.close()
        self.process.stdout.close()
        self._errors.close()


class Race(fixtures.Fixture):
    """A process for each node and each route to it write to one stack.

    :param way: a key of ways.WAYS
    :param routes: 'direct', or through a 'proxy', which is in proxies, by node
    """

    def __init__(self, nodes, stack_id, way='fence', seed=0,
                 routes=('direct', 'proxy')):
        super().__init__()
        self.nodes = nodes
        self.stack_id = stack_id
        self.routes = routes
        self.order = {
            'way': way, 'seed': seed, 'threads': THREADS, 'tenant': TENANT,
            'stack_id': stack_id, 'traversal': None}

    def _setUp(self):
        self.proxies = {
            node: self.useFixture(proxy.Proxy(node.address))
            for node in self.nodes}
        self.crews = []
        for node in self.nodes:
            urls = {'direct': node.url,
                    'proxy': node.url.set(port=self.proxies[node].port)}
            for route in self.routes:
                crew = Crew(node, '%s %s' % (node, route), urls[route],
                            self.order)
                self.crews.append(crew)
                self.addCleanup(crew.kill)
        self.wait_for_progress()

    def wait_for_progress(self, nodes=None):
        """Wait until each writer at these nodes has got some answers."""
        since = time.monotonic_ns()
        server.wait_for(
            lambda: all(crew.answered(since) >= CALLS for crew in self.crews
                        if crew.node in (nodes or self.nodes)),
            'all writers go on')

    def operations(self, nodes=None):
        return [operation for crew in self.crews
                if crew.node in (nodes or self.nodes)
                for operation in crew.operations]

    def finish(self, faulty=()):
        """Stop the writers.

        :param faulty: nodes that something happened to
        :returns: a list of what can not be true
        """
        for crew in self.crews:
            crew.process.stdin.close()
        for crew in self.crews:
            crew.wait()
        self.ends = [stored(node, self.stack_id) for node in self.nodes]
        return find_violations(self.operations(), self.ends,
                               map(str, faulty))


def find_violations(operations, ends, faulty=()):
    """Find what can not be true.

    :param ends: what each node has in the end: the traversal, and the text
    :param faulty: names of nodes that something happened to
    """
    if any(end != ends[0] for end in ends):
        return ['nodes: they do not agree: %s' % ends]
    return history.check(operations, None, *ends[0], faulty)


def stored(node, stack_id):
    """Return the traversal and the text that a node has in the end."""
    return node.select(
        'SET STATEMENT wsrep_sync_wait = 1 FOR SELECT current_traversal, '
        "status_reason FROM stack WHERE id = '%s'" % stack_id,
        database=server.DATABASE)[0]


def longest_pause(operations):
    """Return for how many seconds a writer was without an answer."""
    ends, pauses = {}, [0]
    for operation in sorted(operations, key=lambda o: o.end):
        pauses.append(operation.end - ends.get(operation.writer,
                                               operation.start))
        ends[operation.writer] = operation.end
    return max(pauses) / 1e9


class At(fixtures.Fixture):
    """heat.db.api works at this URL.

    :param options: of [database]
    """

    def __init__(self, url, **options):
        super().__init__()
        self.url = url
        self.options = options

    def _setUp(self):
        manager = facade.context_manager.make_new_manager()
        manager.configure(connection=self.url, **self.options)
        self.engine = manager.writer.get_engine()
        self.addCleanup(self.engine.dispose)
        self.useFixture(test_fixtures.ReplaceEngineFacadeFixture(
            facade.context_manager, manager))


def create_stack(node, **values):
    """Return the id of a new stack without a traversal."""
    request = context.RequestContext(tenant_id=TENANT)
    with At(node.url):
        template = api.raw_template_create(request, {'template': {}})
        return api.stack_create(request, {
            'tenant': TENANT, 'disable_rollback': False,
            'raw_template_id': template.id, **values}).id
