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

"""What tests of every function of heat.db.api are made from."""

import datetime
import functools

from oslo_utils import uuidutils
import testscenarios

from heat.db.sqlalchemy import models
from heat.tests import base
from heat.tests import databases
from heat.tests.db.sqlalchemy.api import calls

NOUNS = [(noun, {'noun': noun}) for noun in calls.NOUNS]


def plain(value):
    """Return what a value is like in each world: no ids, no times."""
    if isinstance(value, models.Base):
        value = {name: value.__dict__[name]
                 for name in models.columns(type(value))
                 if name in value.__dict__}
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            # Rows by their numbers.
            return plain(list(value.values()))
        return {key: column is not None if _is_reference(key) else
                plain(column) for key, column in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(element) for element in value]
    if uuidutils.is_uuid_like(value) and value != calls.TRAVERSAL:
        return 'a UUID'
    if isinstance(value, str) and value.startswith('gAAAAA'):
        # No two are the same.
        return 'an encrypted text'
    return type(value) if isinstance(value, datetime.datetime) else value


def _is_reference(key):
    return (key.endswith(('id', 'tenant')) and key != 'engine_id' or
            key in ('replaced_by', 'replaces'))


class EveryCallTestCase(base.APITestCase):

    scenarios = testscenarios.multiply_scenarios(
        base.APITestCase.scenarios, NOUNS)

    def every_call(self):
        """Yield a function for each call, which returns it, and its world.

        The world is a new one each time, and nothing else is there.
        """
        module = calls.NOUNS[self.noun]
        for number in range(len(module.calls(calls.World()))):
            yield functools.partial(self.prepare, module, number)

    def prepare(self, module, number):
        databases.delete_rows(self.engine)
        world = calls.World()
        return module.calls(world)[number], world

    def rows(self):
        """Return what is stored, without what differs between worlds."""
        with self.engine.connect() as conn:
            return {table.name: sorted(
                repr(plain(dict(row)))
                for row in conn.execute(table.select()).mappings())
                for table in models.Base.metadata.sorted_tables}
