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

"""Run tests of a real Heat; tools/heat-on-this.sh calls this in its source.

Prints each test that failed, and a line with the numbers. The exit status is
0 if just those tests failed that are expected to.
"""

import argparse
import fnmatch
import os
import sys
import unittest
import warnings

# Before anything else of Heat: it chooses between threads and eventlet.
from heat.tests import common  # noqa: F401

from heat.db import api
from heat.db import filters
from oslo_db import options
from oslo_db.sqlalchemy import utils


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--connection', default='sqlite://',
                        help='the URL of the database, which is emptied')
    parser.add_argument('--expected', default=os.devnull,
                        help='a file of names of tests that fail, with * for '
                        'any text; what is behind a # is the reason')
    parser.add_argument('tests', nargs='+', help='modules and packages')
    return parser.parse_args()


def use_connection(connection):
    """Let Heat's tests use another database than SQLite in memory."""
    set_defaults = options.set_defaults
    options.set_defaults = lambda conf, **_: set_defaults(
        conf, connection=connection)


def leave_foreign_keys_alone():
    """Let SQLite check no foreign keys, as Heat's own layer does.

    Many tests store resources of stacks that they have not stored.
    """
    try:
        from heat.db.sqlalchemy.engine import facade
    except ImportError:
        # This is Heat's own layer.
        return
    facade.context_manager.configure(sqlite_fk=False)


def find(names):
    loader = unittest.TestLoader()
    suite = unittest.TestSuite()
    for name in names:
        path = name.replace('.', os.sep)
        suite.addTests(loader.discover(path, top_level_dir='.')
                       if os.path.isdir(path) else
                       loader.loadTestsFromName(name))
    return suite


def read_expected(path):
    with open(path) as lines:
        return [line.partition('#')[0].strip() for line in lines
                if line.partition('#')[0].strip()]


def main():
    arguments = parse_arguments()
    expected = read_expected(arguments.expected)
    warnings.simplefilter('ignore')
    use_connection(arguments.connection)
    leave_foreign_keys_alone()
    # Some tests name them as parts of this module when they are loaded.
    for name, module in (('utils', utils), ('db_filters', filters)):
        if not hasattr(api, name):
            setattr(api, name, module)
    result = unittest.TextTestRunner(verbosity=0, warnings='ignore').run(
        find(arguments.tests))
    failed = {test.id() for test, _ in result.failures + result.errors}
    surprises = {name for name in failed if not any(
        fnmatch.fnmatchcase(name, pattern) for pattern in expected)}
    for name in sorted(surprises):
        print('FAILED', name)
    print('%d tests of Heat: %d passed, %d skipped, %d failed as expected, '
          '%d failed' % (
              result.testsRun,
              result.testsRun - len(failed) - len(result.skipped),
              len(result.skipped), len(failed - surprises), len(surprises)))
    sys.exit(1 if surprises or not result.testsRun else 0)


if __name__ == '__main__':
    main()
