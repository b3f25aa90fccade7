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
"""Statements that are compiled once, and sent by the driver itself.

What SQLAlchemy makes for each statement, a connection, an execution context
and a result, and an ORM session for what is read, takes as long as a server
nearby needs for it, and several times as long as SQLite does.
"""

import functools

from oslo_db import exception as db_exception

from heat.db.sqlalchemy.engine import connections
from heat.db.sqlalchemy.engine import galera
from heat.db.sqlalchemy.engine.lease import Lease
from heat.db.sqlalchemy.engine import lost

# Execution options of a SELECT that is the same object in each call, so that
# it is compiled once; and of one that was derived from it for a single call.
PREPARED = {'prepared': True}
UNPREPARED = {'prepared': False}
# The same for a SELECT of models: the session of a caller's transaction may
# know older rows.
FRESH = {'populate_existing': True, **PREPARED}


def is_prepared(statement):
    """Tell whether a statement is sent like this.

    All that write are, and SELECTs with the options PREPARED.
    """
    return (statement.is_dml or
            statement.get_execution_options().get('prepared', False))


def once(make):
    """Cache what a function makes of a SELECT that is PREPARED.

    :param make: a function of a SELECT and other arguments, which returns
        another SELECT
    """
    make_once = functools.lru_cache(maxsize=256)(make)

    @functools.wraps(make)
    def of(select, *args):
        return (make_once if is_prepared(select) else make)(select, *args)
    return of


@functools.lru_cache(maxsize=256)
def prepare(statement, dialect, keys):
    """Return the Prepared form of a statement.

    :param keys: a tuple of the names of its parameters; those that are names
        of columns are set. Of an INSERT, they are all columns but a key that
        the server gives
    """
    return Prepared(statement, dialect, keys)


class Executor:
    """Executes statements that commit themselves; see autocommit.executor.

    :param engine: of connections that commit; nobody listens to it
    """

    def __init__(self, engine):
        self.engine = engine
        self.has_turns = engine.pool.turn is not None

    def __enter__(self):
        self.lease = Lease(self.engine)
        return self.execute

    def __exit__(self, kind, error, traceback):
        if isinstance(error, db_exception.DBConnectionError):
            error.session = self.lease.info.get(lost.KEY)
        self.lease.close()

    def execute(self, statement, parameters):
        make = prepare if is_prepared(statement) else Prepared
        form = make(statement, self.engine.dialect, tuple(parameters))
        if statement.is_select or not self.has_turns:
            return form.send(self.engine, self.lease, parameters)
        with connections.in_turn(self.engine):
            return form.send(self.engine, self.lease, parameters)


class Result:
    """As much of a result as there is without an execution context.

    :ivar rowcount: of what writes
    :ivar inserted_primary_key: of an INSERT, a tuple
    """

    def __init__(self, rowcount, rows, inserted_primary_key):
        self.rowcount = rowcount
        self.inserted_primary_key = inserted_primary_key
        self._rows = rows

    def all(self):
        return self._rows

    def first(self):
        return self._rows[0] if self._rows else None


class Prepared:
    """A statement as the driver takes it, and what its rows are made of."""

    def __init__(self, statement, dialect, keys):
        compiled = statement.compile(
            dialect=dialect, column_keys=None if statement.is_select else keys)
        self.text = str(compiled)
        self.text_up_to_date = galera.waiting(
            statement.get_execution_options(), self.text, dialect)
        self.places = compiled.positiontup
        self.constants = {name: bind.value for name, bind
                          in compiled.binds.items() if not bind.required}
        self.processors = [
            (name, process) for name, process in (
                (name, bind.type.dialect_impl(dialect).bind_processor(dialect))
                for name, bind in compiled.binds.items()) if process]
        self.types = [column.type.dialect_impl(dialect) for column
                      in statement.selected_columns
                      ] if statement.is_select else []
        self.key = [column.key for column in statement.table.primary_key
                    ] if statement.is_insert else ()
        self.has_rows = bool(self.types or compiled.returning)
        # Known when there was a result.
        self.readers = None

    def send(self, engine, lease, parameters):
        """Return the Result.

        :param engine: of connections that commit; nobody listens to it
        :param lease: a Lease of its pool
        :raises: as the execution of a statement by SQLAlchemy
        """
        values = self._bound(parameters)
        text = (self.text_up_to_date if lease.info.get('wsrep_on')
                else self.text)
        cursor = lease.dbapi_connection.cursor()
        try:
            cursor.execute(text, values)
            rows = cursor.fetchall() if self.has_rows else ()
        except BaseException as error:
            lease.raise_error(engine, error, text, values, cursor)
        if self.types and rows:
            rows = self._read(rows, cursor.description, engine.dialect)
        return Result(cursor.rowcount, rows, self.key and tuple(
            parameters[name] if name in parameters else
            rows[0][0] if rows else cursor.lastrowid for name in self.key))

    def _bound(self, parameters):
        bound = {**self.constants, **parameters}
        for name, process in self.processors:
            bound[name] = process(bound[name])
        return [bound[name] for name in self.places] if self.places else bound

    def _read(self, rows, description, dialect):
        """Return rows with values as Python has them."""
        if self.readers is None:
            readers = enumerate(
                kind.result_processor(dialect, column[1])
                for kind, column in zip(self.types, description))
            self.readers = [(place, read) for place, read in readers if read]
        if not self.readers:
            return rows
        rows = list(map(list, rows))
        for row in rows:
            for place, read in self.readers:
                row[place] = read(row[place])
        return list(map(tuple, rows))
