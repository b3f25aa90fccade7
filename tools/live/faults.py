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

"""What can happen to engines and their database while they work.

Each is a function of a live.run.Run, over when all runs again.
"""

import itertools

_turns = itertools.count()


def kill(run):
    """Kill an engine with its workers, and start it again."""
    engine = run.engines[next(_turns) % len(run.engines)]
    engine.kill()
    engine.start()


def cut(run):
    """Lose all connections, with requests and answers that are on the way."""
    for proxy in run.proxies:
        proxy.lose_all()


def sessions(run):
    """End all sessions at the server."""
    run.database.end_sessions()


def node(run):
    """Kill a node of a cluster; its engine goes to another one meanwhile."""
    number = next(_turns) % len(run.proxies)
    proxy, cluster = run.proxies[number], run.database.cluster
    killed = cluster.nodes[number]
    killed.kill()
    proxy.turn_to(cluster.nodes[number - 1].address)
    cluster.wait_until_synced(cluster.others(killed))
    cluster.start(killed)
    cluster.wait_until_synced()
    proxy.turn_to(killed.address)


FAULTS = {function.__name__: function
          for function in (kill, cut, sessions, node)}
