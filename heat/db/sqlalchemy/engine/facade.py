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

"""The process-wide engine and its transactions, made from [database]."""

import threading
import time

from oslo_db import exception as db_exception
from oslo_db.sqlalchemy import enginefacade
from oslo_log import log
from sqlalchemy import event
from sqlalchemy import exc

from heat.common.i18n import _
from heat.db import exception
from heat.db.sqlalchemy.engine import connections
from heat.db.sqlalchemy.engine import errors
from heat.db.sqlalchemy.engine import galera
from heat.db.sqlalchemy.engine import lost
from heat.db.sqlalchemy.engine import options
from heat.db.sqlalchemy.engine import sqlite_file
from heat.db.sqlalchemy.engine import url

LOG = log.getLogger(__name__)


def get_engine():
    """Return the Engine for [database] connection, made on first use.

    :raises heat.db.exception.InvalidConnection: it is not the URL of a
        database that Heat can use
    :raises oslo_db.exception.DBConnectionError: there was no answer in
        [database] max_retries attempts
    """
    if not context_manager.is_started:
        _start()
    return _writer.get_engine()


def get_replica_engine():
    """Return the Engine for [database] slave_connection.

    :raises heat.db.exception.InvalidConnection: none is configured
    :raises: what get_engine() raises
    """
    own = get_engine()
    replica = context_manager.reader.get_engine()
    if replica is own:
        raise exception.InvalidConnection(
            _('no replica is known: set [database] slave_connection'))
    return replica


def check_context(context):
    """Refuse what is no request context.

    Heat has a class of its own: what counts is that enginefacade can keep a
    transaction in it.

    :raises heat.db.exception.InvalidValues: it is none
    """
    if not hasattr(type(context), 'transaction_ctx'):
        raise exception.InvalidValues(_('must be a RequestContext'),
                                      ['context'])


def in_transaction(context):
    """Tell whether a caller has a transaction, which is to be used then.

    :raises heat.db.exception.InvalidValues: it is no context
    """
    check_context(context)
    # context.transaction_ctx would raise an error where there is none.
    by_thread = enginefacade._transaction_contexts_by_thread(context)
    return getattr(by_thread, 'current', None) is not None


def prepare(engine):
    """Set up an Engine that Heat makes for itself; others stay as they are."""
    # What a statement carries may be secret, and an error would show it.
    engine.hide_parameters = True
    errors.translate_for(engine)
    if not connections.share(engine):
        return
    if engine.name == 'mysql':
        event.listen(engine, 'connect', galera.recognise)
    if engine.name == 'sqlite':
        sqlite_file.create(engine)
    lost.watch(engine)


def _wait_for_database(engine):
    left = options.get('max_retries')
    while left:
        try:
            return engine.connect().close()
        except db_exception.DBConnectionError:
            left -= 1
            if not left:
                raise
            LOG.warning('The database does not answer; it is asked again.')
            time.sleep(options.get('retry_interval'))


def _start():
    with _lock:
        if context_manager.is_started:
            return
        url.check()
        context_manager.configure(
            connection_debug=options.get('connection_debug'))
        try:
            _make_engine()
        except (exc.ArgumentError, TypeError, ValueError):
            # Its text quotes what was refused.
            raise exception.InvalidConnection(
                _('the driver refuses what [database] connection has behind '
                  'the ?, or connection_parameters; correct it')) from None


def _make_engine():
    try:
        _writer.get_engine()
    except db_exception.CantStartEngineError:
        # No connection is configured.
        context_manager.configure(connection=options.DEFAULT_CONNECTION)
        _writer.get_engine()


_lock = threading.Lock()
context_manager = enginefacade.transaction_context()
# The attribute writer is made anew for each who asks.
_writer = context_manager.writer
# SQLite checks foreign keys only if it is told to. With max_retries, oslo.db
# would connect before the hooks are called. Letting other greenlets run when
# a connection is returned is a sleep that may take as long as a statement.
context_manager.configure(sqlite_fk=True, max_retries=0, thread_checkin=False,
                          on_engine_create=[prepare, _wait_for_database])
