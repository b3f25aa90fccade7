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

"""Find all resources below a stack without going through its tree."""

from sqlalchemy import and_
from sqlalchemy import Column
from sqlalchemy import func
from sqlalchemy import Integer
from sqlalchemy import MetaData
from sqlalchemy import select
from sqlalchemy import String
from sqlalchemy import Table

from heat.common.i18n import _
from heat.db.sqlalchemy import ddl

# The servers build an index while others write.
NEEDS_STOPPED_SERVICES = {'sqlite': _(
    'it builds an index on the table resource, and nothing can be '
    'written to the database meanwhile')}


def upgrade(migrate_engine):
    ddl.add_columns(migrate_engine, 'resource',
                    Column('root_stack_id', String(36)))
    metadata = MetaData()
    stack = Table(
        'stack', metadata,
        Column('id', String(36), primary_key=True),
        Column('owner_id', String(36)))
    resource = Table(
        'resource', metadata,
        Column('id', Integer, primary_key=True),
        Column('stack_id', String(36)),
        Column('root_stack_id', String(36)))

    def set_roots(batch):
        roots = _roots(stack, resource, batch)
        yield ddl.UpdateFrom(
            resource, roots,
            and_(roots.c.stack_id == resource.c.stack_id, batch),
            {'root_stack_id': roots.c.above})
        # Owners in a circle: Heat's own script never ends. None of them is
        # at the top, so each is its own root.
        yield resource.update().where(
            batch, resource.c.root_stack_id.is_(None),
            resource.c.stack_id.in_(select(stack.c.id))
        ).values(root_stack_id=resource.c.stack_id)

    ddl.change_rows(migrate_engine, resource.c.id, set_roots)
    ddl.create_index(migrate_engine, 'ix_resource_root_stack_id', 'resource',
                     'root_stack_id', mysql_length=36)


def _roots(stack, resource, batch):
    """Return a subquery: stacks with resources, and what is at their top.

    That is a stack without an owner, or an owner that is not there.
    """
    owner = stack.alias('owner')
    chain = select(resource.c.stack_id, stack.c.id.label('above'),
                   stack.c.owner_id).where(
        batch, stack.c.id == resource.c.stack_id).cte(
        'chain', recursive=True)
    has_owner = func.coalesce(chain.c.owner_id, '') != ''
    # UNION ends where owners run in a circle: it has each of them once.
    chain = chain.union(
        select(chain.c.stack_id, chain.c.owner_id, owner.c.owner_id
               ).select_from(chain.outerjoin(
                   owner, owner.c.id == chain.c.owner_id)).where(has_owner))
    return select(chain.c.stack_id, chain.c.above).where(
        func.coalesce(chain.c.owner_id, '') == '').subquery('roots')
