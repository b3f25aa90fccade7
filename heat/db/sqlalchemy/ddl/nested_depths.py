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

"""Storing how deep stacks are nested, counted from their top-level stack."""

import sqlalchemy as sa

from heat.db.sqlalchemy.ddl.update_from import UpdateFrom


def set_nested_depths(stack, batch):
    """Return the UPDATE for the stacks of a batch that are nested in others.

    :param stack: a sqlalchemy.Table with id, owner_id and backup
    :param batch: the condition that a row is in the batch
    """
    nested = _depths(stack, batch)
    return UpdateFrom(stack, nested, stack.c.id == nested.c.id,
                      {'nested_depth': nested.c.depth})


def _depths(stack, batch):
    """Return a subquery: stacks that are nested, and how deep.

    Backup stacks and all below them stay at 0, and so does a stack whose
    owner is gone, or its own: no chain of owners leads to the top.
    """
    owner = stack.alias('owner')
    chain = sa.select(
        stack.c.id, stack.c.id.label('above'), stack.c.owner_id
    ).where(batch, stack.c.owner_id.is_not(None), _no_backup(stack)).cte(
        'chain', recursive=True)
    # UNION ends where owners run in a circle: it has each of them once.
    chain = chain.union(
        sa.select(chain.c.id, owner.c.id, owner.c.owner_id).select_from(
            chain.join(owner, owner.c.id == chain.c.owner_id)
        ).where(_no_backup(owner)))
    # The word lets MariaDB sort them: it would look for the group of each.
    return sa.select(
        chain.c.id,
        (sa.func.count() - sa.literal_column('1')).label('depth')
    ).prefix_with('SQL_BIG_RESULT', dialect='mysql').group_by(
        chain.c.id).having(
        sa.func.count() > sa.func.count(chain.c.owner_id)).subquery('nested')


def _no_backup(stack):
    return sa.or_(stack.c.backup.is_(None), sa.not_(stack.c.backup))
