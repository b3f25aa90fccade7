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

"""Writers on all nodes, while nothing happens to the cluster or a fault."""

import testscenarios
from testtools import content

from heat.tests.galera import base
from heat.tests.galera import faults
from heat.tests import history
from heat.tests import swaps


class RaceTestCase(base.GaleraTestCase):

    def run_race(self, fault=faults.none, **kwargs):
        """Return a race that is over, and what can not be true of it."""
        race = self.race(**kwargs)
        self.node = self.nodes[-1]
        fault(self.cluster, race, self.node)
        violations = race.finish([] if fault is faults.none else [self.node])
        self.addDetail('race', content.text_content(
            history.summary(race.operations())))
        return race, violations

    def errors(self, operations):
        return [o for o in operations if o.outcome == 'error']


class SwapTestCase(RaceTestCase):
    """A swap lets nothing happen that can not be true."""

    way = 'stack_update'

    def assert_holds(self, fault):
        """Check that a fault harms nobody at another node."""
        race, violations = self.run_race(fault, way=self.way)
        self.assertEqual([], violations)
        self.assert_eventful(race)
        # Each of which a caller can expect.
        self.assertLessEqual(
            {o.error for o in self.errors(race.operations())},
            {'DBConnectionError', 'DBDeadlock'})
        self.assertEqual([], self.errors(race.operations(
            self.cluster.others(self.node))))
        return race

    def assert_eventful(self, race):
        events = {(o.outcome, bool(o.new)) for o in race.operations()}
        for outcome in ('ok', 'conflict'):
            for is_transition in {True, race.swap.TRANSITIONS == 1}:
                self.assertIn((outcome, is_transition), events)

    def test_healthy(self):
        race = self.assert_holds(faults.none)
        self.assertEqual([], self.errors(race.operations()))

    def test_killed(self):
        self.assert_holds(faults.kill)


class FenceTest(SwapTestCase):
    """With every fault that there is."""

    def test_isolated(self):
        self.assert_holds(faults.isolate)

    def test_stopped(self):
        self.assert_holds(faults.stop)

    def test_paused(self):
        race = self.assert_holds(faults.pause)
        self.assertEqual([], self.errors(race.operations()))

    def test_connections_cut(self):
        self.assert_holds(faults.cut)


class OtherSwapsTest(SwapTestCase):

    scenarios = testscenarios.multiply_scenarios(
        SwapTestCase.scenarios, [(way, {'way': way}) for way in swaps.SWAPS
                                 if way != SwapTestCase.way])


class ContrastTest(RaceTestCase):
    """Other ways of writing, on a cluster that nothing happens to."""

    def test_lock(self):
        """The certification of Galera protects what the lock does not.

        The caller pays with an error that is not its fault.
        """
        race, violations = self.run_race(way='for update')
        self.assertEqual([], violations)
        self.assert_deadlocks(race, 'OperationalError 1213')

    def test_trust_the_lock(self):
        """Two nodes give the same lock to two callers at once."""
        race, violations = self.run_race(way='trust the lock')
        self.assertIn('fork', {text.split(':')[0] for text in violations})

    def test_swap_once(self):
        race, violations = self.run_race(way='enginefacade')
        self.assertEqual([], violations)
        self.assert_deadlocks(race, 'DBDeadlock')

    def run_race(self, **kwargs):
        return super().run_race(routes=['direct'], **kwargs)

    def assert_deadlocks(self, race, name):
        self.assertEqual(
            {name}, {o.error for o in self.errors(race.operations())})
