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

"""Let real engines of Heat work, and look at what comes of it.

Two heat-engine processes with two workers each create stacks, update each
three times at once while it is created, roll an update back that fails, and
delete all. tools/heat-on-this.sh live calls this. The exit status is 0 if all
is as it was asked for, and nothing was written for an older traversal.
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile

from live import engines
from live import faults
from live import run
from live import servers

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
URL = 'mysql+pymysql://openstack_citest:openstack_citest@localhost/heat_live'


def parse_arguments():
    parser = argparse.ArgumentParser(prog='tools/heat-on-this.sh live')
    parser.add_argument('--source', help=argparse.SUPPRESS)
    parser.add_argument('--connection', default=URL, metavar='URL',
                        help='of the database, which is made anew')
    parser.add_argument('--galera', action='store_true',
                        help='use a cluster of this machine, started for it')
    parser.add_argument('--stacks', type=int, default=10, metavar='N')
    parser.add_argument('--resources', type=int, default=30, metavar='N',
                        help='of each stack, 6 or more')
    parser.add_argument('--rollbacks', type=int, default=1, metavar='N',
                        help='of how many stacks an update fails')
    parser.add_argument('--faults', nargs='+', default=[], metavar='FAULT',
                        choices=list(faults.FAULTS),
                        help='what happens, one after the other: %(choices)s')
    parser.add_argument('--patience', type=float, default=30, metavar='S',
                        help='after so many seconds without progress, users '
                        'ask again')
    parser.add_argument('--broker', metavar='URL',
                        default='rabbit://guest:guest@127.0.0.1:5672/')
    parser.add_argument('--logs', metavar='FOLDER',
                        help='leave configuration and logs of engines there')
    options = parser.parse_args()
    if 'node' in options.faults and not options.galera:
        parser.error('the fault node needs --galera')
    return options


# A warning of heat-status is none about what engines have done.
FINE = {'heat.cmd.manage': (0,), 'heat.cmd.status': (0, 1)}


def administer(installation, *words):
    """Run a command of this project, with Heat's own configuration.

    :returns: a list of what is wrong
    """
    module, *arguments = words
    result = subprocess.run(
        [sys.executable, '-m', module, '--config-file',
         installation.configuration, *arguments], cwd=ROOT,
        env={**os.environ, 'PYTHONPATH': ROOT}, capture_output=True, text=True)
    if result.returncode in FINE[module]:
        return []
    return ['%s: %d %s' % (' '.join(words), result.returncode,
                           result.stdout + result.stderr)]


def work(options, directory):
    """Return what was seen, by what it is."""
    with servers.Galera() if options.galera else servers.Server(
            options.connection) as database:
        installation = engines.Installation(
            options.source, directory, options.broker,
            database.url.render_as_string(hide_password=False))
        database.prepare()
        problems = administer(installation, 'heat.cmd.manage', 'db_sync')
        with run.Run(options, database, installation) as one:
            report = one.work()
        for words in (('heat.cmd.manage', 'db_check'),
                      ('heat.cmd.status', 'upgrade', 'check')):
            problems += administer(installation, *words)
    report['problems'] += problems
    return report


def main():
    options = parse_arguments()
    with contextlib.ExitStack() as stack:
        directory = os.path.abspath(options.logs or stack.enter_context(
            tempfile.TemporaryDirectory(prefix='heat-live-')))
        os.makedirs(directory, exist_ok=True)
        report = work(options, directory)
    print(json.dumps(report, indent=2))
    return 1 if report['violations'] or report['problems'] else 0


if __name__ == '__main__':
    sys.exit(main())
