#!/usr/bin/env python3
#
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

"""Count the tests of the last stestr run for each engine, name the failed.

Exit status: 1 if a test failed or none was run. With --whole, also if an
engine of HEAT_TEST_ENGINES has no test that passed or one that was skipped.
"""

import argparse
import collections
import os
import re
import sys

from stestr.repository import abstract
from stestr.repository import util
import subunit
import testtools

ENGINES = ('sqlite', 'mysql', 'postgresql', 'galera')
NO_ENGINE = 'no engine'
# Whatever is not here is a failure: a test still in progress has died.
OUTCOMES = {'success': 'passed', 'xfail': 'passed', 'skip': 'skipped'}
# How much of a failed test's traceback is shown, from its last frame on.
LINES = 12


def engine_of(test_id):
    """Return the engine among the scenarios at the end of a test's id."""
    scenarios = re.search(r'\(([^()]*)\)$', test_id)
    for name in scenarios.group(1).split(',') if scenarios else ():
        if name in ENGINES:
            return name
    return NO_ENGINE


def outcome_of(test):
    return OUTCOMES.get(test['status'], 'failed')


def tests_of_last_run(after):
    """Return the tests of the last stestr run; none of the first ones."""
    tests = []
    try:
        repository = util.get_repo_open()
    except abstract.RepositoryNotFound:
        return tests
    if repository.count() > after:
        stream = testtools.StreamToDict(tests.append)
        stream.startTestRun()
        subunit.ByteStreamToStreamResult(
            repository.get_latest_run().get_subunit_stream()).run(stream)
        stream.stopTestRun()
    return tests


def count(tests):
    """Return a Counter of outcomes for each engine."""
    counters = collections.defaultdict(collections.Counter)
    for test in tests:
        counters[engine_of(test['id'])][outcome_of(test)] += 1
    return counters


def show_failed(test):
    """Print a failed test's id and where its tracebacks end."""
    print('FAILED: %s (%s)' % (test['id'], test['status']))
    for name, detail in test['details'].items():
        if name.startswith('traceback'):
            last = detail.as_text().rpartition('  File ')[2]
            print('\n'.join(last.splitlines()[:LINES]))


def complaints(counters, required):
    """Yield what is wrong with a whole run although no test failed."""
    for engine in required:
        if not counters[engine]['passed']:
            yield 'no test passed on %s' % engine
        if counters[engine]['skipped']:
            yield 'tests were skipped on %s' % engine


def show(label, counter):
    print('%s%d passed, %d failed, %d skipped' % (
        label, counter['passed'], counter['failed'], counter['skipped']))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--after', type=int, default=0, metavar='N',
                        help='the first N runs are old ones: not to be shown')
    parser.add_argument('--whole', action='store_true',
                        help='all tests were to be run')
    args = parser.parse_args()

    tests = tests_of_last_run(args.after)
    counters = count(tests)
    total = sum(counters.values(), collections.Counter())

    wrong = []
    if args.whole:
        engines = os.environ.get('HEAT_TEST_ENGINES', '').split(',')
        wrong = list(complaints(counters, filter(None, engines)))
    if not total['passed'] + total['failed']:
        wrong.append('no test was run')
    for test in tests:
        if outcome_of(test) == 'failed':
            show_failed(test)
    for complaint in wrong:
        print('ERROR: %s' % complaint)
    for engine in ENGINES + (NO_ENGINE,):
        show('%-11s' % engine, counters[engine])
    show('', total)
    return 1 if wrong or total['failed'] else 0


if __name__ == '__main__':
    sys.exit(main())
