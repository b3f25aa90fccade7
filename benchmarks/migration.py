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

"""Measure what it takes to migrate a database with many stacks.

For each server and number of stacks, fills a scratch database at version 054,
lets one process update stacks, and runs db_sync to the newest version in
another one meanwhile. Prints the seconds and the memory that db_sync took, how
many statements it sent, and the longest time that a statement of the users
took: without db_sync, and with it. The scratch databases are dropped at the
end.
"""

import argparse
import sys
import tempfile
import time

from benchmarks import command
from benchmarks import machine
from benchmarks import stacks
from benchmarks import syncing
from benchmarks import target
from benchmarks import users

ENGINES = ('sqlite', 'mysql', 'postgresql')
# Seconds for which the users are watched without db_sync.
BEFORE = 3


def measure(args):
    """Do all that args say, and return the results."""
    results = {'machine': machine.description(), 'from_version': args.start,
               'servers': {}, 'runs': []}
    for engine in _engines(args):
        for rows in args.rows or (1000, 100000):
            with target.scratch(engine, args.connection, args.directory,
                                args.start) as opened:
                results['servers'][engine] = opened.description()
                url, = opened.urls
                seconds = _fill(url, rows, '%s, %d stacks' % (
                    engine, rows))
                results['runs'].append({
                    'engine': engine, 'rows': rows, 'fill_s': seconds,
                    **_migrate(url, rows, args)})
    return results


def _engines(args):
    if args.connection:
        return [args.connection.get_backend_name()]
    return args.engine or ENGINES


def _fill(url, rows, title):
    """Return the seconds that it took."""
    start = told = time.monotonic()

    def tell(done):
        nonlocal told
        if done == rows or time.monotonic() - told > 5:
            told = time.monotonic()
            command.say('%s: filling, %d %%' % (title, 100 * done / rows))

    stacks.make(url, rows, tell)
    command.say('%s: migrating' % title)
    return round(time.monotonic() - start, 1)


def _migrate(url, rows, args):
    others = [users.User(name, url, rows)
              for name in args.user or ('update stack',)]
    holders = [users.Holder(url, args.hold)] if args.hold else []
    try:
        begin = time.monotonic()
        time.sleep(BEFORE)
        done = syncing.run(url)
    finally:
        for process in others + holders:
            process.stop()
    return {
        'seconds': round(done['end'] - done['start'], 2),
        'memory_mib': round(done['memory_mib'], 1),
        'statements': done['statements'], 'changes': done['changes'],
        'users': [_of_user(user, begin, done) for user in others],
        'versions': list(_of_versions(done, others))}


def _of_user(user, begin, done):
    return {'user': user.name, 'statements': len(user.samples),
            'longest_before_ms': _ms(user.longest(begin, done['start'])),
            'longest_ms': _ms(user.longest(done['start'], done['end'])),
            'errors': user.errors}


def _of_versions(done, others):
    begin = done['start']
    for name, end in done['versions']:
        yield {'version': name, 'seconds': round(end - begin, 2),
               'longest_ms': {user.name: _ms(user.longest(begin, end))
                              for user in others}}
        begin = end


def _ms(seconds):
    return round(seconds * 1000, 1)


def text(results):
    """Return tables of all results."""
    lines = ['%s: %s' % server for server in results['servers'].items()]
    lines += ['', '%-11s %9s %9s %7s %11s %8s  %s' % (
        'engine', 'stacks', 'seconds', 'MiB', 'statements', 'changes',
        'longest statement of others, without / with db_sync')]
    for run in results['runs']:
        lines.append('%-11s %9d %9.2f %7.0f %11d %8d  %s' % (
            run['engine'], run['rows'], run['seconds'], run['memory_mib'],
            run['statements'], run['changes'],
            '; '.join(map(_user_text, run['users']))))
        if len(run['versions']) > 1:
            lines += map(_version_text, run['versions'])
    return '\n'.join(lines)


def _user_text(user):
    return '%s %.0f / %.0f ms%s' % (
        user['user'], user['longest_before_ms'], user['longest_ms'],
        ''.join(', %d times "%s"' % (number, error)
                for error, number in user['errors'].items()))


def _version_text(version):
    return '  %-28s %.2f s; %s' % (
        version['version'], version['seconds'], '; '.join(
            '%s %.0f ms' % item for item in version['longest_ms'].items()))


def arguments(argv=None):
    parser = argparse.ArgumentParser(
        prog='python -m benchmarks.migration', description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    several = 'may be given several times; by default '
    add('--engine', action='append', choices=ENGINES,
        help=several + ', '.join(ENGINES))
    command.add_connection(parser)
    add('--rows', action='append', type=command.number(int, 1), metavar='N',
        help='stacks; %s1000 and 100000' % several)
    add('--from', dest='start', type=int, default=54, metavar='VERSION',
        help='by default %(default)s; 46 is the first')
    add('--user', action='append', choices=users.STATEMENTS,
        help='who uses the database meanwhile; %supdate stack' % several)
    add('--hold', type=float, metavar='SECONDS',
        help='also keep transactions that have read a stack and a template '
             'open for so long, one after another')
    add('--directory', default=tempfile.gettempdir(),
        help="for SQLite's file; by default %(default)s")
    add('--json', metavar='FILE', help='to write all figures to')
    add('--plot', metavar='FILE', help='to write a picture in SVG to')
    return parser.parse_args(argv)


def _run(args):
    results = measure(args)
    if args.json:
        command.write_json(results, args.json)
    if args.plot:
        # It needs matplotlib.
        from benchmarks import migration_plot
        migration_plot.draw(results, args.plot)
    print(text(results))


if __name__ == '__main__':
    sys.exit(command.run(_run, arguments()))
