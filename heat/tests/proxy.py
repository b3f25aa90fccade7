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

"""A TCP proxy in front of a database server that loses connections."""

import contextlib
import select
import socket
import threading
import time

import fixtures


class Cut:
    """Where a connection is to be lost.

    :param when: 'before' the request arrives at the server; 'after' the
        server has answered it; in the 'middle' of the answer; or 'late': the
        server gets the request when deliver() is called
    :param marker: bytes that the request contains
    :param times: how many connections are lost there
    :param then: called when the server has lost it; the client waits
    :ivar done: how many were
    """

    def __init__(self, when, marker, times=1, then=lambda: None):
        self.when = when
        self.marker = marker
        self.times = times
        self.then = then
        self.done = 0
        self._is_wanted = False
        self._may_go_on = threading.Event()
        self._is_over = threading.Event()

    def deliver(self):
        """Hand a late request to the server, and wait for what it says."""
        self._is_wanted = True
        self._may_go_on.set()
        self._is_over.wait()

    def give_up(self):
        self._may_go_on.set()

    def keep(self, request, server):
        """Keep a late request, and the connection to the server, till then."""
        self._may_go_on.wait()
        if self._is_wanted:
            # The server may have gone away by then.
            with contextlib.suppress(ConnectionError):
                server.sendall(request)
                server.recv(65536)
        self._is_over.set()


class Proxy(fixtures.Fixture):
    """Passes on what clients and server say, until told to lose it.

    For protocols without TLS in which each request has its answer.

    :param server: host and port
    :ivar delay: seconds to add in each direction
    :ivar port: where it listens, at 127.0.0.1
    :ivar requests: what was asked, one for each round trip
    :ivar most_clients: how many there were at a time
    """

    def __init__(self, server):
        super().__init__()
        self.server = server
        self.delay = 0
        self.requests = []
        self.most_clients = 0
        self._cuts = []
        self._answers = {}
        self._lock = threading.Lock()
        self._clients = set()
        self._threads = []

    def _setUp(self):
        # Keeps the port while nobody listens there.
        place = self._bind(0)
        self.port = place.getsockname()[1]
        self.listen()
        self.addCleanup(place.close)
        self.addCleanup(self._stop)

    def cut(self, *args, **kwargs):
        """Arm a Cut, and return it."""
        cut = Cut(*args, **kwargs)
        self._cuts.append(cut)
        return cut

    def answer(self, marker, reply):
        """Answer requests that contain a marker in place of the server."""
        self._answers[marker] = reply

    def listen(self):
        self._listener = self._bind(self.port)
        self._listener.listen()
        self._start(self._accept, self._listener)

    def refuse(self):
        """Let new connections be refused, until listen() is called."""
        self._shut(self._listener)
        self._listener.close()

    def turn_to(self, server):
        """Lose all connections; new ones are to another server."""
        self.server = server
        self.lose_all()

    def lose_all(self):
        with self._lock:
            list(map(self._shut, self._clients))

    @staticmethod
    def _shut(opened):
        """Wake up who waits for this socket; to close it would not."""
        with contextlib.suppress(OSError):
            opened.shutdown(socket.SHUT_RDWR)

    def _bind(self, port):
        bound = socket.socket()
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(('127.0.0.1', port))
        return bound

    def _start(self, target, *args):
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _stop(self):
        self.refuse()
        self.lose_all()
        for cut in self._cuts:
            cut.give_up()
        for thread in self._threads:
            thread.join()

    def _accept(self, listener):
        with contextlib.suppress(OSError):
            while True:
                client = listener.accept()[0]
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                with self._lock:
                    self._clients.add(client)
                    self.most_clients = max(self.most_clients, sum(
                        map(_is_there, self._clients)))
                self._start(self._serve, client)

    def _serve(self, client):
        try:
            with contextlib.suppress(ConnectionError):
                cut = self._pass_on(client)
                if cut is not None:
                    cut.then()
        finally:
            with self._lock:
                self._clients.remove(client)
            client.close()

    def _pass_on(self, client):
        request, cut = b'', None
        with socket.create_connection(self.server) as server:
            server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while True:
                source = select.select([client, server], [], [])[0][0]
                data = source.recv(65536)
                if source is client:
                    request += data
                    reply = self._answer_to(request)
                    if reply is not None:
                        client.sendall(reply)
                        request = b''
                        continue
                    cut = cut or self._cut_for(request)
                    if cut is not None and cut.when == 'late':
                        self._shut(client)
                        cut.keep(request, server)
                        return cut
                elif cut is not None:
                    if cut.when == 'middle':
                        client.sendall(data[:len(data) // 2])
                    return cut
                else:
                    self.requests += [request] if request else []
                    request = b''
                if not data or cut is not None and cut.when == 'before':
                    return cut
                time.sleep(self.delay)
                (server if source is client else client).sendall(data)

    def _answer_to(self, request):
        return next((reply for marker, reply in self._answers.items()
                     if marker in request), None)

    def _cut_for(self, request):
        with self._lock:
            for cut in self._cuts:
                if cut.done < cut.times and cut.marker in request:
                    cut.done += 1
                    return cut


def _is_there(client):
    """Tell whether it has not closed yet; who serves it may not know it."""
    poll = select.poll()
    poll.register(client, select.POLLRDHUP)
    return not poll.poll(0)
