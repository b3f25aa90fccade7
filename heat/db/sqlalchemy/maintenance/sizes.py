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

"""How large the tables are, by the statistics of the server."""

import typing

import sqlalchemy as sa

from heat.db.sqlalchemy.engine import session

_SIZES = {
    'mysql': sa.text('''
        SELECT table_name AS name, table_rows AS number,
               data_length + index_length AS size
        FROM information_schema.tables
        WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'
        ORDER BY size DESC, name'''),
    # reltuples is -1 before the first ANALYZE, as after a restore.
    'postgresql': sa.text('''
        SELECT c.relname AS name, NULLIF(c.reltuples, -1) AS number,
               pg_total_relation_size(c.oid) AS size
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = current_schema() AND c.relkind = 'r'
        ORDER BY size DESC, name'''),
}


class Size(typing.NamedTuple):
    """Of a table.

    :ivar rows: how many, as the server estimates; None if it does not yet
    :ivar bytes: with its indexes
    """

    table: str
    rows: typing.Optional[int]
    bytes: int


def db_sizes(engine):
    """Return how large the tables are, the largest first.

    Works at every version; changes nothing. Sends one statement, which reads
    statistics and no table.

    :param engine: a sqlalchemy Engine
    :returns: a list of Size; none on SQLite, which has no statistics
    :raises heat.db.exception.MigrationError: engine is none
    :raises oslo_db.exception.DBError: as the database says
    """
    session.require_engine(engine)
    if engine.name not in _SIZES:
        return []
    with engine.connect() as conn:
        return [Size(row.name, None if row.number is None else
                     int(row.number), int(row.size or 0))
                for row in conn.execute(_SIZES[engine.name])]
