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

"""What tests on a Galera cluster are made from."""

import fixtures
import testresources
import testtools
from testtools import content

from heat.tests import base
from heat.tests.galera import cluster
from heat.tests.galera import race


class _Shared(fixtures.Fixture):
    """One cluster for many tests; another one when it is no longer whole."""

    def _setUp(self):
        self.cluster = None
        self.problem = None
        self.addCleanup(self._stop)

    def reset(self):
        """Nothing: get() does it if the next test needs that."""

    def get(self):
        if self.problem:
            raise self.problem
        if self.cluster and not self.cluster.is_whole():
            self._stop()
        if not self.cluster:
            try:
                self.cluster = cluster.Cluster()
                self.cluster.setUp()
            except Exception as problem:
                # The next test need not try and wait.
                self.problem = problem
                self.cluster = None
                raise
        return self.cluster

    def _stop(self):
        if self.cluster:
            self.cluster.cleanUp()
            self.cluster = None


class GaleraTestCase(testresources.ResourcedTestCase, testtools.TestCase):
    """A test with a cluster that has a database at the newest version.

    What it leaves behind, others find.
    """

    scenarios = [('galera', {})]
    resources = [('shared', testresources.FixtureResource(_Shared()))]

    def setUp(self):
        missing = cluster.missing()
        if missing:
            problem = 'a Galera cluster needs %s' % ', '.join(missing)
            if 'galera' in base.REQUIRED_ENGINES:
                self.fail(problem)
            self.skipTest(problem)
        super().setUp()
        self.cluster = self.shared.get()
        self.nodes = self.cluster.nodes
        self.addOnException(self._show_log)

    def _show_log(self, exc_info):
        self.addDetail('servers', content.text_content(
            self.cluster.log()[-20000:]))

    def race(self, **kwargs):
        return self.useFixture(race.Race(self.nodes, **kwargs))
