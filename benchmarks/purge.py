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

"""Purging of deleted stacks, by this package and by Heat 25's own.

Fills two scratch databases with the same rows: one has the schema that this
package's db_sync makes, the other one that of Heat 25's own. Other processes
insert and update in both all the time, stacks that are not deleted. Meanwhile
the stacks are purged in ten turns, in which both take part one after the
other, each time in a process of its own; benchmarks.purge_engine is that. With
--limit a turn ends after so long, and what is left waits for the next one.
Prints the seconds, the memory, and how long statements of the others took: in
the same database; in the other one, which tells how much of it is due to the
machine; and before the first turn. tools/heat-venv.sh makes the environment of
Heat 25. The scratch databases are dropped at the end.
"""

import contextlib
import functools
import json
import os
import subprocess
import sys
import tempfile
import time

import sqlalchemy as sa

from benchmarks import command
from benchmarks import deleted
from benchmarks import layers
from benchmarks import machine
from benchmarks import purge_engine
from benchmarks import target
from benchmarks import users
from heat.db import api

LAYERS = (layers.OURS, layers.OWN)
LIVE = 1000
# Seconds: waits that are compared with those elsewhere.
CONSIDERED = 0.02
USERS = ('update stack', 'insert event', 'insert stack')


class Side:
    """A layer, the database that it purges, and who uses that."""

    def __init__(self, layer, path, opened, args):
        self.layer = layer
        self.path = path
        self.engine = opened.engine
        self.server = opened.description()
        self.url, = opened.urls
        self.limit = args.limit
        self.turns = []
        self.error = None
        deleted.make(self.url, LIVE, args.stacks, args.events, lambda done:
                     command.say('%s: %d stacks are there' % (layer, done)))

    @contextlib.contextmanager
    def used(self):
        """Let others use the database."""
        names = USERS[:1] if self.engine == 'sqlite' else USERS
        self.users = [users.User(name, self.url, LIVE) for name in names]
        try:
            yield
        finally:
            for user in self.users:
                user.stop()

    def purge(self, turn):
        if self.error:
            return
        done = subprocess.run(
            (layers.PYTHON, purge_engine.__file__, str(deleted.age(turn)),
             str(self.limit)),
            env=_environment(self.url, PYTHONPATH=self.path), cwd=self.path,
            text=True, capture_output=True)
        if done.returncode:
            self.error = done.stderr.strip().splitlines()[-1]
        else:
            self.turns.append(json.loads(done.stdout))
            command.say('%s: turn %d took %.1f s' % (
                self.layer, turn + 1, _seconds(self.turns[-1:])))

    def result(self, others, idle):
        """Return its figures.

        :param others: those who used another database meanwhile
        :param idle: times when nothing was purged
        """
        return {
            'engine': self.engine, 'server': self.server,
            'layer': self.layer, 'error': self.error,
            'left': _deleted_stacks(self.url),
            'seconds': _seconds(self.turns),
            'memory_mib': [turn['memory_mib'] for turn in self.turns],
            'waits_ms': _waits(self.turns, self.users),
            'waits_elsewhere_ms': _waits(self.turns, others),
            'waits_before_ms': _waits(idle, self.users),
            'outlasts_ms': _outlasts(self.turns, self.users, others),
            'errors': sum(sum(user.errors.values()) for user in self.users)}


def _environment(url, **others):
    return {**os.environ, **others, 'OS_DATABASE__CONNECTION':
            url.render_as_string(hide_password=False)}


def _seconds(turns):
    return sum(turn['end'] - turn['start'] for turn in turns)


def _waits(turns, others):
    """Return how long statements took that were under way in some turns."""
    found = sorted(seconds * 1000 for _, seconds in _samples(turns, others))
    return {'statements': len(found), **{
        name: found[int(share * (len(found) - 1))] if found else None
        for name, share in (('half', 0.5), ('99 %', 0.99), ('99.9 %', 0.999),
                            ('longest', 1))}}


def _samples(turns, others):
    return [(start, seconds) for user in others
            for start, seconds in user.samples
            if any(start < turn['end'] and start + seconds > turn['start']
                   for turn in turns)]


def _outlasts(turns, others, elsewhere):
    """Return the most that a wait lasted longer than all elsewhere then."""
    return max((1000 * (seconds - max(
        user.longest(start, start + seconds) for user in elsewhere))
        for start, seconds in _samples(turns, others)
        if seconds > CONSIDERED), default=0) if elsewhere else None


