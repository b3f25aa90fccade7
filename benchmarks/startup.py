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

"""Measure how long heat takes to start.

Runs whole processes, one after the other in turn: Python alone, SQLAlchemy
with oslo.db's own package, all libraries that heat.db.api needs, heat.db.api,
and heat-manage db_version for an SQLite database. Prints the medians, what
they are as multiples of the first three, and how many modules each has loaded
in the end.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time

import sqlalchemy as sa

from benchmarks import command
from benchmarks import machine
from heat.db import api

# The first three are what the others are compared with.
PROGRAMS = {
    'python': 'pass',
    'sqlalchemy': 'import sqlalchemy, oslo_db',
    'libraries': 'from oslo_db.sqlalchemy import enginefacade; '
                 'from oslo_log import log; from sqlalchemy import orm',
    'heat.db.api': 'import heat.db.api',
    # What the script does that is installed as heat-manage.
    'heat-manage db_version': 'from heat.cmd import manage; '
                              'manage.main(["db_version"])'}
MARKS = list(PROGRAMS)[:3]
COUNT_MODULES = '; import sys; print(len(sys.modules))'


def measure(runs):
    """Let the programs take turns, and return the results."""
    seconds = {name: [] for name in PROGRAMS}
    with tempfile.TemporaryDirectory() as directory:
        url = 'sqlite:///' + os.path.join(directory, 'heat.sqlite')
        api.db_sync(sa.create_engine(url))
        modules = {name: int(_run(code + COUNT_MODULES, url).split()[-1])
                   for name, code in PROGRAMS.items()}
        for number in range(runs):
            command.say('%d of %d' % (number + 1, runs))
            for name, code in PROGRAMS.items():
                start = time.monotonic()
                _run(code, url)
                seconds[name].append(time.monotonic() - start)
    return {'machine': machine.description(), 'runs': runs, 'programs': {
        name: _figures(name, seconds, modules[name]) for name in PROGRAMS}}


def _run(code, url):
    return subprocess.run(
        (sys.executable, '-c', code), check=True, text=True,
        stdout=subprocess.PIPE,
        env={**os.environ, 'OS_DATABASE__CONNECTION': url}).stdout


def _figures(name, seconds, modules):
    return {
        'median_ms': round(1000 * statistics.median(seconds[name]), 1),
        'minimum_ms': round(1000 * min(seconds[name]), 1),
        'modules': modules,
        # Of each turn: so they hold while the speed of the machine changes.
        'ratios': {mark: round(statistics.median(
            own / other for own, other in zip(seconds[name], seconds[mark])
        ), 2) for mark in MARKS}}


def text(results):
    """Return a table of all results."""
    return command.aligned([
        ['program', 'median ms', 'least ms', 'modules',
         *('/ ' + mark for mark in MARKS)],
        *([name, round(found['median_ms']), round(found['minimum_ms']),
           found['modules'], *('%.2f' % found['ratios'][mark]
                               for mark in MARKS)]
          for name, found in results['programs'].items())])


def arguments():
    parser = command.parser('startup', __doc__)
    parser.add_argument('--runs', default=20, metavar='N',
                        type=command.number(int, 1),
                        help='turns; by default %(default)s')
    command.add_results(parser)
    return parser.parse_args()


if __name__ == '__main__':
    sys.exit(command.run(command.report(
        lambda args: measure(args.runs), text), arguments()))
