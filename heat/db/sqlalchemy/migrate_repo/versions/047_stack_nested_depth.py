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

from sqlalchemy import and_
from sqlalchemy import Boolean
from sqlalchemy import Column
from sqlalchemy import Integer
from sqlalchemy import MetaData
from sqlalchemy import not_
from sqlalchemy import or_
from sqlalchemy import select
from sqlalchemy import String
from sqlalchemy import Table

from heat.db.sqlalchemy import ddl


def upgrade(migrate_engine):
    ddl.add_columns(migrate_engine, 'stack', Column('nested_depth', Integer))
    stack = Table(
        'stack', MetaData(),
        Column('id', String(36), primary_key=True),
        Column('owner_id', String(36)),
        Column('backup', Boolean),
        Column('nested_depth', Integer))
    for batch in ddl.batches(migrate_engine, stack.c.id):
        with migrate_engine.begin() as conn:
            conn.execute(stack.update().where(batch).values(nested_depth=0))

    # Backup stacks and all below them stay at 0, and so does a stack whose
    # owner is gone: nothing leads to it from the top.
    depth = 1
    while _find_depth(migrate_engine, stack, depth):
        depth += 1


def _find_depth(migrate_engine, stack, depth):
    """Set the depth of the stacks right below those at depth - 1, if any."""
    owner = stack.alias('owner')
    if depth == 1:
        is_owner = and_(owner.c.owner_id.is_(None), _no_backup(owner))
    else:
        is_owner = owner.c.nested_depth == depth - 1
    candidate = and_(stack.c.nested_depth == 0, stack.c.owner_id.is_not(None),
                     _no_backup(stack))
    nested = select(stack.c.id).join(
        owner, stack.c.owner_id == owner.c.id).where(candidate, is_owner)
    found = False
    # owner_id has no index: go through the stacks and look for the owner.
    for batch in ddl.batches(migrate_engine, stack.c.id):
        with migrate_engine.begin() as conn:
            ids = conn.execute(nested.where(batch)).scalars().all()
            if ids:
                found = True
                conn.execute(stack.update().where(
                    stack.c.id.in_(ids)).values(nested_depth=depth))
    return found


def _no_backup(stack):
    return or_(stack.c.backup.is_(None), not_(stack.c.backup))
