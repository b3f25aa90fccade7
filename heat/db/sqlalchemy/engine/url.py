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
"""Which URL [database] connection may be, and how it may be shown."""

import re

from oslo_config import cfg
from sqlalchemy.engine import make_url
from sqlalchemy import exc

from heat.common.i18n import _
from heat.db import exception
from heat.db.sqlalchemy.engine import options

# Of [database].
OPTIONS = ('connection', 'slave_connection')

BACKENDS = ('sqlite', 'mysql', 'postgresql')

# What a name of a host, a database or a user is made of, if nothing else has
# slipped into it.
_NAME = re.compile(r'[\w.:%$-]{0,255}')


def check():
    """Refuse a URL in words that do not quote it: it may hold a password.

    :raises heat.db.exception.InvalidConnection: it is not the URL of a
        database that Heat can use
    """
    for name in OPTIONS:
        connection = _option(name)
        if connection is not None:
            try:
                _check(connection)
            except exception.InvalidConnection as error:
                raise exception.InvalidConnection(
                    '[database] %s %s' % (name, error)) from None


def masked(name='connection'):
    """Return the URL of one of OPTIONS as it may be shown."""
    url = make_url(options.get(name))
    # A password may be among the arguments behind the ?, too.
    url = url.set(query={})
    if url.get_backend_name() == 'sqlite':
        # It was the URL of a server once.
        url = url.set(database=re.sub(':[^/:]*@', ':***@', url.database or ''))
    elif not _NAME.fullmatch(url.username or ''):
        url = url.set(username='***')
    return url.render_as_string(hide_password=True)


def without_arguments(text):
    """Return a text of a driver without what stands behind the ?."""
    urls = [make_url(options.get(name)) for name in OPTIONS
            if options.get(name)]
    for argument in (value for url in urls for value in url.query.values()):
        for value in (argument if isinstance(argument, tuple)
                      else (argument,)):
            if len(value) > 2:
                text = text.replace(value, '***')
    return text


def _option(name):
    try:
        return options.get(name)
    except cfg.Error:
        # Its text quotes what stands behind the $.
        raise exception.InvalidConnection(
            _('[database] %s has a $ that names no option; write $$ for one '
              'in the password') % name) from None


def _check(connection):
    """Refuse a URL; the error goes on behind the name of its option."""
    try:
        url = make_url(connection)
        dialect = url.get_dialect()
        # SQLAlchemy 2.0 calls it import_dbapi.
        (getattr(dialect, 'import_dbapi', None) or dialect.dbapi)()
    except exc.NoSuchModuleError:
        raise exception.InvalidConnection(
            _('names an unknown kind of database; use sqlite, mysql+pymysql '
              'or postgresql+psycopg2')) from None
    except ImportError as error:
        raise exception.InvalidConnection(
            _('needs the Python module %s, which is not installed; install '
              'it, or write mysql+pymysql or postgresql+psycopg2'
              ) % error.name) from None
    except (exc.ArgumentError, ValueError):
        raise exception.InvalidConnection(
            _('is not a URL such as mysql+pymysql://user:password@host/'
              'database')) from None
    if dialect.name not in BACKENDS:
        raise exception.InvalidConnection(
            _('is for %s; write sqlite, mysql+pymysql or '
              'postgresql+psycopg2') % dialect.name)
    (_check_file if dialect.name == 'sqlite' else _check_server)(url)


def _check_file(url):
    if url.host or url.username or url.password or url.port:
        raise exception.InvalidConnection(
            _('names a server, which SQLite has not; write sqlite:/// and '
              'the path of a file, or the name of another kind of database'))


def _check_server(url):
    if '@' in '%s%s%s' % (url.host, url.database, dict(url.query)):
        # An error would show what the password has behind its first @.
        raise exception.InvalidConnection(
            _('has more than one @; write %40 for one in the password'))
    if not url.database:
        raise exception.InvalidConnection(
            _('names no database; write it behind the host: '
              'mysql+pymysql://user:password@host/database'))
    if not (_NAME.fullmatch(url.host or '') and _NAME.fullmatch(url.database)):
        # libpq takes "name password=..." apart.
        raise exception.InvalidConnection(
            _('has a name of a host or a database that can be none; what '
              'else the driver needs stands behind a ?'))
