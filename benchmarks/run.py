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

"""Compare stack_update with other ways to write to a stack.

The ways take turns on the same server, in another order each round: the bare
driver, heat.db.api.stack_update, SELECT ... FOR UPDATE through SQLAlchemy's
ORM, and oslo.db's enginefacade around one UPDATE. Measured are one call that
succeeds, one call that conflicts with another traversal, and many writers
that start new traversals of one stack. Each server gets a scratch database,
which is dropped at the end.

By default it takes about four minutes on two cores. A Galera cluster is
started only with --engine galera. Prints tables, and writes benchmark.json,
benchmark.svg and the tables of doc/source/benchmarks, which --output
doc/source/benchmarks renews.
"""

import argparse
import os
import sys
import typing

from benchmarks import command
from benchmarks import contention
from benchmarks import latency
from benchmarks import machine
from benchmarks import report
from benchmarks import target

SCENARIOS = ('success', 'conflict')


class Step(typing.NamedTuple):
    """One thing to measure.

    :param table: what the result is part of
    """

    table: str
    text: str
    measure: typing.Callable
    arguments: tuple


def steps(args, engine):
    """Yield all that is measured on an engine."""
    delays = [] if engine == 'sqlite' else list(filter(None, args.delay))
    for scenario in SCENARIOS:
        yield Step('counts', 'what a %s sends' % scenario, latency.count,
                   (scenario,))
    for delay in [0, *delays]:
        for scenario in SCENARIOS:
            yield Step('latency', 'a ' + scenario + _added(delay),
                       latency.measure, (scenario, delay, args.rounds))
    for delay in [0, *delays]:
        for mode, writers in _crews(args, delay):
            yield Step(
                'contention',
                '%d writers, %s%s' % (writers, mode, _added(delay)),
                contention.measure,
                (mode, writers, delay, args.turns, args.seconds))


def _added(delay):
    return ', %g ms added' % delay if delay else ''


def _crews(args, delay):
    for mode in contention.MODES:
        for writers in args.delayed_writers if delay else args.writers:
            # One writer is the same in both.
            if mode == 'threads' or writers > 1 and not delay:
                yield mode, writers


def measure(args, open_target=target.scratch):
    """Do all that args say, and return the results.

    :param open_target: as target.scratch
    """
    results = {'machine': machine.description(), 'servers': {}, 'counts': [],
               'latency': [], 'contention': []}
    total = sum(len(list(steps(args, engine))) for engine in args.engine)
    done = 0
    for engine in args.engine:
        command.say('%s: making a database' % engine)
        with open_target(engine, args.connection, args.output) as opened:
            results['servers'][engine] = opened.description()
            for step in steps(args, engine):
                done += 1
                command.say('%d of %d: %s: %s' % (
                    done, total, engine, step.text))
                results[step.table] += step.measure(opened, *step.arguments)
    return results


def write(results, directory):
    command.write_json(results, os.path.join(directory, 'benchmark.json'))
    for name, rows in report.tables(results):
        command.write_csv(rows, os.path.join(directory, name + '.csv'))
    try:
        from benchmarks import plot
    except ImportError:
        command.say('no picture: matplotlib is not installed')
    else:
        plot.draw(results, os.path.join(directory, 'benchmark.svg'))


def arguments(argv=None):
    parser = argparse.ArgumentParser(
        prog='benchmark', description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    count = command.number(int, 1)
    add('--engine', action='append', choices=target.ENGINES,
        help='may be given several times; by default ' +
             ', '.join(target.SINGLE))
    command.add_connection(parser)
    add('--delay', action='append', metavar='MS',
        type=command.number(float, 0),
        help='to add to each round trip to a server; may be given several '
             'times; by default 2; 0 adds none')
    add('--rounds', type=count, default=300, metavar='N',
        help='calls of each way in each scenario; by default %(default)s')
    add('--writers', type=count, nargs='+', default=[1, 4, 16, 64],
        metavar='N', help='to one stack; by default 1 4 16 64')
    add('--delayed-writers', type=count, nargs='+', default=[16],
        metavar='N', help='with a delay, in threads; by default 16')
    add('--turns', type=count, default=2, metavar='N',
        help='of all writers with each way; by default %(default)s')
    add('--seconds', default=0.3,
        type=command.number(float, 0.001, contention.LONGEST),
        help='of each turn; by default %(default)s, at most ' +
             str(contention.LONGEST))
    add('--output', default='benchmark-results', metavar='DIRECTORY',
        help="for results, and for SQLite's file; by default %(default)s")
    command.add_comparison(parser)
    return _completed(parser, parser.parse_args(argv))


def _completed(parser, args):
    if args.delay is None:
        args.delay = [2]
    other = args.connection and args.connection.get_backend_name()
    if args.engine is None:
        args.engine = [other] if other else list(target.SINGLE)
    if other and args.engine != [other]:
        parser.error('--connection is for --engine %s' % other)
    args.engine = list(dict.fromkeys(args.engine))
    return args


def _run(args):
    command.configure()
    os.makedirs(args.output, exist_ok=True)
    results = measure(args)
    write(results, args.output)
    command.show(report.text(results), results, args.compare)
    command.say('the figures are in %s' % args.output)


if __name__ == '__main__':
    sys.exit(command.run(_run, arguments()))
