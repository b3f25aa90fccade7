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

"""What tests are made from."""

from concurrent import futures
import contextlib
import copy
import os
import threading

from oslo_db.sqlalchemy import test_fixtures
import sqlalchemy as sa
import testtools

from heat.db import api
from heat.db import exception
from heat.db.sqlalchemy.engine import facade
from heat.tests import at
from heat.tests import databases

# The engines whose tests must not be skipped, such as "mysql,postgresql".
REQUIRED_ENGINES = os.environ.get('HEAT_TEST_ENGINES', '').split(',')


@contextlib.contextmanager
def recorded_statements(engine):
    """Collect the statements that an engine sends, in a list."""
    statements = []

    def record(conn, cursor, statement, *args):
        statements.append(statement)

    sa.event.listen(engine, 'before_cursor_execute', record)
    try:
        yield statements
    finally:
        sa.event.remove(engine, 'before_cursor_execute', record)


def only_on(*drivers):
    """Decorate a DBTestCase, or a test, that makes no sense on other engines.

    It holds for derived classes, too.
    """
    def decorate(decorated):
        decorated.drivers = drivers
        return decorated
    return decorate


class EmptyDatabase(test_fixtures.ResetsData,
                    test_fixtures.OpportunisticDbFixture):
    """A database that is empty again for each test."""

    def get_enginefacade(self):
        return facade.context_manager

    def reset_schema_data(self, engine, facade):
        databases.empty(engine)


class MigratedDatabase(test_fixtures.GeneratesSchemaFromMigrations,
                       test_fixtures.DeletesFromSchema,
                       test_fixtures.OpportunisticDbFixture):
    """A database at the newest version, without rows for each test."""

    def get_enginefacade(self):
        return facade.context_manager

    def generate_schema_migrations(self, engine):
        api.db_sync(engine)

    def delete_from_schema(self, engine):
        databases.delete_rows(engine)


class DBTestCase(test_fixtures.OpportunisticDBTestMixin, testtools.TestCase):
    """A test that runs on every engine, in a database of its own."""

    FIXTURE = EmptyDatabase

    # See only_on().
    drivers = None

    scenarios = [
        (driver, {'driver': driver,
                  'SKIP_ON_UNAVAILABLE_DB': driver not in REQUIRED_ENGINES})
        for driver in ('sqlite', 'mysql', 'postgresql')]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        test = getattr(self, self._testMethodName)
        drivers = getattr(test, 'drivers', self.drivers)
        if drivers:
            self.scenarios = [(name, attributes)
                              for name, attributes in self.scenarios
                              if attributes['driver'] in drivers]

    def generate_fixtures(self):
        return self.FIXTURE(test=self, driver=self.driver)

    def setUp(self):
        super().setUp()
        self.engine = api.get_engine()
        # The fixture has made it.
        facade.prepare(self.engine)

    def listen(self, name, listener, **options):
        """Listen to the engine of the API, until the test ends."""
        sa.event.listen(self.engine, name, listener, **options)
        self.addCleanup(sa.event.remove, self.engine, name, listener)

    def execute(self, statement, *args):
        with self.engine.begin() as conn:
            return conn.exec_driver_sql(statement, *args)

    def insert(self, table_name, **values):
        """Insert a row by hand, without models."""
        mark = '?' if self.driver == 'sqlite' else '%s'
        self.execute('INSERT INTO %s (%s) VALUES (%s)' % (
            table_name, ', '.join(values), ', '.join([mark] * len(values))),
            tuple(values.values()))

    def select(self, statement):
        with self.engine.connect() as conn:
            return [tuple(row) for row in conn.exec_driver_sql(statement)]


class APITestCase(DBTestCase):
    """A test of heat.db.api, on every engine."""

    FIXTURE = MigratedDatabase

    def setUp(self):
        super().setUp()
        self.context = at.request()

    def at_once(self, *functions):
        """Call functions at once; return what each returns or raises."""
        together = threading.Barrier(len(functions))

        def call(function):
            together.wait()
            try:
                return function()
            except exception.HeatException as error:
                return error

        with futures.ThreadPoolExecutor(len(functions)) as pool:
            return list(pool.map(call, functions))

    @contextlib.contextmanager
    def impatient(self):
        """Begin a transaction that waits for no lock; return its context."""
        request = at.request()
        with facade.context_manager.writer.using(request) as session:
            session.execute(sa.text({
                'mysql': 'SET innodb_lock_wait_timeout = 1',
                'postgresql': "SET lock_timeout = '50ms'"}[self.driver]))
            # The connection would stay like that.
            self.addCleanup(self.engine.dispose)
            yield request

    def create_template(self, **values):
        return api.raw_template_create(
            self.context, {'template': {}, **values})

    def create_stack(self, **values):
        values = {'tenant': 'tenant', 'disable_rollback': False, **values}
        if 'raw_template_id' not in values:
            values['raw_template_id'] = self.create_template().id
        creator = self.context
        if values['tenant'] != creator.tenant_id:
            # Only an administrator may; in the same transaction, if any.
            creator = copy.copy(creator)
            creator.is_admin = True
        return api.stack_create(creator, values)

    def create_resource(self, **values):
        """Store a resource, by default of a stack that has nothing else."""
        if 'stack_id' not in values:
            values['stack_id'] = self.create_stack().id
        return api.resource_create(self.context, values)

    def create_properties(self, **data):
        """Store properties or attributes; return their id."""
        return api.resource_prop_data_create(
            self.context, {'data': data, 'encrypted': False}).id