def _deleted_stacks(url):
    engine = sa.create_engine(url)
    with engine.connect() as conn:
        number = conn.exec_driver_sql(
            'SELECT COUNT(*) FROM stack WHERE deleted_at IS NOT NULL'
        ).scalar()
    engine.dispose()
    return number


def _migrate(path, engine):
    """Let Heat, of which the source is there, make its schema."""
    subprocess.run(
        (os.path.join(os.path.dirname(layers.PYTHON), 'heat-manage'),
         'db_sync'), check=True, capture_output=True,
        env=_environment(engine.url, PYTHONPATH=path), cwd=path)


def measure(args, engine):
    """Let the layers take turns on a server; return a result for each."""
    with contextlib.ExitStack() as databases:
        paths = layers.lay(databases.enter_context(
            tempfile.TemporaryDirectory()))
        sides = []
        for layer in args.layer:
            directory = databases.enter_context(
                tempfile.TemporaryDirectory(dir=args.directory))
            migrate = (functools.partial(_migrate, paths[layer])
                       if layer == layers.OWN else api.db_sync)
            sides.append(Side(layer, paths[layer], databases.enter_context(
                target.scratch(engine, args.connection, directory, migrate)),
                args))
        with contextlib.ExitStack() as used:
            for side in sides:
                used.enter_context(side.used())
            start = time.monotonic()
            time.sleep(args.before)
            idle = [{'start': start, 'end': time.monotonic()}]
            for turn in range(deleted.TURNS):
                for side in sides[::-1 if turn % 2 else 1]:
                    side.purge(turn)
        return [side.result(
            [user for other in sides if other is not side
             for user in other.users], idle) for side in sides]


def rows(results):
    """Return the table of the documentation."""
    yield ['Engine', 'Purge by', 'Stacks', 'Seconds', 'MiB, first turn',
           'MiB, last', 'Waits, ms: 99.9 %', 'longest', 'elsewhere: 99.9 %',
           'longest', 'before: longest', 'longer than all elsewhere then']
    for one in results['purges']:
        memory = one['memory_mib'] or [None]
        yield [one['engine'], one['layer'], *map(_rounded, (
            results['stacks'] - one['left'], one['seconds'], memory[0],
            memory[-1],
            one['waits_ms']['99.9 %'], one['waits_ms']['longest'],
            one['waits_elsewhere_ms']['99.9 %'],
            one['waits_elsewhere_ms']['longest'],
            one['waits_before_ms']['longest'], one['outlasts_ms']))]


def _rounded(number):
    return 'n/a' if number is None else '%.0f' % number


def text(results):
    """Return a table of all results."""
    return '\n'.join((
        '%d stacks, %d rows' % (
            results['stacks'], results['stacks'] *
            (results['events'] * 2 + deleted.OTHER_ROWS)),
        command.aligned(rows(results)),
        *('%(engine)s, %(layer)s: %(error)s' % one
          for one in results['purges'] if one['error'])))


def arguments(argv=None):
    parser = command.parser('purge', __doc__)
    count = command.number(int, 1)
    command.add_engines(parser, target.SINGLE, list(target.SERVERS))
    parser.add_argument('--layer', nargs='+', choices=LAYERS, default=LAYERS,
                        help='by default both')
    parser.add_argument('--stacks', type=count, default=10000, metavar='N',
                        help='that are deleted; by default %(default)s')
    parser.add_argument('--events', type=count, default=5, metavar='N',
                        help='of each stack; by default %(default)s')
    parser.add_argument('--limit', type=count, default=0, metavar='SECONDS',
                        help='of each turn; by default none')
    parser.add_argument('--before', type=command.number(float, 0), default=10,
                        metavar='SECONDS', help='how long the others are '
                        'measured alone; by default %(default)s')
    parser.add_argument('--directory', default=tempfile.gettempdir(),
                        help="for SQLite's files; by default %(default)s")
    command.add_results(parser, has_rows=True)
    return parser.parse_args(argv)


def collect(args):
    """Do all that args say, and return the results."""
    return {'machine': machine.description(), 'stacks': args.stacks,
            'events': args.events, 'purges': [
                one for engine in args.engine
                for one in measure(args, engine)]}


if __name__ == '__main__':
    sys.exit(command.run(command.report(collect, text, rows), arguments()))
