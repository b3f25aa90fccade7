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

"""The proxy of the tests does and tells what it says."""

import contextlib
import socket
import threading

import fixtures
import testtools

from heat.tests import proxy
from heat.tests import remote


class Echo(fixtures.Fixture):
    """A server that answers each request with the same."""

    def _setUp(self):
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.addCleanup(self.listener.close)
        self.address = self.listener.getsockname()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self._answer, daemon=True,
                                 args=self.listener.accept()).start()

    def _answer(self, client, address):
        with client, contextlib.suppress(OSError):
            while data := client.recv(65536):
                client.sendall(data)


class ProxyTest(testtools.TestCase):

    def setUp(self):
        super().setUp()
        self.server = self.useFixture(Echo())
        self.proxy = self.useFixture(proxy.Proxy(self.server.address))

    def connect(self):
        client = socket.create_connection(('127.0.0.1', self.proxy.port), 60)
        self.addCleanup(client.close)
        return client

    def ask(self, client, request):
        client.sendall(request)
        return client.recv(100)

    def test_requests(self):
        client = self.connect()
        for request in (b'one', b'two'):
            self.assertEqual(request, self.ask(client, request))
        self.assertEqual([b'one', b'two'], self.proxy.requests)

    def test_clients_at_a_time(self):
        clients = [self.connect() for _ in range(3)]
        for client in clients:
            self.ask(client, b'here')
        self.assertEqual(3, self.proxy.most_clients)

    def test_client_that_has_closed_is_not_counted(self):
        """Though who serves it is busy, and has not noticed it yet."""
        done = threading.Event()
        self.addCleanup(done.set)
        self.proxy.cut('before', b'busy', times=3, then=done.wait)
        for _ in range(3):
            client = self.connect()
            client.sendall(b'busy')
            client.close()
        self.ask(self.connect(), b'here')
        self.assertEqual(1, self.proxy.most_clients)


class RemoteTest(testtools.TestCase):

    def test_error(self):
        one = remote.Remote(list)
        self.addCleanup(one.close)
        error = self.assertRaises(remote.Died, one.ask, 'pop')
        self.assertEqual('IndexError: pop from empty list', str(error))
        self.assertIsNone(one.ask('append', 1))

    def test_death(self):
        one = remote.Remote(list)
        self.addCleanup(one.close)
        one._process.kill()
        self.assertRaises(remote.Died, one.ask, 'copy')
