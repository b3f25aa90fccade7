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

"""The benchmark measures what it says, in a run as short as can be."""

import contextlib
import io
import json

import fixtures
from testtools import matchers

from benchmarks import latency
from benchmarks import report
from benchmarks import route
from benchmarks import run
from benchmarks import target
from heat.db import api
from heat.db.sqlalchemy.engine import listeners
from heat.tests import base
from heat.tests import ways

# What makes figures good, and takes time.
PATIENCE = {'latency.WARM_UP': 2, 'route.SAMPLES': 15}
# One for each engine, for both would take too long.
MODES = {'sqlite': 'threads', 'mysql': 'processes', 'postgresql': 'threads'}


class BenchmarkTestCase(base.APITestCase):

    def setUp(self):
        super().setUp()
        self.progress = io.StringIO()
        self.useFixture(fixtures.MonkeyPatch('sys.stderr', self.progress))
        for name, value in PATIENCE.items():
            self.useFixture(fixtures.MonkeyPatch('benchmarks.' + name, value))


class BenchmarkTest(BenchmarkTestCase):

    @contextlib.contextmanager
    def open_target(self, engine, connection, directory):
        yield target.Target(engine, [self.engine.url])

    def test_all_ways_are_measured_and_counted(self):
        mode = MODES[self.driver]
        self.useFixture(fixtures.MonkeyPatch(
            'benchmarks.contention.MODES', [mode]))
        results = run.measure(
            run.arguments([
                '--engine', self.driver, '--rounds', '2', '--writers', '2',
                '--turns', '1', '--seconds', '0.02', '--delay', '0']),
            self.open_target)
        self.assertIn('5 of 5: ', self.progress.getvalue())
        self.check_counts({(record['way'], record['scenario']): record
                           for record in results['counts']})
        self.check_contention(results['contention'], mode)
        self.assertEqual(
            2 * list(ways.CALL_WAYS),
            [record['way'] for record in results['latency']])
        self.assertThat(report.text(json.loads(json.dumps(results))),
                        matchers.Contains('writers to one stack, ' + mode))

    def test_only_the_public_way_is_listened_to(self):
        with latency.opened(self.engine.url) as all_ways:
            for name, way in all_ways.items():
                with way.turn():
                    self.assertEqual(name == 'stack_update, public',
                                     listeners.has_any(api.get_engine()))
                self.assertFalse(listeners.has_any(api.get_engine()))

    def check_counts(self, counts):
        for scenario, number in ('success', 1), ('conflict', 2):
            for name in 'driver', 'stack_update', 'stack_update, public':
                self.check_count(counts[name, scenario], number)
        if self.driver != 'sqlite':
            self.check_count(counts['enginefacade', 'success'], 4)
            self.check_count(counts['enginefacade', 'conflict'], 5)

    def check_count(self, record, number):
        self.assertEqual(number, record['statements'])
        self.assertEqual(None if self.driver == 'sqlite' else number,
                         record['round_trips'])

    def check_contention(self, records, mode):
        self.assertEqual(
            [(mode, name) for name in (*ways.FAIR_WAYS, *ways.BLIND_WAYS)],
            [(record['mode'], record['way']) for record in records])
        for record in records:
            if (self.driver, record['way']) != ('sqlite', 'for update'):
                self.assertEqual(0, record['double_wins'])


@base.only_on('mysql', 'postgresql')
class DelayTest(BenchmarkTestCase):

    def test_a_delay_is_as_long_as_it_should(self):
        with route.delayed([self.engine.url], 3) as urls:
            self.assertThat(route.round_trip(urls[0]),
                            matchers.GreaterThan(2.5))
