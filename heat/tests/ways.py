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

"""Ways to write to a stack if it is in the expected traversal.

Each is a class: made for a URL and so many threads, with update(), which
returns None or the traversal that the stack is in; turn(), around updates if
others take turns with it; close(); and the errors that it lets through.
"""

import contextlib
import threading

from oslo_db import exception as db_exception
from oslo_db.sqlalchemy import enginefacade
import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy import orm

from heat.db import api
from heat.db import exception
from heat.db.sqlalchemy import models
from heat.tests import at
from heat.tests import driver

# oslo.db has no class for some of them.
ERRORS = (db_exception.DBError, exc.DBAPIError)
# "Deadlock found when trying to get lock"
DEADLOCK = 1213


class Way:

    turn = staticmethod(contextlib.nullcontext)


class StackUpdate(Way):
    """heat.db.api.stack_update."""

    errors = ERRORS

    def __init__(self, url, threads=1):
        self.local = threading.local()
        # Nobody is to wait for a connection, or to open one each time.
        self.at = at.At(url, max_pool_size=threads)
        self.at.setUp()
        # Not the connection that asked for the server's version: PostgreSQL
        # would refuse two for each of many processes.
        self.at.engine.dispose()

    def close(self):
        self.at.cleanUp()

    def update(self, stack_id, values, expected):
        if not hasattr(self.local, 'request'):
            self.local.request = at.request()
        try:
            api.stack_update(self.local.request, stack_id, values, expected)
        except exception.ConcurrentTransition as conflict:
            return conflict.actual


class Driver(Way):
    """The bare driver; each thread keeps a connection."""

    errors = driver.ERRORS

    def __init__(self, url, threads=1):
        self.url = url
        self.mark = '?' if url.get_backend_name() == 'sqlite' else '%s'
        self.local = threading.local()
        self.connections = []

    def close(self):
        for connection in self.connections:
            connection.close()

    def update(self, stack_id, values, expected):
        values = {'updated_at': models.now(), **values}
        condition, expectation = (
            ('IS NULL', ()) if expected is None else ('= ?', (expected,)))
        cursor = self._cursor()
        self._execute(
            cursor, 'UPDATE stack SET %s WHERE id = ? AND current_traversal %s'
            % (', '.join(name + ' = ?' for name in values), condition),
            *values.values(), stack_id, *expectation)
        if cursor.rowcount == 0:
            self._execute(
                cursor, 'SELECT current_traversal FROM stack WHERE id = ?',
                stack_id)
            return cursor.fetchone()[0]

    def _execute(self, cursor, statement, *values):
        cursor.execute(statement.replace('?', self.mark), values)

    def _cursor(self):
        if not hasattr(self.local, 'connection'):
            self.local.connection = driver.open_connection(self.url)
            self.connections.append(self.local.connection)
        return self.local.connection.cursor()


class Stack(orm.declarative_base()):
    """The columns of a stack that are written; models.Stack refuses it."""

    __tablename__ = 'stack'

    id = sa.Column(sa.String(36), primary_key=True)
    updated_at = sa.Column(sa.DateTime)
    status = sa.Column(sa.String(255))
    status_reason = sa.Column(sa.Text)
    current_traversal = sa.Column(sa.String(36))


class ForUpdate(Way):
    """SQLAlchemy's ORM: SELECT ... FOR UPDATE, compare, write, commit."""

    errors = exc.DBAPIError

    def __init__(self, url, threads=1):
        # SQLAlchemy 1.4 has no pool for a file of SQLite.
        options = ({} if url.get_backend_name() == 'sqlite' else
                   {'pool_size': threads})
        self.engine = sa.create_engine(url, **options)
        self.sessions = orm.sessionmaker(self.engine, future=True)

    def close(self):
        self.engine.dispose()

    def update(self, stack_id, values, expected):
        with self.sessions.begin() as session:
            stack = session.execute(
                sa.select(Stack).where(Stack.id == stack_id)
                .with_for_update()).scalar_one()
            if not self._may_write(stack, expected):
                return stack.current_traversal
            stack.updated_at = models.now()
            for name, value in values.items():
                setattr(stack, name, value)

    def _may_write(self, stack, expected):
        return stack.current_traversal == expected


class EngineFacade(Way):
    """oslo.db's enginefacade, around one UPDATE in SQLAlchemy's Core."""

    errors = ERRORS

    def __init__(self, url, threads=1):
        self.local = threading.local()
        self.manager = enginefacade.transaction_context()
        self.manager.configure(connection=url, sqlite_fk=True,
                               max_pool_size=threads)
        self.table = Stack.__table__

    def close(self):
        if self.manager.is_started:
            self.manager.writer.get_engine().dispose()

    def update(self, stack_id, values, expected):
        if not hasattr(self.local, 'request'):
            self.local.request = at.request()
        columns = self.table.c
        with self.manager.writer.using(self.local.request) as session:
            if session.execute(
                    self.table.update()
                    .where(columns.id == stack_id,
                           columns.current_traversal == expected)
                    .values(updated_at=models.now(), **values)).rowcount == 0:
                return session.execute(
                    sa.select(columns.current_traversal)
                    .where(columns.id == stack_id)).scalar_one()


class StackUpdateInPublic(StackUpdate):
    """stack_update as SQLAlchemy's public way sends it, as for a listener."""

    @contextlib.contextmanager
    def turn(self):
        # All that call heat.db.api share its engine.
        listener = (api.get_engine(), 'after_cursor_execute',
                    lambda *args: None)
        sa.event.listen(*listener)
        try:
            yield
        finally:
            sa.event.remove(*listener)


class StackUpdateOfAny(StackUpdate):
    """stack_update that does not care for the traversal."""

    def update(self, stack_id, values, expected):
        return super().update(stack_id, values, api.ANY_TRAVERSAL)


class ForUpdateOfAny(ForUpdate):
    """The lock alone: nothing is compared."""

    def _may_write(self, stack, expected):
        return True


class TrustTheLock(ForUpdate):
    """The same; but whoever has the lock acts on it, before the COMMIT."""

    def update(self, stack_id, values, expected):
        try:
            return super().update(stack_id, values, expected)
        except exc.OperationalError as error:
            if error.orig.args[0] != DEADLOCK:
                raise


# What they all are compared with comes first.
FAIR_WAYS = {'driver': Driver, 'stack_update': StackUpdate,
             'for update': ForUpdate, 'enginefacade': EngineFacade}
# Of one call, it is also of interest what is gained.
CALL_WAYS = {**FAIR_WAYS, 'stack_update, public': StackUpdateInPublic}
# They overwrite what they do not know: another service.
BLIND_WAYS = {'stack_update, any': StackUpdateOfAny,
              'for update, any': ForUpdateOfAny}
WAYS = {**FAIR_WAYS, **BLIND_WAYS, 'trust the lock': TrustTheLock}
