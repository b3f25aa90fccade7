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

"""Compare the ways to collect the inputs that a sync point waits for.

Many workers add an input each: by heat.db.api.sync_point_add_input; by reading
what is there and swapping it, at once again when another was first; and the
same with the pauses that Heat's engines make, random ones of up to 10 ms for
each input that is missing, doubled each time, and at most 60 s. Each server
gets a scratch database, which is dropped at the end.
"""

from concurrent import futures
import random
import sys
import tempfile
import threading
import time
import uuid

from benchmarks import command
from benchmarks import machine
from benchmarks import target
from heat.db import api
from heat.db import exception
from heat.tests import at

# Seconds.
PAUSE, LONGEST = 0.01, 60


def add(context, key, name, value, awaited):
    """Add an input; return how often that had to be tried."""
    api.sync_point_add_input(context, *key, name, value, awaited)
    return 1


def swap(context, key, name, value, awaited, pause=lambda number: None):
    tries = 0
    while True:
        tries += 1
        point = api.sync_point_get(context, *key)
        inputs = {**point.input_data.get('input_data', {}), name: value}
        try:
            api.sync_point_update_input_data(
                context, *key, point.atomic_key, {'input_data': inputs})
            return tries
        except exception.SyncPointConflict:
            missing = len(awaited) - len(inputs)
            pause(min(LONGEST, PAUSE * missing * 2 ** (tries - 1)))


def swap_with_pauses(*args):
    return swap(*args, pause=lambda most: time.sleep(random.uniform(0, most)))


WAYS = {'sync_point_add_input': add, 'swap': swap,
        'swap with pauses': swap_with_pauses}


def measure(opened, number, workers, size):
    """Let the ways take turns at sync points of their own.

    :param opened: a target.Target
    :param size: of the text in each input
    """
    results = []
    with at.At(opened.urls[0], max_pool_size=workers):
        for name, way in WAYS.items():
            command.say('%s: %s, %d bytes' % (opened.engine, name, size))
            seconds, tries = _take_turn(opened, way, number, workers, size)
            results.append({
                'engine': opened.engine, 'way': name, 'bytes': size,
                'seconds': seconds, 'tries_per_input': tries / number,
                'ratio': seconds / results[0]['seconds'] if results else 1})
    return results


def _take_turn(opened, way, number, workers, size):
    """Return the seconds that it took, and how often it was tried."""
    stack_id, traversal = opened.create_stack(None), str(uuid.uuid4())
    key = (stack_id, traversal, True)
    api.sync_point_create(at.request(), {
        'entity_id': stack_id, 'traversal_id': traversal, 'is_update': True,
        'stack_id': stack_id, 'atomic_key': 0, 'input_data': {}})
    names = ['tuple:(%d, True)' % one for one in range(number)]
    value = {'text': 'x' * size}
    together, local = threading.Barrier(workers + 1), threading.local()

    def prepare():
        local.context = at.request()
        api.sync_point_get(local.context, *key)
        together.wait()

    def work(name):
        return way(local.context, key, name, value, names)

    with futures.ThreadPoolExecutor(workers, initializer=prepare) as pool:
        tries = pool.map(work, names)
        together.wait()
        start = time.monotonic()
        tries = sum(tries)
        seconds = time.monotonic() - start
    stored = api.sync_point_get(at.request(), *key).input_data['input_data']
    if stored.keys() != set(names):
        raise ValueError('the sync point has lost inputs')
    return seconds, tries


def text(results):
    """Return a table of all results."""
    return command.aligned([
        ['engine', 'bytes', 'way', 'seconds', 'ratio', 'tries per input'],
        *([one['engine'], one['bytes'], one['way'], *(
            '%.1f' % one[name] for name in (
                'seconds', 'ratio', 'tries_per_input'))]
          for one in results['inputs'])])


def arguments(argv=None):
    parser = command.parser('inputs', __doc__)
    count = command.number(int, 1)
    # SQLite lets one write at a time, and the others wait in no order.
    command.add_engines(parser, target.ENGINES, list(target.SERVERS))
    parser.add_argument('--inputs', type=count, default=1000, metavar='N',
                        help='by default %(default)s')
    parser.add_argument('--workers', type=count, default=16, metavar='N',
                        help='threads; by default %(default)s')
    parser.add_argument('--bytes', nargs='+', type=command.number(int, 0),
                        default=[0, 300], metavar='N',
                        help='of each input; by default 0 300')
    command.add_results(parser)
    return parser.parse_args(argv)


def collect(args):
    """Do all that args say, and return the results."""
    results = {'machine': machine.description(), 'inputs': []}
    for engine in args.engine:
        with (tempfile.TemporaryDirectory() as directory,
              target.scratch(engine, args.connection, directory) as opened):
            for size in args.bytes:
                results['inputs'] += measure(
                    opened, args.inputs, min(args.workers, args.inputs), size)
    return results


if __name__ == '__main__':
    sys.exit(command.run(command.report(collect, text), arguments()))
