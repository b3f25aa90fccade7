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

"""Which rows are shared, and which columns name them (refer to them).

Templates, their files, properties and credentials belong to no row: several
may name one. They go when nothing names them any more. The foreign keys of
the models say what names what.
"""

import functools

import sqlalchemy as sa

from heat.db.sqlalchemy.models import Base
from heat.db.sqlalchemy.models import RawTemplate
from heat.db.sqlalchemy.models import RawTemplateFiles
from heat.db.sqlalchemy.models import ResourcePropertiesData
from heat.db.sqlalchemy.models import UserCreds

SHARED = tuple(model.__table__ for model in (
    ResourcePropertiesData, RawTemplate, RawTemplateFiles, UserCreds))


@functools.cache
def names(table):
    """Return the columns by which rows of a table name shared ones.

    :returns: {column: the table of what it names}
    """
    return {key.parent: key.column.table
            for key in sorted(table.foreign_keys, key=lambda key: (
                key.parent.name)) if key.column.table in SHARED}


@functools.cache
def columns_that_name(table):
    """Return the columns of all tables that name rows of a shared one."""
    return [column for other in Base.metadata.sorted_tables
            for column, target in names(other).items() if target is table]


def is_unused(table, row=None, is_gone=None):
    """Return the condition that nothing names a row of a shared table.

    :param row: the columns of the row; None is those of the table
    :param is_gone: called with a table for the condition that a row of it
        counts for nothing, which may not be null; None is no row
    """
    id = (table.c if row is None else row).id
    return sa.and_(*(
        sa.not_(sa.select(column).where(column == id, *(
            [] if is_gone is None else [sa.not_(is_gone(column.table))]
        )).exists())
        for column in columns_that_name(table)))


def touch(table, condition):
    """Return the UPDATE that lets others wait who drop names of these rows.

    They would not see each other otherwise, and all leave a row behind. On
    Galera they conflict only if the row really changes, so updated_at is set
    to touched_at and unset by turns; nobody reads it.

    :param condition: which rows of a shared table
    """
    return sa.update(table).where(condition).values(updated_at=sa.case(
        (table.c.updated_at.is_(None), sa.bindparam(
            'touched_at', type_=sa.DateTime())), else_=None))
