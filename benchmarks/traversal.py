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

"""The calls that create a stack, by this package and by Heat 25's own layer.

benchmarks.traversal_engine makes the same calls each time, in the environment
of Heat 25: with Heat's own heat.db.api; with this package in its place, as
Heat's engines get it; and with what this package offers besides, which is
sync_point_add_input. Seconds are measured on a direct way to the server, round
trips in a run of their own through a proxy. tools/heat-venv.sh makes the
environment. Each run gets a scratch database, which is dropped at the end.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile

from benchmarks import command
from benchmarks import layers
from benchmarks import machine
from benchmarks import target
from benchmarks import traversal_engine
from heat.tests import driver
from heat.tests import proxy

# How inputs are added to sync points.
WAYS = {layer: 'add' if layer == layers.OURS else 'swap'
        for layer in layers.LAYERS}


def measure(args, engine, directory, paths):
    """Let the layers take turns; return a result for each."""
    results = []
    for workers in args.workers:
        for layer, path in paths.items():
            command.say('%s: %s, %d workers' % (engine, layer, workers))
            with target.scratch(engine, args.connection, directory) as opened:
                seconds = _create(opened.urls[0], args, workers, layer, path)
                round_trips = None if engine == 'sqlite' else _round_trips(
                    opened.urls[0], args, workers, layer, path)
            results.append({
                'engine': engine, 'workers': workers, 'layer': layer,
                'resources': args.resources, 'round_trips': round_trips,
                **seconds})
    return results


def _create(url, args, workers, layer, path):
    """Return the seconds that it takes to create a stack."""
    done = subprocess.run(
        (layers.PYTHON,
         traversal_engine.__file__, url.render_as_string(hide_password=False),
         str(args.resources), str(workers), WAYS[layer]),
        env={**os.environ, 'PYTHONPATH': path}, cwd=path, text=True,
        capture_output=True)
    if done.returncode:
        raise RuntimeError(done.stderr.strip().splitlines()[-1])
    return json.loads(done.stdout)


def _round_trips(url, args, workers, layer, path):
    """Return how many it takes, connections and a first small stack too."""
    with proxy.Proxy(driver.address(url)) as counting:
        _create(url.set(host='127.0.0.1', port=counting.port), args, workers,
                layer, path)
        return len(counting.requests)


def text(results):
    """Return a table of all results."""
    lines = ['%-11s %8s %-14s %8s %8s %8s %12s' % (
        'engine', 'workers', 'layer', 'start s', 'work s', 'ratio',
        'round trips')]
    for one in results['traversals']:
        own, = (other for other in results['traversals']
                if (other['engine'], other['workers']) == (
                    one['engine'], one['workers']) and
                other['layer'] == layers.OWN)
        lines.append(
            '%(engine)-11s %(workers)8d %(layer)-14s %(start)8.1f '
            '%(work)8.1f' % one + ' %8.2f %12s' % (
                (one['start'] + one['work']) / (own['start'] + own['work']),
                one['round_trips'] or 'n/a'))
    return '\n'.join(lines)


def arguments(argv=None):
    parser = argparse.ArgumentParser(
        prog='python -m benchmarks.traversal', description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    count = command.number(int, 1)
    engines = ('sqlite', *target.SERVERS)
    parser.add_argument('--engine', nargs='+', choices=engines,
                        default=engines, help='by default all')
    command.add_connection(parser)
    parser.add_argument('--resources', type=count, default=1000, metavar='N',
                        help='of the stack; by default %(default)s')
    parser.add_argument('--workers', type=count, nargs='+', default=[1, 4, 16],
                        metavar='N', help='threads; by default 1 4 16')
    parser.add_argument('--json', metavar='FILE',
                        help='to write all figures to')
    return parser.parse_args(argv)


def collect(args):
    """Do all that args say, and return the results."""
    results = {'machine': machine.description(), 'traversals': []}
    with tempfile.TemporaryDirectory() as directory:
        paths = layers.lay(directory)
        for engine in args.engine:
            results['traversals'] += measure(args, engine, directory, paths)
    return results


if __name__ == '__main__':
    sys.exit(command.run(command.report(collect, text), arguments()))
