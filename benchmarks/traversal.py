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
sync_point_add_input. Seconds, and how often a swap was lost and tried again,
are those of a direct way to the server; statements and round trips those of a
run of their own through a proxy. tools/heat-venv.sh makes the environment.
Each run gets a scratch database, which is dropped at the end.
"""

import json
import os
import subprocess
import sys
import tempfile

from benchmarks import command
from benchmarks import layers
from benchmarks import machine
from benchmarks import route
from benchmarks import target
from benchmarks import traversal_engine

# How inputs are added to sync points.
WAYS = {layer: 'add' if layer == layers.OURS else 'swap'
        for layer in layers.LAYERS}

FIGURES = 'start', 'work', 'retries', 'statements', 'round_trips', 'error'


def measure(args, engine, directory, paths):
    """Let the layers take turns; return a result for each."""
    results = []
    for workers in args.workers:
        for layer in args.layer:
            command.say('%s: %s, %d workers' % (engine, layer, workers))
            with target.scratch(engine, args.connection, directory) as opened:
                found = _figures(opened.urls[0], args, workers, layer,
                                 paths[layer])
            results.append({
                'engine': engine, 'workers': workers, 'layer': layer,
                'resources': args.resources, **found})
    return results


def _figures(url, args, workers, layer, path):
    figures = dict.fromkeys(FIGURES)
    try:
        figures.update(_create(url, args, workers, layer, path))
        if url.get_backend_name() != 'sqlite':
            figures.update(_count(url, args, workers, layer, path))
    except RuntimeError as error:
        figures['error'] = str(error)
    return figures


def _create(url, args, workers, layer, path):
    """Create a stack; return the seconds, and how often a swap was lost."""
    done = subprocess.run(
        (layers.PYTHON, traversal_engine.__file__,
         url.render_as_string(hide_password=False), str(args.resources),
         str(workers), WAYS[layer]),
        env={**os.environ, 'PYTHONPATH': path}, cwd=path, text=True,
        capture_output=True)
    if done.returncode:
        raise RuntimeError(done.stderr.strip().splitlines()[-1])
    return json.loads(done.stdout)


def _count(url, args, workers, layer, path):
    """Count what it sends, for connections and a first small stack too."""
    with route.counting(url) as counter:
        _create(counter.url, args, workers, layer, path)
        return counter.counts()


def rows(results):
    """Return a table of all results."""
    table = [['engine', 'workers', 'layer', 'seconds', 'ratio', 'retries',
              'statements', 'round trips', '']]
    for one in results['traversals']:
        seconds = _seconds(one)
        baseline = sum(_seconds(other) for other in results['traversals']
                       if (other['engine'], other['workers'], other['layer'])
                       == (one['engine'], one['workers'], layers.OWN))
        table.append([
            one['engine'], one['workers'], one['layer'], '%.1f' % seconds,
            '%.2f' % (seconds / baseline) if baseline else '-',
            *('-' if one[name] is None else one[name] for name in FIGURES[2:5]
              ), one['error'] or ''])
    return table


def text(results):
    return command.aligned(rows(results))


def _seconds(record):
    return 0 if record['error'] else record['start'] + record['work']


def arguments(argv=None):
    parser = command.parser('traversal', __doc__)
    count = command.number(int, 1)
    command.add_engines(parser, target.SINGLE)
    parser.add_argument('--layer', nargs='+', choices=layers.LAYERS,
                        default=list(layers.LAYERS), help='by default all')
    parser.add_argument('--resources', type=count, default=1000, metavar='N',
                        help='of the stack; by default %(default)s')
    parser.add_argument('--workers', type=count, nargs='+', default=[1, 4, 16],
                        metavar='N', help='threads; by default 1 4 16')
    command.add_results(parser, has_rows=True)
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
    sys.exit(command.run(command.report(collect, text, rows), arguments()))
