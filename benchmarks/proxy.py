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

"""A TCP proxy in front of a database server that delays and counts.

As a program, it prints the port where it listens, at 127.0.0.1. Each line it
reads is the delay from then on, in seconds for each round trip; then it prints
what it has counted, in JSON: the statements, and the round trips, which are
bursts of the client that follow what the server has said. It ends with its
input.

It is a process of its own, so that it does not compete for Python's lock with
those whom it serves. For protocols without TLS.
"""

import asyncio
import json
import selectors
import socket
import sys

COM_QUERY = 3
# The first packets on a PostgreSQL connection have no type, but a code.
REQUESTS_FOR_ENCRYPTION = (80877103, 80877104)


class MySQLPackets:
    """Counts COM_QUERY in what a client sends."""

    def __init__(self):
        self.buffer = b''

    def count(self, data):
        self.buffer += data
        statements = 0
        while len(self.buffer) > 4:
            size = 4 + int.from_bytes(self.buffer[:3], 'little')
            if len(self.buffer) < size:
                break
            # Later packets than the first are an answer, as for the login.
            if self.buffer[3] == 0 and self.buffer[4] == COM_QUERY:
                statements += 1
            self.buffer = self.buffer[size:]
        return statements


class PostgreSQLMessages:
    """Counts simple queries in what a client sends."""

    def __init__(self):
        self.buffer = b''
        self.typed = 0

    def count(self, data):
        self.buffer += data
        statements = 0
        while len(self.buffer) >= 8 or self.typed and len(self.buffer) >= 5:
            size = self.typed + self._number(self.typed)
            if len(self.buffer) < size:
                break
            if self.typed:
                statements += self.buffer[:1] == b'Q'
            elif self._number(4) not in REQUESTS_FOR_ENCRYPTION:
                self.typed = 1
            self.buffer = self.buffer[size:]
        return statements

    def _number(self, start):
        return int.from_bytes(self.buffer[start:start + 4], 'big')


PROTOCOLS = {'mysql': MySQLPackets, 'postgresql': PostgreSQLMessages}


class State:
    """What the connections share.

    :ivar delay: seconds for each direction
    """

    def __init__(self):
        self.delay = 0
        self.statements = 0
        self.round_trips = 0

    def obey(self, line):
        self.delay = float(line) / 2
        return json.dumps({'statements': self.statements,
                           'round_trips': self.round_trips})

    def later(self, action, *args):
        if self.delay:
            asyncio.get_running_loop().call_later(self.delay, action, *args)
        else:
            action(*args)


class Server(asyncio.Protocol):
    """The proxy's connection to the server, for one client."""

    def __init__(self, client):
        self.client = client

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.client.is_waiting = False
        self.client.state.later(self.client.transport.write, data)

    def connection_lost(self, error):
        self.client.state.later(self.client.transport.close)


class Client(asyncio.Protocol):
    """The connection of a client to the proxy."""

    def __init__(self, server, protocol, state):
        self.server = server
        self.messages = PROTOCOLS[protocol]()
        self.state = state
        self.upstream = None
        self.is_waiting = False

    def connection_made(self, transport):
        self.transport = transport
        transport.get_extra_info('socket').setsockopt(
            socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        transport.pause_reading()
        self.connecting = asyncio.create_task(self._connect())

    async def _connect(self):
        loop = asyncio.get_running_loop()
        try:
            self.upstream = (await loop.create_connection(
                lambda: Server(self), *self.server))[0]
        except OSError:
            self.transport.abort()
        else:
            self.transport.resume_reading()

    def data_received(self, data):
        self.state.round_trips += not self.is_waiting
        self.is_waiting = True
        self.state.statements += self.messages.count(data)
        self.state.later(self.upstream.write, data)

    def connection_lost(self, error):
        if self.upstream:
            self.state.later(self.upstream.close)


async def serve(server, protocol):
    loop = asyncio.get_running_loop()
    state = State()
    listener = await loop.create_server(
        lambda: Client(server, protocol, state), '127.0.0.1')
    print(listener.sockets[0].getsockname()[1], flush=True)
    is_over = loop.create_future()

    def read():
        line = sys.stdin.readline()
        if line:
            print(state.obey(line), flush=True)
        else:
            loop.remove_reader(sys.stdin)
            is_over.set_result(True)

    loop.add_reader(sys.stdin, read)
    await is_over


def main():
    host, port, protocol = sys.argv[1:]
    # epoll, the default, waits for whole milliseconds.
    loop = asyncio.SelectorEventLoop(selectors.SelectSelector())
    loop.run_until_complete(serve((host, int(port)), protocol))


if __name__ == '__main__':
    main()
