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

For each server and number of stacks, fills a scratch database at version 046
with as many stacks, templates and resources, and three times as many events.
Lets others write to it, and meanwhile runs db_sync to the newest version in a
process of its own. Does the same again with the statements that db_sync --sql
prints, sent by hand. Prints the seconds, and the memory that db_sync took, how
many statements it sent, and for each version the longest time that a statement
of the others took. The scratch databases are dropped at the end.
"""

import sys
import tempfile
import time

import sqlalchemy as sa

from benchmarks import command
from benchmarks import machine
from benchmarks import stacks
from benchmarks import syncing
from benchmarks import target
from benchmarks import users
from heat.db import api

USERS = ('update stack', 'update resource', 'insert event')
# On SQLite, several would wait for one another.
DEFAULT_USERS = {'sqlite': USERS[:1], 'mysql': USERS, 'postgresql': USERS}
# Seconds for which the users are watched without db_sync.
BEFORE = 3


def collect(args):
    """Do all that args say, and return the results."""
    results = {'machine': machine.description(), 'from_version': args.start,
               'servers': {}, 'runs': []}
    for engine in _engines(args):
        for rows in args.rows or (1000, 100000):
            results['runs'].append({
                'engine': engine, 'rows': rows, **_compare(
                    engine, rows, args, results['servers'])})
    return results


def _engines(args):
    if args.connection:
        return [args.connection.get_backend_name()]
    return args.engine or target.SINGLE


def _compare(engine, rows, args, servers):
    """Return the figures of db_sync, and of the same by hand in by_hand."""
    figures = {}
    for way, name in ((syncing.run, None), (syncing.run_by_hand, 'by_hand')):
        if name and args.no_by_hand:
            continue
        with target.scratch(
                engine, args.connection, args.directory,
                lambda engine: api.db_sync(engine, args.start)) as opened:
            servers[engine] = opened.description()
            url, = opened.urls
            title = '%s, %d stacks%s' % (
                engine, rows, name and ', by hand' or '')
            found = {'fill_s': _fill(url, rows, title),
                     **_migrate(url, rows, args, way)}
        figures.update({name: found} if name else found)
    return figures


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


def _migrate(url, rows, args, way):
    marked = _marked(url)
    others = [users.User(name, url, rows) for name in
              args.user or DEFAULT_USERS[url.get_backend_name()]]
    holders = [users.Holder(url, args.hold)] if args.hold else []
    try:
        begin = time.monotonic()
        time.sleep(BEFORE)
        done = way(url)
    finally:
        for process in others + holders:
            process.stop()
    return {
        'seconds': round(done['end'] - done['start'], 2),
        **{name: done[name] for name in ('memory_mib', 'statements',
                                         'changes') if name in done},
        'users': [_of_user(user, begin, done) for user in others],
        'versions': list(_of_versions(done, others, marked))}


def _marked(url):
    """Return the names of versions that need Heat's services stopped."""
    engine = sa.create_engine(url)
    try:
        return api.db_status(engine).needs_stopped_services
    finally:
        engine.dispose()


def _of_user(user, begin, done):
    return {'user': user.name, 'statements': len(user.samples),
            'longest_before_ms': _ms(user.longest(begin, done['start'])),
            'longest_ms': _ms(user.longest(done['start'], done['end'])),
            'errors': user.errors}


def _of_versions(done, others, marked):
    begin = done['start']
    for name, end in done['versions']:
        yield {'version': name, 'marked': name in marked,
               'seconds': round(end - begin, 2),
               'longest_ms': {user.name: _ms(user.longest(begin, end))
                              for user in others}}
        begin = end


def _ms(seconds):
    return round(seconds * 1000, 1)


def text(results):
    """Return tables of all results."""
    lines = ['%s: %s' % server for server in results['servers'].items()]
    for run in results['runs']:
        lines += ['', '%s, %d stacks: %.1f s, %.0f MiB, %d statements, %d '
                  'changes' % (run['engine'], run['rows'], run['seconds'],
                               run['memory_mib'], run['statements'],
                               run['changes'])]
        lines += _tables(run)
        if 'by_hand' in run:
            lines += ['by hand: %.1f s, a ratio of %.2f' % (
                run['by_hand']['seconds'],
                run['seconds'] / run['by_hand']['seconds'])]
            lines += _tables(run['by_hand'])
    return '\n'.join(lines)


def _tables(run):
    names = [user['user'] for user in run['users']]
    yield '  %-34s %9s  %s' % ('longest statement of others, ms', 'seconds',
                               '  '.join(names))
    for version in run['versions']:
        if not version['version'].endswith('placeholder'):
            yield _line(version['version'] + ' *' * version['marked'],
                        version['seconds'], version['longest_ms'])
    yield _line('without', BEFORE, {
        user['user']: user['longest_before_ms'] for user in run['users']})
    for user in run['users']:
        for error, number in user['errors'].items():
            yield '  %s: %d times "%s"' % (user['user'], number, error)


def _line(title, seconds, longest):
    return '  %-34s %9.2f  %s' % (title, seconds, '  '.join(
        '%*.0f' % (len(name), longest[name]) for name in longest))


def arguments(argv=None):
    parser = command.parser('migration', __doc__)
    add = parser.add_argument
    several = 'may be given several times; by default '
    add('--engine', action='append', choices=target.SINGLE,
        help=several + ', '.join(target.SINGLE))
    command.add_connection(parser)
    add('--rows', action='append', type=command.number(int, 1), metavar='N',
        help='stacks; %s1000 and 100000' % several)
    add('--from', dest='start', type=int, default=46, metavar='VERSION',
        help='by default %(default)s, the first')
    add('--user', action='append', choices=users.STATEMENTS,
        help='who uses the database meanwhile; %s%s, and on SQLite the first '
             'of them alone' % (several, ', '.join(USERS)))
    add('--hold', type=float, metavar='SECONDS',
        help='also keep transactions that have read a stack and a template '
             'open for so long, one after another')
    add('--no-by-hand', action='store_true', help='measure db_sync alone')
    add('--directory', default=tempfile.gettempdir(),
        help="for SQLite's file; by default %(default)s")
    command.add_results(parser, has_picture=True)
    return parser.parse_args(argv)


if __name__ == '__main__':
    sys.exit(command.run(command.report(
        collect, text, picture='migration_plot'), arguments()))
