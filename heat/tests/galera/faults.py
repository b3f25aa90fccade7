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

"""What can happen to a cluster while it is written to.

Each is done to a node, and over when the cluster is whole and all its writers
go on.
"""

import itertools
import signal
import time

import pymysql

from heat.tests.galera import server

COMMIT = b'\x03COMMIT'
UPDATE = b'UPDATE stack'
# How many connections are lost at each place of a conversation.
CUTS = 3
# "WSREP has not yet prepared node for application use"
NOT_PREPARED = 1047


def none(cluster, race, node):
    race.wait_for_progress()


def kill(cluster, race, node):
    """Kill a node without warning, start it, and let it join again."""
    node.kill()
    _survive(cluster, race, node)
    cluster.start(node)
    _recover(cluster, race)


def isolate(cluster, race, node):
    """Cut a node off from the others, and end that."""
    node.isolate(True)
    server.wait_for(node.refuses, '%s knows that it is alone' % node)
    since = time.monotonic_ns()
    _assert_refuses(node, "UPDATE stack SET status_reason = 'minority'")
    _assert_refuses(node, 'SELECT id FROM stack')
    _survive(cluster, race, node)
    accepted = [operation for operation in race.operations([node])
                if operation.start > since and operation.outcome != 'error']
    if accepted:
        raise AssertionError('in a minority: %s' % accepted)
    node.isolate(False)
    _recover(cluster, race)


def stop(cluster, race, node):
    """Stop a node for so long that the others give it up."""
    node.signal(signal.SIGSTOP)
    try:
        _survive(cluster, race, node)
    finally:
        node.signal(signal.SIGCONT)
    _recover(cluster, race)


def pause(cluster, race, node):
    """Stop a node until the others wait for it."""
    node.signal(signal.SIGSTOP)
    try:
        server.wait_for(cluster.others(node)[0].waits,
                        'others wait for %s' % node)
    finally:
        node.signal(signal.SIGCONT)
    _recover(cluster, race)


def cut(cluster, race, node):
    """Lose connections around a write; the next one is to another node."""
    proxy = race.proxies[node]
    turns = itertools.cycle(cluster.others(node) + [node])
    cuts = [proxy.cut(when, UPDATE, CUTS,
                      then=lambda: proxy.turn_to(next(turns).address))
            for when in ('before', 'after', 'middle')]
    server.wait_for(lambda: all(one.done == one.times for one in cuts),
                    'connections are lost')
    race.wait_for_progress()
    proxy.turn_to(node.address)
    race.wait_for_progress()


FAULTS = {function.__name__: function
          for function in (none, kill, isolate, stop, pause, cut)}


def _assert_refuses(node, statement):
    try:
        node.select(statement, database=server.DATABASE)
    except pymysql.OperationalError as error:
        if error.args[0] == NOT_PREPARED:
            return
    raise AssertionError('in a minority: %s' % statement)


def _survive(cluster, race, node):
    """Wait until all is well without a node."""
    cluster.wait_until_synced(cluster.others(node))
    race.wait_for_progress(cluster.others(node))


def _recover(cluster, race):
    cluster.wait_until_synced()
    race.wait_for_progress()
