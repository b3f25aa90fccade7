#!/usr/bin/env python3
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

"""Measure how long db_sync makes others wait.

Fills a scratch database of the given server at version 046 with stacks, lets
one connection update stacks, one read them and one update templates, as fast
as they can, and runs heat-manage db_sync meanwhile. Prints, for each version,
the longest time that a statement of each took. The scratch database is
dropped at the end.
"""

import argparse
import collections
import os
import random
import subprocess
import sys
import threading
import time

import sqlalchemy as sa
from sqlalchemy.engine import make_url

from heat.db import api

NAME = 'heat_measure_stalls'
TEMPLATES = 1000
CHUNK = 10000

USERS = {
    'update stack': 'UPDATE stack SET status_reason = :value WHERE id = :id',
    'read stack': 'SELECT name, status FROM stack WHERE id = :id',
    'update template': 'UPDATE raw_template SET template = :value '
                       'WHERE id = :template',
}


def main():
    args = _arguments()
    server = sa.create_engine(args.url, isolation_level='AUTOCOMMIT')
    with server.connect() as conn:
        conn.exec_driver_sql('DROP DATABASE IF EXISTS %s' % NAME)
        conn.exec_driver_sql('CREATE DATABASE %s' % NAME)
    url = make_url(args.url).set(database=NAME)
    try:
        engine = sa.create_engine(url)
        _fill(engine, args.stacks)
        _measure(engine, args)
        engine.dispose()
    finally:
        with server.connect() as conn:
            conn.exec_driver_sql('DROP DATABASE %s' % NAME)


def _arguments():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('url', help='mysql+pymysql://USER:PASSWORD@HOST/DB or '
                        'postgresql+psycopg2://...: a user who may create '
                        'databases, and a database to log in to')
    parser.add_argument('--stacks', type=int, default=100000)
    parser.add_argument('--hold', type=float, metavar='SECONDS', default=0,
                        help='also keep transactions that have read a stack '
                        'and a template open for so long, one after another')
    parser.add_argument('--from', dest='start', type=int, default=46,
                        metavar='VERSION')
    return parser.parse_args()


def _stack_id(number):
    return '%08d-0000-4000-8000-000000000000' % number


def _fill(engine, stacks):
    _say('filling %d stacks' % stacks)
    api.db_sync(engine, 46)
    template, stack = (sa.Table(name, sa.MetaData(), autoload_with=engine,
                                resolve_fks=False)
                       for name in ('raw_template', 'stack'))
    with engine.begin() as conn:
        conn.execute(template.insert(), [
            {'id': number, 'template': '{}'}
            for number in range(1, TEMPLATES)])
    for start in range(0, stacks, CHUNK):
        with engine.begin() as conn:
            conn.execute(stack.insert().values([
                {'id': _stack_id(number), 'name': 'stack-%d' % number,
                 'raw_template_id': number % (TEMPLATES - 1) + 1,
                 'tenant': 'tenant-%d' % (number % 100),
                 'owner_id': _stack_id(number - 1) if number % 4 else None,
                 'parameters': '{}', 'disable_rollback': False,
                 'backup': False, 'status': 'COMPLETE', 'action': 'CREATE'}
                for number in range(start, min(start + CHUNK, stacks))]))


def _measure(engine, args):
    api.db_sync(engine, args.start)
    stop = threading.Event()
    samples = collections.defaultdict(list)
    threads = [threading.Thread(target=_use, args=(
        engine, statement, args.stacks, stop, samples[user]))
        for user, statement in USERS.items()]
    if args.hold:
        threads.append(threading.Thread(
            target=_hold, args=(engine, args.hold, stop)))
    for thread in threads:
        thread.start()
    try:
        # What they are like without db_sync.
        time.sleep(3)
        started = time.monotonic()
        versions = [('(before)', started)] + _sync(engine)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    _print(versions, started, samples)


def _use(engine, statement, stacks, stop, samples):
    statement = sa.text(statement)
    with engine.connect().execution_options(
            isolation_level='AUTOCOMMIT') as conn:
        while not stop.is_set():
            started = time.monotonic()
            conn.execute(statement, {
                'id': _stack_id(random.randrange(stacks)), 'value': '{}',
                'template': random.randrange(1, TEMPLATES)})
            samples.append((started, time.monotonic() - started))


def _hold(engine, seconds, stop):
    with engine.connect() as conn:
        while not stop.is_set():
            with conn.begin():
                conn.exec_driver_sql('SELECT 1 FROM stack, raw_template '
                                     'LIMIT 1')
                stop.wait(seconds)
            stop.wait(seconds / 2)


def _sync(engine):
    """Run db_sync; return when each version was in place."""
    environment = dict(
        os.environ, OS_DATABASE__CONNECTION=engine.url.render_as_string(
            hide_password=False), PYTHONUNBUFFERED='1')
    command = os.path.join(os.path.dirname(sys.executable), 'heat-manage')
    process = subprocess.Popen([command, 'db_sync'], env=environment,
                               text=True, stdout=subprocess.PIPE)
    versions = [(line.split()[0], time.monotonic())
                for line in process.stdout if line.startswith('0')]
    if process.wait():
        sys.exit('db_sync failed')
    return versions


def _print(versions, started, samples):
    print('%-30s %8s' % ('version', 'seconds') +
          ''.join(' %16s' % user for user in samples))
    begin = 0
    for name, end in versions:
        print('%-30s %8.1f' % (name, end - max(begin, started)), end='')
        for taken in samples.values():
            longest = max((seconds for start, seconds in taken
                           if start < end and start + seconds > begin),
                          default=0)
            print(' %13.0f ms' % (longest * 1000), end='')
        print()
        begin = end
    for user, taken in samples.items():
        print('%s: %d times' % (user, len(taken)))


def _say(text, **options):
    print(text, file=sys.stderr, flush=True, **options)


if __name__ == '__main__':
    main()
