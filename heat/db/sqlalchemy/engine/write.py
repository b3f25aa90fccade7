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

"""The one way to write: in the caller's transaction, or in one of its own."""

from oslo_db import exception as db_exception

from heat.db import exception
from heat.db.sqlalchemy.engine import autocommit
from heat.db.sqlalchemy.engine import facade
from heat.db.sqlalchemy.engine import galera
from heat.db.sqlalchemy.engine import lost
from heat.db.sqlalchemy.engine.retry import retry

# What a repetition meets if the first attempt has landed unseen.
_REFUSALS = (exception.NotFound, exception.LostSwap,
             db_exception.DBDuplicateEntry)


class Unit:
    """What one call writes; a base class.

    :cvar is_statement: it is one statement, which commits by itself
    :cvar is_repeatable: to write once more what was written does no harm
    :cvar has_parts: it may have written something when nothing matches; in a
        caller's transaction, which may go on, that is undone by a savepoint
    :cvar refused_by: classes of errors that say that nothing matched
    :cvar settle: None, or a method of execute and of what work() returned.
        It looks at what others have committed meanwhile, and returns what
        the call returns. If it is to be done again, it undoes what was
        written, and raises oslo_db.exception.RetryRequest
    """

    is_statement = True
    is_repeatable = False
    has_parts = False
    refused_by = ()
    settle = None

    def work(self, execute):
        """Write, and return what the call returns; None if nothing matched.

        :param execute: a function that executes a statement with parameters
        """
        raise NotImplementedError

    def refusal(self, execute, for_share=False):
        """Return the error that says why nothing matched.

        :param execute: as for work, but in another transaction, unless it
            is the caller's
        :param for_share: a plain SELECT may be as old as the transaction
        """
        raise NotImplementedError

    def landed(self, execute):
        """Look whether an attempt whose answer was lost has landed.

        :returns: what the call returns if it has; None if the attempt can
            be repeated
        :raises heat.db.exception.OutcomeUnknown: nobody can tell
        """
        if not self.is_repeatable:
            raise exception.OutcomeUnknown()
        return None

    def show(self, session, result):
        """Let what the caller's session has loaded show what was written."""


def write(context, unit):
    """Write in the caller's transaction, or in an own one, and return.

    Inside a transaction of the caller, who is to repeat all of it, errors
    pass through, and nobody sees what others have not committed. Otherwise it
    is repeated when the database says so, for as long as retry() does. A
    connection that is lost while a statement that commits by itself is on its
    way, or a COMMIT, leaves open what came of it: then unit.landed() decides.
    One that is lost earlier has changed nothing. In any case its session is
    ended first: what it has sent may still come. If the server refuses to end
    it, nothing is repeated. What a node of a Galera cluster does not know is
    written to again once the node has caught up.

    :param context: a RequestContext
    :returns: what unit.work() returns, or unit.settle()
    :raises: what the methods of the unit raise
    :raises heat.db.exception.OutcomeUnknown: the connection was lost, and
        nobody can tell what came of the call, or may come of it yet
    :raises oslo_db.exception.DBError: as the database says
    """
    if facade.in_transaction(context):
        return _join(context, unit)
    return write_alone(unit)


def write_alone(unit):
    """Write in a transaction of its own, and return; all else as write()."""
    try:
        return retry(_Attempt(unit))
    except exception.NotFound:
        if not autocommit.read_alone(galera.wait):
            raise
    return retry(_Attempt(unit))


def _join(context, unit):
    with facade.context_manager.writer.using(context) as session:
        session.flush()
        connection = session.connection()
        execute = connection.execute
        result = _work(unit, connection)
        if result is None:
            raise unit.refusal(execute, for_share=True)
        result = _settle(unit, execute, result)
        unit.show(session, result)
        return result


def _work(unit, connection):
    """Let a unit work in the transaction of a caller."""
    if not (unit.has_parts or unit.refused_by):
        return unit.work(connection.execute)
    try:
        # After an error, PostgreSQL would refuse all that follows.
        with connection.begin_nested() as savepoint:
            result = unit.work(connection.execute)
            if result is None:
                savepoint.rollback()
            return result
    except unit.refused_by:
        return None


def _settle(unit, execute, result):
    """Let a unit settle in the transaction of a caller."""
    if unit.settle is None:
        return result
    try:
        return unit.settle(execute, result)
    except db_exception.RetryRequest as error:
        raise error.inner_exc


class _Attempt:
    """A transaction of its own; called again after an error."""

    def __init__(self, unit):
        self.unit = unit
        # What work() returned, once it is committed.
        self.result = None
        # How a connection was lost, if that leaves the outcome open.
        self.lost = None
        # That of the last connection that was lost, if it is known.
        self.session = None

    def __call__(self):
        if self.session:
            self._end_session()
        if self.result is None:
            self.result = self._write()
        return self.result if self.unit.settle is None else self._settle()

    def _write(self):
        result = self._look() if self.lost else None
        if result is not None:
            return result
        try:
            return (self._send_statement() if self.unit.is_statement else
                    self._send_transaction())
        except _REFUSALS:
            # A statement whose answer was lost may have landed late.
            result = self._look() if self.lost else None
            if result is None:
                raise
            return result

    def _settle(self):
        try:
            with autocommit.executor() as execute:
                return self.unit.settle(execute, self.result)
        except db_exception.RetryRequest:
            self.result = self.lost = None
            raise
        except db_exception.DBConnectionError as error:
            self.session = getattr(error, 'session', None)
            raise

    def _send_statement(self):
        is_answered = False
        try:
            with autocommit.executor() as execute:
                result = self._work(execute)
                is_answered = True
                if result is None:
                    raise self.unit.refusal(execute)
                return result
        except db_exception.DBConnectionError as error:
            # Without a session, nothing was sent.
            if hasattr(error, 'session') and not is_answered:
                self.lost, self.session = error, error.session
            raise

    def _work(self, execute):
        try:
            return self.unit.work(execute)
        except self.unit.refused_by:
            return None

    def _send_transaction(self):
        try:
            with autocommit.transaction() as (execute, commit):
                result = self.unit.work(execute)
                if result is not None:
                    self._commit(commit)
                    return result
        except self.unit.refused_by:
            pass
        except db_exception.DBConnectionError as error:
            self.session = getattr(error, 'session', None)
            raise
        with autocommit.executor() as execute:
            raise self.unit.refusal(execute)

    def _commit(self, commit):
        try:
            commit()
        except db_exception.DBConnectionError as error:
            self.lost = error
            raise

    def _end_session(self):
        with autocommit.connection() as connection:
            lost.end_session(connection, self.session)
        self.session = None

    def _look(self):
        with autocommit.executor() as execute:
            try:
                return self.unit.landed(execute)
            except exception.OutcomeUnknown as error:
                raise error from self.lost
