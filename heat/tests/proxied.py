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
"""Tests in which the API reaches a server through a proxy."""

import testscenarios

from heat.tests import at
from heat.tests import base
from heat.tests import driver
from heat.tests import proxy

# Where in the conversation a connection is lost; see proxy.Cut.
PLACES = [(when, {'when': when}) for when in ('before', 'after', 'middle')]

# A request that has these words alone: to MySQL, a new connection says SET
# AUTOCOMMIT.
_WHOLE = {'mysql': b'\x03%s', 'postgresql': b'%s\0'}


@base.only_on('mysql', 'postgresql')
class ProxiedTestCase(base.APITestCase):
    """The API reaches the database through a proxy; the test does not."""

    OPTIONS = {}

    def setUp(self):
        super().setUp()
        url = driver.without_tls(self.engine.url)
        self.proxy = self.useFixture(proxy.Proxy(driver.address(url)))
        self.proxied_engine = self.useFixture(at.At(
            url.set(host='127.0.0.1', port=self.proxy.port),
            **self.OPTIONS)).engine
        self.commit = self.whole(b'COMMIT')

    def whole(self, words):
        """Return a request that has these words, and no others."""
        return _WHOLE[self.driver] % words

    def lose(self, *args, **kwargs):
        """Arm a proxy.Cut; when the test ends, the loss must have happened."""
        cut = self.proxy.cut(*args, **kwargs)
        self.addCleanup(lambda: self.assertEqual(cut.times, cut.done))
        return cut


class EachPlaceTestCase(ProxiedTestCase):
    """Each test runs once for each of PLACES, which it has in when."""

    scenarios = testscenarios.multiply_scenarios(
        ProxiedTestCase.scenarios, PLACES)
