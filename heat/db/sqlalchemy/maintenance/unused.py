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

"""The end of what several rows may name, when nothing names it any more."""

import functools

import sqlalchemy as sa

from heat.db.sqlalchemy.api import references
from heat.db.sqlalchemy.models import now

# Ids in one statement. MariaDB makes a temporary table of a thousand.
MOST = 500


def delete_unused(execute, counts, named):
    """Delete what rows have named that are deleted now, unless others do.

    :param counts: {name of a table: number}, to which what is deleted is
        added
    :param named: {shared table: ids}
    :raises oslo_db.exception.DBReferenceError: something has begun to name it
    """
    for table in references.SHARED:
        ids = sorted(named.get(table, ()))
        for start in range(0, len(ids), MOST):
            _delete(execute, counts, table, ids[start:start + MOST])


def named_by(table, rows):
    """Return {shared table: ids} of what rows of a table name."""
    named = {}
    for column, target in references.names(table).items():
        named.setdefault(target, set()).update(
            row[column.key] for row in rows if row[column.key] is not None)
    return named


def _delete(execute, counts, table, ids):
    these = {'these': ids}
    named = {}
    if references.names(table):
        named = named_by(table, execute(_select_names(table),
                                        these).mappings().all())
    deleted = execute(_delete_statement(table), these).rowcount
    if deleted < len(ids) and execute(
            _touch(table), {**these, 'touched_at': now()}).rowcount:
        deleted += execute(_delete_statement(table), these).rowcount
    counts[table.name] += deleted
    delete_unused(execute, counts, named)


def _is_one(table):
    return table.c.id.in_(sa.bindparam('these', expanding=True))


@functools.cache
def _select_names(table):
    return sa.select(*references.names(table)).where(_is_one(table))


@functools.cache
def _delete_statement(table):
    return sa.delete(table).where(_is_one(table),
                                  references.is_unused(table))


@functools.cache
def _touch(table):
    return references.touch(table, _is_one(table))
