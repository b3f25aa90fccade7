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

"""Count the rows that belong to nothing any more."""

import functools

import sqlalchemy as sa

from heat.db.sqlalchemy.api import references
from heat.db.sqlalchemy.engine import session
from heat.db.sqlalchemy import models


def db_orphans(engine, most, examined):
    """Return how many rows of each table belong to nothing any more.

    Those refer to a row that is not there, although foreign keys should see
    to that; or are templates, files, properties and credentials that nothing
    names; or sync points of another traversal than the current one. A few
    are no sign of anything: what a traversal needs is stored before it starts.

    Works at the newest version; changes nothing. Sends one SELECT for each
    table.

    :param engine: a sqlalchemy Engine
    :param most: of each table, it stops at this number
    :param examined: of each table, it looks at so many rows at most
    :returns: {name of table: number}
    :raises heat.db.exception.MigrationError: engine is none
    :raises oslo_db.exception.DBError: as the database says
    """
    session.require_engine(engine)
    with engine.connect() as conn:
        return {table.name: conn.execute(
            _count(table, found, most, examined)).scalar()
            for table, found in conditions().items()}


def conditions():
    """Return {table: functions of its columns that make a condition}.

    A row belongs to nothing any more if one of them holds.
    """
    found = {}
    for table in models.Base.metadata.sorted_tables:
        for key in table.foreign_keys:
            if not key.parent.nullable:
                found.setdefault(table, []).append(_refers_to_nothing(key))
    for table in references.SHARED:
        found.setdefault(table, []).append(
            functools.partial(references.is_unused, table))
    found[models.SyncPoint.__table__] = [_is_of_no_traversal]
    return found


def _refers_to_nothing(key):
    return lambda row: ~sa.exists().where(
        key.column == row[key.parent.name])


def _is_of_no_traversal(row):
    stack = models.Stack.__table__.c
    return ~sa.exists().where(stack.id == row.stack_id,
                              stack.current_traversal == row.traversal_id)


def _count(table, conditions, most, examined):
    # What is compared only, that an index may have all of it.
    names = [column for column in table.columns if (
        column.primary_key or column.foreign_keys and not column.nullable)]
    row = sa.select(*names).limit(examined).subquery()
    orphans = sa.select(sa.literal(1).label('one')).select_from(row).where(
        sa.or_(*(condition(row.c) for condition in conditions))).limit(most)
    return sa.select(sa.func.count()).select_from(orphans.subquery())
