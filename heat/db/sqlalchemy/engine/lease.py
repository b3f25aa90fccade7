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

"""Connections lent by a pool without SQLAlchemy's proxy around them.

The proxy watches over what a connection is used for, and takes longer than
SQLite does to write. A statement that commits by itself leaves nothing behind
to watch over.
"""

import sqlalchemy as sa


class Lease:
    """A connection of a connections.Pool, until it is given back.

    What SQLAlchemy needs to make an error of its driver's, and to give up a
    lost connection, is here as it is in a PoolProxiedConnection.

    :param engine: whose pool it is
    :ivar info: what the pool knows of the connection
    """

    def __init__(self, engine):
        self._pool = engine.pool
        self._connection_record = _take(engine)
        self.info = self._connection_record.info

    @property
    def dbapi_connection(self):
        return self._connection_record.dbapi_connection

    @property
    def is_valid(self):
        return self.dbapi_connection is not None

    def __getattr__(self, name):
        return getattr(self.dbapi_connection, name)

    def invalidate(self, error=None):
        """Close the connection; the pool makes another one."""
        self._connection_record.invalidate(error)

    def close(self):
        """Give the connection back."""
        self._pool.give_back(self._connection_record)

    def raise_error(self, engine, error, text, values, cursor):
        """Raise SQLAlchemy's and oslo.db's error for one of the driver's.

        A lost connection is given up. There is no public way to it.
        """
        sa.engine.Connection(engine, self)._handle_dbapi_exception(
            error, text, values, cursor, None)


def _take(engine):
    while True:
        try:
            return engine.pool.take()
        except engine.dialect.dbapi.Error:
            # It can not connect, and SQLAlchemy says so in its errors.
            engine.raw_connection().close()
