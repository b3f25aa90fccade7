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

"""How a server is set, and how many connections a process may open to it."""

import sqlalchemy as sa

from heat.db.sqlalchemy.engine import options

_SETTINGS = {
    'mysql': 'SHOW VARIABLES WHERE variable_name IN :names',
    'postgresql': 'SELECT name, setting FROM pg_settings WHERE name IN :names',
}


def settings(engine, *names):
    """Return how a new session of a server is set. One statement.

    :param engine: a sqlalchemy Engine
    :returns: {name: text} of those of the names that the server knows; none
        on SQLite
    :raises oslo_db.exception.DBError: as the database says
    """
    if engine.name not in _SETTINGS:
        return {}
    statement = sa.text(_SETTINGS[engine.name]).bindparams(
        sa.bindparam('names', names, expanding=True))
    with engine.connect() as conn:
        return {name: value for name, value in conn.execute(statement)}


def most_connections():
    """Return how many connections a process may open by [database].

    All that it does shares one pool.

    :returns: a number; None if there is no limit
    """
    size = options.get('max_pool_size')
    overflow = options.get('max_overflow')
    # To SQLAlchemy's pool, these are no limits.
    if not size or overflow is not None and overflow < 0:
        return None
    return size + (overflow or 0)
