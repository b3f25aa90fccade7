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

"""Connections of the bare DBAPI drivers, which commit each statement."""

import sqlite3

import psycopg2
import pymysql

PORTS = {'mysql': 3306, 'postgresql': 5432}
# The thread that ends the others closes their connections.
OPTIONS = {'sqlite': {'check_same_thread': False}, 'mysql': {},
           'postgresql': {}}
# A proxy can not look into TLS, and finds no request in it.
WITHOUT_TLS = {'sqlite': {}, 'mysql': {'ssl_disabled': 'true'},
               'postgresql': {'sslmode': 'disable', 'gssencmode': 'disable'}}
ERRORS = (sqlite3.Error, psycopg2.Error, pymysql.Error)


def without_tls(url):
    return url.update_query_dict(WITHOUT_TLS[url.get_backend_name()])


def address(url):
    """Return the host and the port of a server."""
    return (url.host or 'localhost',
            url.port or PORTS[url.get_backend_name()])


def open_connection(url):
    """Return a new connection, with the arguments that SQLAlchemy gives.

    On MySQL, an UPDATE tells whether it has found a row, even if the row
    stays as it was.

    :param url: a sqlalchemy.engine.URL
    """
    dialect = url.get_dialect()
    args, kwargs = dialect().create_connect_args(url)
    connection = dialect.dbapi().connect(
        *args, **{**kwargs, **OPTIONS[dialect.name]})
    COMMIT_EACH[dialect.name](connection)
    return connection


def _sqlite(connection):
    connection.isolation_level = None


def _mysql(connection):
    connection.autocommit(True)


def _postgresql(connection):
    connection.autocommit = True


COMMIT_EACH = {'sqlite': _sqlite, 'mysql': _mysql, 'postgresql': _postgresql}
