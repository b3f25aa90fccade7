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

"""Rows that refer to rows that are not there."""

import sqlalchemy as sa

from heat.common.i18n import _
from heat.db import exception
from heat.db.sqlalchemy.ddl.recorder import Recorder

# Of many, so many are named.
SHOWN = 10


def refuse_orphans(engine, column, target):
    """Stop a script before it changes anything, if there are orphans.

    Nothing is looked at for a Recorder. Costs two statements that read the
    index of the column, if there is one.

    :param column: of the table that refers to another one, with its id
    :param target: the column that it refers to
    :raises heat.db.exception.MigrationError: there are some; the text has
        their number, ids of some and a statement that deletes them
    """
    if isinstance(engine, Recorder):
        return
    table = column.table
    is_orphan = sa.and_(column.is_not(None), sa.not_(
        sa.select(sa.literal_column('1')).select_from(target.table).where(
            target == column).correlate(table).exists()))
    with engine.connect() as conn:
        count = conn.execute(sa.select(sa.func.count()).select_from(
            table).where(is_orphan)).scalar()
        if not count:
            return
        ids = conn.execute(sa.select(table.c.id).where(is_orphan).order_by(
            table.c.id).limit(SHOWN)).scalars().all()
    raise exception.MigrationError(
        _('%(count)d rows of %(table)s refer to a row of %(target)s that is '
          'not there (id %(ids)s%(more)s); correct their %(column)s, or '
          'delete them: DELETE FROM %(table)s WHERE %(column)s NOT IN '
          '(SELECT %(key)s FROM %(target)s); and run db_sync again') %
        {'count': count, 'table': table.name, 'target': target.table.name,
         'ids': ', '.join(map(str, ids)),
         'more': ', ...' if count > SHOWN else '',
         'column': column.name, 'key': target.name})
