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

# The same in one statement, for those who apply it by hand: from each stack
# up to its top. The limit is for stacks that own each other.
_DEPTHS = """(
    WITH RECURSIVE chain (id, owner_id, depth) AS (
        SELECT id, owner_id, 0 FROM stack
        WHERE owner_id IS NOT NULL AND NOT COALESCE(backup, %(false)s)
        UNION ALL
        SELECT chain.id, owner.owner_id, chain.depth + 1
        FROM chain JOIN stack AS owner ON owner.id = chain.owner_id
        WHERE NOT COALESCE(owner.backup, %(false)s) AND chain.depth < 100
    )
    SELECT id, depth FROM chain WHERE owner_id IS NULL
) AS nested"""
_FROM = ('UPDATE stack SET nested_depth = nested.depth\nFROM %s\n'
         'WHERE stack.id = nested.id')
_JOIN = ('UPDATE stack JOIN %s ON stack.id = nested.id\n'
         'SET stack.nested_depth = nested.depth')
_AT_ONCE = {
    'sqlite': _FROM % _DEPTHS % {'false': '0'},
    'postgresql': _FROM % _DEPTHS % {'false': 'false'},
    'mysql': _JOIN % _DEPTHS % {'false': '0'},
}


def upgrade(migrate_engine):
    ddl.add_columns(migrate_engine, 'stack', Column('nested_depth', Integer))
    stack = Table(
        'stack', MetaData(),
        Column('id', String(36), primary_key=True),
        Column('owner_id', String(36)),
        Column('backup', Boolean),
        Column('nested_depth', Integer))
    ddl.update(migrate_engine, stack.c.id,
               stack.update().values(nested_depth=0))
    if isinstance(migrate_engine, ddl.Recorder):
        migrate_engine.record(_AT_ONCE[migrate_engine.name])
        return

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

    def set_depth(conn, batch):
        ids = conn.execute(nested.where(batch)).scalars().all()
        if ids:
            conn.execute(stack.update().where(
                stack.c.id.in_(ids)).values(nested_depth=depth))
        return bool(ids)

    # owner_id has no index: go through the stacks and look for the owner.
    return any(ddl.in_batches(migrate_engine, stack.c.id, set_depth))


def _no_backup(stack):
    return or_(stack.c.backup.is_(None), not_(stack.c.backup))
