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

from heat.tests import at
from heat.tests import base
from heat.tests import driver
from heat.tests import proxy


class ProxiedTestCase(base.APITestCase):
    """The API reaches the database through a proxy; the test does not."""

    servers = [scenario for scenario in base.APITestCase.scenarios
               if scenario[0] in driver.PORTS]
    scenarios = servers
    OPTIONS = {}

    def setUp(self):
        super().setUp()
        url = driver.without_tls(self.engine.url)
        self.proxy = self.useFixture(proxy.Proxy(driver.address(url)))
        self.proxied_engine = self.useFixture(at.At(
            url.set(host='127.0.0.1', port=self.proxy.port),
            **self.OPTIONS)).engine
