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

"""Count the rows that are deleted softly."""

import sqlalchemy as sa

from heat.db.sqlalchemy.engine import session
from heat.db.sqlalchemy.migration import search_path
from heat.db.sqlalchemy import models


def db_deleted(engine, most=None):
    """Return how many rows of each table are deleted, but still there.

    Works at every version; changes nothing. Sends one statement for each
    table that has deleted_at. With the indexes that db_sync makes, it reads
    the rows that it counts; without, the table once.

    :param engine: a sqlalchemy Engine
    :param most: of each table, it stops at this number; None counts all
    :returns: {name of table: number}, without tables that are not there yet
    :raises heat.db.exception.MigrationError: engine is none; or the tables are
        not in the first schema of PostgreSQL's search_path
    :raises oslo_db.exception.DBError: as the database says
    """
    session.require_engine(engine)
    tables = [table for table in models.Base.metadata.sorted_tables
              if 'deleted_at' in table.columns]
    with engine.connect() as conn:
        search_path.require_first(conn)
        present = sa.inspect(conn).get_table_names()
        return {table.name: conn.execute(_count(table, most)).scalar()
                for table in tables if table.name in present}


def _count(table, most):
    deleted = sa.select(table.c.deleted_at).where(
        table.c.deleted_at.is_not(None)).limit(most)
    return sa.select(sa.func.count()).select_from(deleted.subquery())
