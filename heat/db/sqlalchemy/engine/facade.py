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

from oslo_config import cfg
from oslo_db import exception as db_exception
from oslo_db.sqlalchemy import enginefacade
from sqlalchemy.engine import make_url
from sqlalchemy import exc

from heat.common.config import CONF
from heat.common.i18n import _
from heat.db import exception
from heat.db.sqlalchemy.engine import lost

BACKENDS = ('sqlite', 'mysql', 'postgresql')

context_manager = enginefacade.transaction_context()
# SQLite checks foreign keys only if it is told to.
context_manager.configure(sqlite_fk=True)
context_manager.append_on_engine_create(lost.watch)


def get_engine():
    """Return the Engine for [database] connection, made on first use.

    :raises heat.db.exception.InvalidConnection: it is not the URL of a
        database that Heat can use
    :raises oslo_db.exception.DBConnectionError: there was no answer in
        [database] max_retries attempts
    """
    if not context_manager.is_started:
        _check_url(_connection())
    return context_manager.writer.get_engine()


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
    try:
        return context.transaction_ctx is not None
    except db_exception.NoEngineContextEstablished:
        return False


def _connection():
    try:
        return CONF.database.connection
    except cfg.Error:
        # Its text quotes what stands behind the $.
        raise exception.InvalidConnection(
            _('[database] connection has a $ that names no option; write $$ '
              'for one in the password')) from None


def _check_url(connection):
    """Refuse a URL in words that do not quote it: it may hold a password."""
    try:
        url = make_url(connection)
        dialect = url.get_dialect()
        dialect.dbapi()
    except exc.NoSuchModuleError:
        raise exception.InvalidConnection(
            _('[database] connection names an unknown kind of database; use '
              'sqlite, mysql+pymysql or postgresql+psycopg2')) from None
    except ImportError as error:
        raise exception.InvalidConnection(
            _('[database] connection needs the Python module %s, which is '
              'not installed; install it, or write mysql+pymysql or '
              'postgresql+psycopg2') % error.name) from None
    except (exc.ArgumentError, ValueError):
        raise exception.InvalidConnection(
            _('[database] connection is not a URL such as '
              'mysql+pymysql://user:password@host/database')) from None
    if dialect.name not in BACKENDS:
        raise exception.InvalidConnection(
            _('[database] connection is for %s; write sqlite, mysql+pymysql '
              'or postgresql+psycopg2') % dialect.name)
    if dialect.name != 'sqlite':
        _check_server(url)


def _check_server(url):
    if '@' in '%s%s%s' % (url.host, url.database, dict(url.query)):
        # An error would show what the password has behind its first @.
        raise exception.InvalidConnection(
            _('[database] connection has more than one @; write %40 for one '
              'in the password'))
    if not url.database:
        raise exception.InvalidConnection(
            _('[database] connection names no database; write it behind the '
              'host: mysql+pymysql://user:password@host/database'))
