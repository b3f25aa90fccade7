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

"""Each function of heat.db.api, by this package and by Heat 25's own layer.

The calls are those that the tests make of every function, each in a database
with little more in it than the call needs. Both layers run in the environment
of Heat 25, in a process each, and take turns on the same server, in another
order each round. What a call sends is counted at a proxy, at first.
tools/heat-venv.sh makes the environment. Each server gets a scratch database,
which is dropped at the end.
"""

import contextlib
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile

import sqlalchemy as sa

from benchmarks import calls_engine
from benchmarks import command
from benchmarks import layers
from benchmarks import machine
from benchmarks import route
from benchmarks import target
from heat.tests import at
from heat.tests import databases
from heat.tests.db.sqlalchemy.api import calls

WAYS = layers.OURS, layers.OWN
# Each call connects, or compiles what it sends, for the first time.
WARM_UP = 2


class Refused(Exception):
    """A layer does not do what it is asked for."""


class Layer:
    """A process that makes calls through a layer."""

    def __init__(self, path, url):
        self._process = subprocess.Popen(
            (layers.PYTHON, calls_engine.__file__,
             url.render_as_string(hide_password=False)),
            env={**os.environ, 'PYTHONPATH': path}, cwd=path, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL)

    def ask(self, *request):
        self._process.stdin.write(json.dumps(request) + '\n')
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline() or
                            '{"error": "the process has died"}')
        if 'error' in answer:
            raise Refused(answer['error'])
        return answer['answer']

    def close(self):
        self._process.kill()
        self._process.communicate()


class Bench:
    """A database in which layers make calls.

    :param paths: of the source trees of layers, by name
    """

    def __init__(self, opened, paths):
        self.url = opened.urls[0]
        self.name = opened.engine
        self.paths = paths
        self.engine = sa.create_engine(self.url)

    @contextlib.contextmanager
    def layers(self, url):
        """Yield a Layer for each path, by name."""
        with contextlib.ExitStack() as stack:
            yield {name: stack.enter_context(contextlib.closing(
                Layer(path, url))) for name, path in self.paths.items()}

    def prepare(self, layer, place):
        """Make a world for a call, in which there is nothing else."""
        databases.delete_rows(self.engine)
        layer.ask('prepare', *place)

    def count(self, places):
        """Return what each layer sends for each call: {(name, layer): ...}.

        :returns: {'statements', 'round_trips'}; {'error'} of one that refuses
        """
        found = {}
        with (route.counting(self.url) as counter,
              self.layers(counter.url) as all):
            for name, place in places.items():
                for layer in all:
                    with contextlib.suppress(Refused):
                        for _ in range(2):
                            self.prepare(all[layer], place)
                            before = counter.counts()
                            all[layer].ask('make')
                            after = counter.counts()
                        found[name, layer] = {
                            key: after[key] - before[key] for key in before}
        return found

    def measure(self, places, rounds):
        """Let the layers take turns; return a record for each call of each.

        :param places: {name: [noun, number]}
        """
        counts = {} if self.name == 'sqlite' else self.count(places)
        times = {(name, layer): [] for name in places for layer in self.paths}
        errors = {}
        if rounds:
            self._take_turns(places, rounds + WARM_UP, times, errors)
        return [{'engine': self.name, 'function': name, 'layer': layer,
                 **counts.get((name, layer), dict.fromkeys(
                     ('statements', 'round_trips'))),
                 'median_ms': statistics.median(
                     times[name, layer][WARM_UP:])
                 if times[name, layer][WARM_UP:] else None,
                 'error': errors.get((name, layer))}
                for name, layer in times]

    def _take_turns(self, places, rounds, times, errors):
        """Let layers call; add what it takes, or how they refuse."""
        with self.layers(self.url) as all:
            for number in range(rounds):
                command.say('%s: round %d of %d' % (
                    self.name, number + 1, rounds))
                for name, layer in random.sample(list(times), len(times)):
                    try:
                        self.prepare(all[layer], places[name])
                        taken = all[layer].ask('make')
                    except Refused as error:
                        errors[name, layer] = str(error)
                    else:
                        times[name, layer].append(taken)


def lay(directory):
    """Make the source trees; return their paths by the layer's name."""
    paths = {layer: path for layer, path in layers.lay(directory).items()
             if layer in WAYS}
    for path in paths.values():
        shutil.copytree(os.path.dirname(calls.__file__), os.path.join(
            path, *calls.__name__.split('.')))
    return paths


def collect(args):
    """Do all that args say, and return the results."""
    results = {'machine': machine.description(), 'servers': {}, 'calls': []}
    with tempfile.TemporaryDirectory() as directory:
        paths = lay(directory)
        for engine in args.engine:
            with target.scratch(engine, args.connection, directory) as opened:
                results['servers'][engine] = opened.description()
                bench = Bench(opened, paths)
                with at.At(bench.url):
                    places = calls_engine.Maker().functions()
                results['calls'] += bench.measure({
                    name: place for name, place in places.items()
                    if name in args.function or not args.function},
                    args.rounds)
    return results


def rows(results):
    """Return a table: what is sent, and ratios to Heat 25's own layer."""
    found = {(one['function'], one['engine'], one['layer']): one
             for one in results['calls']}
    engines = list(results['servers'])
    counted = [engine for engine in engines if engine != 'sqlite']
    table = [['function', *(engine + ': sent' for engine in counted),
              *(engine + ': ' + name for engine in engines
                for name in ('ms', 'ratio'))]]
    for name in sorted({one['function'] for one in results['calls']}):
        ours, own = ({engine: found[name, engine, way] for engine in engines}
                     for way in WAYS)
        table.append([name, *(
            ' / '.join(map(_sent, (ours[engine], own[engine])))
            for engine in counted), *(
            cell for engine in engines for cell in _times(
                ours[engine]['median_ms'], own[engine]['median_ms']))])
    return table


def _sent(record):
    """Return the round trips, and the statements if they are not as many."""
    if record['statements'] == record['round_trips']:
        return _or_dash('%d', record['statements'])
    return '%(round_trips)d (%(statements)d)' % record


def _times(ours, own):
    return (_or_dash('%.2f', ours),
            _or_dash('%.2f', ours and own and ours / own))


def _or_dash(text, value):
    return '-' if value is None else text % value


def text(results):
    """Return the table, and what layers have refused.

    Each column has this package first; a ratio below 1 is faster.
    """
    return '\n'.join([command.aligned(rows(results)), *(
        '%(engine)s, %(layer)s, %(function)s: %(error)s' % one
        for one in results['calls'] if one['error'])])


def arguments(argv=None):
    parser = command.parser('calls', __doc__)
    command.add_engines(parser, target.SINGLE)
    parser.add_argument('--function', nargs='+', default=(), metavar='NAME',
                        help='by default all')
    parser.add_argument('--rounds', type=command.number(int, 0), default=20,
                        metavar='N', help='by default %(default)s; with 0, '
                        'calls are counted and not timed')
    command.add_results(parser, has_rows=True)
    return parser.parse_args(argv)


if __name__ == '__main__':
    sys.exit(command.run(command.report(collect, text, rows), arguments()))
