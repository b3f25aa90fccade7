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

"""The smaller benchmarks say what they have measured."""

import contextlib
import io
import json
import os

import fixtures
import sqlalchemy as sa
import testtools
from testtools import matchers

from benchmarks import calls
from benchmarks import comparison
from benchmarks import growth
from benchmarks import inputs
from benchmarks import layers
from benchmarks import migration
from benchmarks import purge
from benchmarks import stacks
from benchmarks import startup
from benchmarks import traversal
from benchmarks import users
from heat.db import api
from heat.tests import driver


class FiguresTest(testtools.TestCase):

    def setUp(self):
        super().setUp()
        self.directory = self.useFixture(fixtures.TempDir()).path
        self.useFixture(fixtures.MonkeyPatch('sys.stderr', io.StringIO()))

    def test_migration(self):
        self.useFixture(fixtures.MonkeyPatch(
            'benchmarks.migration.BEFORE', 0.1))
        results = json.loads(json.dumps(migration.collect(
            migration.arguments(['--engine', 'sqlite', '--rows', '20',
                                 '--from', '54',
                                 '--directory', self.directory]))))
        run, = results['runs']
        self.assertEqual(('sqlite', 20), (run['engine'], run['rows']))
        versions = [found['version'] for found in run['versions']]
        self.assertEqual('055_stack_convergence_data', versions[0])
        self.assertIn('086_drop_watch_rules', versions)
        for name, least in (('seconds', 0.01), ('memory_mib', 20),
                            ('statements', 6), ('changes', 3)):
            self.assertThat(run[name], matchers.GreaterThan(least))
        user, = run['users']
        self.assertEqual(('update stack', {}), (user['user'], user['errors']))
        self.assertThat(user['statements'], matchers.GreaterThan(10))
        self.assertThat(user['longest_ms'], matchers.GreaterThan(0))
        by_hand = run['by_hand']
        self.assertEqual(versions, [found['version'] for found in
                                    by_hand['versions']])
        marked = {found['version'] for found in run['versions']
                  if found['marked']}
        self.assertIn('056_template_environment', marked)
        self.assertNotIn('058_resource_lock', marked)
        self.assertThat(by_hand['seconds'], matchers.GreaterThan(0))
        self.assertIn('by hand', migration.text(results))

    def test_users_follow_the_versions(self):
        """What is refused before 057, or from there on, is no error."""
        for version in 56, 57:
            path = os.path.join(self.directory, '%d.sqlite' % version)
            url = sa.engine.make_url('sqlite:///' + path)
            engine = sa.create_engine(url)
            api.db_sync(engine, version)
            stacks.make(url, 5, lambda done: None)
            values = {'id': stacks.row_id(4), 'template': 5, 'value': 9}
            with contextlib.closing(driver.open_connection(url)) as conn:
                cursor = conn.cursor()
                for statements in users.STATEMENTS.values():
                    users.send(cursor, statements, values)
                for table in 'stack', 'resource':
                    self.assertEqual([('written 9',)], cursor.execute(
                        'SELECT status_reason FROM %s WHERE status_reason '
                        "LIKE 'written%%'" % table).fetchall())
            engine.dispose()

    def test_stacks(self):
        """There are as many as asked for, the last chunk being a part.

        What belongs to them is there, too.
        """
        self.useFixture(fixtures.MonkeyPatch('benchmarks.stacks.DIGITS', 2))
        self.useFixture(fixtures.MonkeyPatch('benchmarks.stacks.CHUNK', 100))
        url = sa.engine.make_url('sqlite:///%s/heat.sqlite' % self.directory)
        engine = sa.create_engine(url)
        api.db_sync(engine, 46)
        told = []
        stacks.make(url, 234, told.append)
        self.assertEqual([100, 200, 234], told)
        with engine.connect() as conn:
            for table, column, each in (('stack', 'id', 1),
                                        ('resource', 'stack_id', 1),
                                        ('event', 'stack_id', 3)):
                self.assertEqual(
                    [(stacks.row_id(number),) for number in range(234)
                     for _ in range(each)],
                    conn.exec_driver_sql('SELECT %s FROM %s ORDER BY 1' % (
                        column, table)).all())
            self.assertEqual(24, conn.exec_driver_sql(
                'SELECT COUNT(*) FROM resource_data').scalar())
        engine.dispose()

    def test_inputs(self):
        results = json.loads(json.dumps(inputs.collect(inputs.arguments(
            ['--engine', 'sqlite', '--inputs', '10', '--workers', '3',
             '--bytes', '5']))))
        found = results['inputs']
        self.assertEqual(list(inputs.WAYS), [one['way'] for one in found])
        self.assertEqual((1, 1), (found[0]['ratio'],
                                  found[0]['tries_per_input']))
        for one in found:
            self.assertThat(one['seconds'], matchers.GreaterThan(0))
            self.assertThat(one['tries_per_input'],
                            matchers.Not(matchers.LessThan(1)))
            self.assertIn(one['way'], inputs.text(results))

    def test_traversal(self):
        results = json.loads(json.dumps(traversal.collect(
            traversal.arguments(['--engine', 'sqlite', '--resources', '12',
                                 '--workers', '2']))))
        found = results['traversals']
        self.assertEqual(list(layers.LAYERS),
                         [one['layer'] for one in found])
        for one in found:
            self.assertEqual(('sqlite', 2), (one['engine'], one['workers']))
            self.assertIn(one['layer'], traversal.text(results))
            if one['layer'] == layers.OWN and one['error']:
                # It gives up now and then, when there are two.
                self.assertIn('database is locked', one['error'])
                continue
            self.assertIsNone(one['error'])
            for name in 'start', 'work':
                self.assertThat(one[name], matchers.GreaterThan(0))

    def test_calls(self):
        results = json.loads(json.dumps(calls.collect(calls.arguments(
            ['--engine', 'postgresql', '--rounds', '0', '--function',
             'stack_update', 'sync_point_add_input']))))
        sent = {(one['function'], one['layer']): one['round_trips']
                for one in results['calls']}
        self.assertEqual({
            ('stack_update', layers.OURS): 1,
            ('stack_update', layers.OWN): 4,
            ('sync_point_add_input', layers.OURS): 2,
            # It has no such function.
            ('sync_point_add_input', layers.OWN): None}, sent)
        head, update, add = calls.rows(results)
        self.assertEqual(['stack_update', '1 / 4'], update[:2])
        self.assertEqual(len(head), len(update))
        self.assertIn('stack_update', calls.text(results))

    def test_growth(self):
        results = json.loads(json.dumps(growth.collect(growth.arguments(
            ['--engine', 'mysql', '--rows', '20', '200', '--call',
             'stack_update', 'stack_count_all, of all']))))
        read = {(one['call'], one['rows']): one['read']
                for one in results['growth']}
        self.assertEqual(read['stack_update', 20], read['stack_update', 200])
        # A tenth is at the top.
        self.assertThat(read['stack_count_all, of all', 200],
                        matchers.GreaterThan(20))
        self.assertIn('stack_update', growth.text(results))

    def test_comparison(self):
        earlier, now = ({'machine': {'cpu': 'x'}, 'calls': [
            {'engine': engine, 'workers': 4, 'median_ms': median}
            for engine, median in figures]} for figures in (
            [('mysql', 2), ('sqlite', 1)], [('mysql', 1), ('galera', 5)]))
        self.assertEqual(
            ['mysql, 4 workers', 'median_ms', '2.000', '1.000', '0.50'],
            comparison.rows(earlier, now)[1])
        self.assertEqual(2, len(comparison.rows(earlier, now)))
        # The seconds of a turn are what was asked for.
        turn = {'seconds': 3, 'successes_per_s': 8}
        self.assertEqual(['', 'successes_per_s', '8.000', '8.000', '1.00'],
                         comparison.rows(turn, turn)[1])

    def test_purge(self):
        """Heat's own is none for SQLite, and that is told."""
        self.useFixture(fixtures.MonkeyPatch('benchmarks.deleted.TURNS', 1))
        results = json.loads(json.dumps(purge.collect(purge.arguments(
            ['--engine', 'sqlite', '--stacks', '100', '--events', '2',
             '--limit', '600', '--before', '0.1',
             '--directory', self.directory]))))
        mine, own = results['purges']
        self.assertEqual((0, None), (mine['left'], mine['error']))
        self.assertIn('ResourceClosedError', own['error'])
        for name, least in (('seconds', 0.01), ('outlasts_ms', -0.1)):
            self.assertThat(mine[name], matchers.GreaterThan(least))
        self.assertEqual(1, len(mine['memory_mib']))
        for name in 'waits_ms', 'waits_elsewhere_ms', 'waits_before_ms':
            self.assertThat(mine[name]['longest'], matchers.GreaterThan(0))
        self.assertIn('100 stacks, 1100 rows', purge.text(results))

    def test_startup(self):
        programs = startup.measure(runs=1)['programs']
        self.assertEqual(1, programs['python']['ratios']['python'])
        self.assertThat(
            programs['libraries']['modules'],
            matchers.LessThan(programs['heat.db.api']['modules']))
