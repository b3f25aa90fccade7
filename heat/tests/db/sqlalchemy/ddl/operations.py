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


"""What holds for every schema change, tried on each engine."""

import contextlib
import re
import signal
from unittest import mock

import sqlalchemy as sa

from heat.db import exception
from heat.db.sqlalchemy import ddl
from heat.db.sqlalchemy.ddl import change
from heat.tests import base
from heat.tests import clients
from heat.tests import databases
from heat.tests import places
from heat.tests import runners
from heat.tests import schema

CHANGE = re.compile(r'\s*(CREATE|ALTER|DROP|INSERT|UPDATE|DELETE)\b', re.I)


class DatabaseTestCase(base.DBTestCase):
    """A test of one schema change, with small tables of its own."""

    # The tables of before, and {name: [row, ...]} of what they hold.
    BEFORE = sa.MetaData()
    ROWS = {}

    def setUp(self):
        super().setUp()
        self.prepare()

    def prepare(self):
        """Make the database as it is before the change."""
        databases.empty(self.engine)
        self.BEFORE.create_all(self.engine)
        with self.engine.begin() as conn:
            for name, rows in self.ROWS.items():
                conn.execute(self.BEFORE.tables[name].insert(), rows)

    def describe(self):
        return schema.describe(self.engine), schema.rows(self.engine)

    def assert_same(self, expected, found, message=None):
        for wanted, described in zip(expected, found):
            self.assertEqual({}, schema.difference(wanted, described),
                             message)

    def record(self, change, names=(), **options):
        """Let a change be written down.

        :param change: called with a Recorder
        :param options: of the Recorder
        :returns: the Recorder; and what its schema tells of tables
        """
        with self.engine.connect() as conn:
            recorder = ddl.Recorder(ddl.SimulatedSchema(
                self.engine.dialect, ddl.Schema(conn)), **options)
            change(recorder)
            return recorder, self.tell_of(recorder.schema, names)

    def table_names(self):
        return sa.inspect(self.engine).get_table_names()

    def tell_of(self, questioned, names):
        """Return what a Schema or a SimulatedSchema tells of tables."""
        return {(name, key): found for name in names
                for key, found in self._describe_table(
                    questioned.table(name) or ddl.schema.EMPTY)}

    def _describe_table(self, table):
        yield 'primary key', table.primary_key
        for name, column in table.columns.items():
            yield ('column', name), (self._type(column.type), column.nullable)
        for name, columns in table.indexes.items():
            yield ('index', name), columns
        for key in table.foreign_keys:
            # SQLAlchemy does not see all names of SQLite's.
            yield ('foreign key', key.columns), (
                key.target, key.on_delete,
                self.driver != 'sqlite' and key.name)

    def _type(self, type_):
        name = type_.compile(dialect=self.engine.dialect).split(' COLL')[0]
        return {'INTEGER(11)': 'INTEGER', 'TINYINT(1)': 'BOOL',
                }.get(name, name)


class Clock:
    """A clock for ddl.change that goes with statements alone.

    :param seconds: {how a statement begins: the seconds that it takes, or
        what tells them of its rowcount}
    """

    def __init__(self, engine, seconds):
        self._engine = engine
        self._seconds = seconds
        self._now = 0
        self.pauses = []

    @contextlib.contextmanager
    def running(self):
        sa.event.listen(self._engine, 'after_cursor_execute', self._go)
        try:
            with mock.patch.object(change, 'time', self):
                yield
        finally:
            sa.event.remove(self._engine, 'after_cursor_execute', self._go)

    def _go(self, conn, cursor, statement, *args):
        for begin, seconds in self._seconds.items():
            if statement.startswith(begin):
                self._now += (seconds(cursor.rowcount) if callable(seconds)
                              else seconds)

    def monotonic(self):
        return self._now

    def sleep(self, seconds):
        """Note a pause, in milliseconds."""
        self.pauses.append(round(seconds * 1000))


class OperationTests:
    """Tests of one operation, for a DatabaseTestCase."""

    # Statements that an operation repeats when there is nothing to do.
    REPEATED = '(?!)'

    # Places at which it is killed, at least.
    PLACES = 2

    def operate(self, engine):
        """Do what is tested.

        :param engine: a sqlalchemy Engine, or a Recorder
        """
        raise NotImplementedError

    def check(self):
        """Look at what was done."""
        raise NotImplementedError

    def test_does_what_it_says(self):
        self.operate(self.engine)
        self.check()

    def test_does_nothing_when_it_is_done(self):
        self.operate(self.engine)
        expected = self.describe()
        with base.recorded_statements(self.engine) as statements:
            self.operate(self.engine)
        self.assertEqual([], [
            statement for statement in statements
            if CHANGE.match(statement) and
            not re.match(self.REPEATED, statement)])
        self.assert_same(expected, self.describe())

    def test_killed_anywhere(self):
        self.operate(self.engine)
        expected = self.describe()
        place = 0
        while self._is_killed_at(place):
            self.operate(self.engine)
            self.assert_same(expected, self.describe(), place)
            place += 1
        self.assertGreaterEqual(place, self.PLACES)

    def _is_killed_at(self, place):
        self.prepare()
        status = runners.Process(
            self.engine, lambda: self.operate(self.engine),
            lambda: places.kill_at(self.engine, place)).wait()
        self.assertIn(status, (0, -signal.SIGKILL), place)
        return status != 0

    def test_what_is_written_down(self):
        """It leads to the same, and the schema is the one simulated."""
        before, names = self.describe(), self.table_names()
        self.operate(self.engine)
        expected = self.describe()
        names += self.table_names()
        with self.engine.connect() as conn:
            live = self.tell_of(ddl.Schema(conn), names)
        self.prepare()
        recorder, simulated = self.record(self.operate, names)
        self.assertEqual({}, schema.difference(live, simulated))
        self.assert_same(before, self.describe())
        # psql would tell what it skips.
        quiet = ('SET client_min_messages = warning'
                 if self.driver == 'postgresql' else 'SELECT 1')
        clients.feed(self.engine, ';\n'.join((
            quiet, *recorder.statements, '')))
        self.assert_same(expected, self.describe())

    def assert_refused(self, *words):
        """Assert that it names what is wrong, and that nothing is changed."""
        before = self.describe()
        error = self.assertRaises(exception.MigrationError, self.operate,
                                  self.engine)
        for word in words:
            self.assertIn(word, str(error))
        self.assert_same(before, self.describe())
        return str(error)
