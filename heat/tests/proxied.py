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

from oslo_db.sqlalchemy import test_fixtures

from heat.db.sqlalchemy.engine import facade
from heat.tests import base
from heat.tests import proxy

PORTS = {'mysql': 3306, 'postgresql': 5432}
# A proxy can not read TLS, and finds no request in it.
NO_TLS = {'mysql': {'ssl_disabled': '1'},
          'postgresql': {'sslmode': 'disable', 'gssencmode': 'disable'}}


class ProxiedTestCase(base.APITestCase):
    """The API reaches the database through a proxy; the test does not."""

    servers = [scenario for scenario in base.APITestCase.scenarios
               if scenario[0] in PORTS]
    scenarios = servers
    OPTIONS = {}

    def setUp(self):
        super().setUp()
        url = self.engine.url
        self.proxy = self.useFixture(
            proxy.Proxy((url.host, url.port or PORTS[self.driver])))
        manager = facade.context_manager.make_new_manager()
        manager.configure(
            connection=url.set(
                host='127.0.0.1', port=self.proxy.port).update_query_dict(
                    NO_TLS[self.driver]), **self.OPTIONS)
        self.proxied_engine = manager.writer.get_engine()
        self.addCleanup(self.proxied_engine.dispose)
        self.useFixture(test_fixtures.ReplaceEngineFacadeFixture(
            facade.context_manager, manager))
