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

"""heat.db.api at a database that a test chooses."""

import fixtures
from oslo_db.sqlalchemy import test_fixtures

from heat.common import context
from heat.db import api
from heat.db.sqlalchemy.engine import facade

TENANT = 'tenant'


class At(fixtures.Fixture):
    """heat.db.api works at this URL.

    :param options: of [database]
    """

    def __init__(self, url, **options):
        super().__init__()
        self.url = url
        self.options = options

    def _setUp(self):
        manager = facade.context_manager.make_new_manager()
        manager.configure(connection=self.url, **self.options)
        self.engine = manager.writer.get_engine()
        self.addCleanup(self.engine.dispose)
        self.useFixture(test_fixtures.ReplaceEngineFacadeFixture(
            facade.context_manager, manager))


def request():
    return context.RequestContext(tenant_id=TENANT)


def create_stack(url, **values):
    """Return the id of a new stack in the database at a URL."""
    with At(url):
        template = api.raw_template_create(request(), {'template': {}})
        return api.stack_create(request(), {
            'tenant': TENANT, 'disable_rollback': False,
            'raw_template_id': template.id, **values}).id
