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

"""Store how deep a stack is nested, counted from its top-level stack."""

from sqlalchemy import Boolean
from sqlalchemy import Column
from sqlalchemy import func
from sqlalchemy import Integer
from sqlalchemy import literal_column
from sqlalchemy import MetaData
from sqlalchemy import not_
from sqlalchemy import or_
from sqlalchemy import select
from sqlalchemy import String
from sqlalchemy import Table

from heat.db.sqlalchemy import ddl


def upgrade(migrate_engine):
    stack = Table(
        'stack', MetaData(),
        Column('id', String(36), primary_key=True),
        Column('owner_id', String(36)),
        Column('backup', Boolean))
    ddl.add_filled_column(migrate_engine, stack.c.id,
                          Column('nested_depth', Integer), 0)

    def set_depths(batch):
        nested = _depths(stack, batch)
        yield ddl.UpdateFrom(stack, nested, stack.c.id == nested.c.id,
                             {'nested_depth': nested.c.depth})

    ddl.change_rows(migrate_engine, stack.c.id, set_depths)


def _depths(stack, batch):
    """Return a subquery: stacks that are nested, and how deep.

    Backup stacks and all below them stay at 0, and so does a stack whose
    owner is gone, or its own: no chain of owners leads to the top.
    """
    owner = stack.alias('owner')
    chain = select(stack.c.id, stack.c.id.label('above'), stack.c.owner_id
                   ).where(batch, stack.c.owner_id.is_not(None),
                           _no_backup(stack)).cte('chain', recursive=True)
    # UNION ends where owners run in a circle: it has each of them once.
    chain = chain.union(
        select(chain.c.id, owner.c.id, owner.c.owner_id).select_from(
            chain.join(owner, owner.c.id == chain.c.owner_id)
        ).where(_no_backup(owner)))
    # The word lets MariaDB sort them: it would look for the group of each.
    return select(
        chain.c.id, (func.count() - literal_column('1')).label('depth')
    ).prefix_with('SQL_BIG_RESULT', dialect='mysql').group_by(
        chain.c.id).having(
        func.count() > func.count(chain.c.owner_id)).subquery('nested')


def _no_backup(stack):
    return or_(stack.c.backup.is_(None), not_(stack.c.backup))
