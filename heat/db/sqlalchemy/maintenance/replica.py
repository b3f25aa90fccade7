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

"""Whether a replica has done what the server has done."""

import contextlib

from oslo_db import exception as db_exception
import sqlalchemy as sa

from heat.db.sqlalchemy.engine import autocommit
from heat.db.sqlalchemy.engine import facade
from heat.db.sqlalchemy.engine.retry import retry


class Replica:
    """That of [database] slave_connection.

    Asking how far behind it is would take privileges, and another question
    for each kind of replication. What has been deleted is not there any more,
    if it is not on the server either.

    :raises heat.db.exception.InvalidConnection: none is configured
    :raises oslo_db.exception.DBError: it can not be reached; has an attribute
        option, 'slave_connection', as all from there
    """

    def __init__(self):
        self._engine = facade.get_replica_engine()
        # Before anything is deleted.
        with _named():
            self._engine.connect().close()

    def has_deleted(self, column, keys):
        """Tell whether it has none of some rows that the server has not.

        One SELECT there; and one on the server if the replica has such.

        :param column: by which rows are known
        :param keys: its values
        """
        there = retry(lambda: self._read(column, keys))
        return not there or set(there) == set(autocommit.read_alone(
            lambda session: session.execute(
                _select(column, there)).scalars().all()))

    def _read(self, column, keys):
        with _named(), self._engine.connect() as connection:
            return connection.execute(_select(column, keys)).scalars().all()


@contextlib.contextmanager
def _named():
    """Let whoever reports an error name the server that it is from."""
    try:
        yield
    except db_exception.DBError as error:
        error.option = 'slave_connection'
        raise


def _select(column, keys):
    return sa.select(column).distinct().where(column.in_(keys))
