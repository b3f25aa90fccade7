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

"""Stacks, as their tenants see them."""

import sqlalchemy as sa
from sqlalchemy import orm

from heat.db.sqlalchemy.api import values as api_values
from heat.db.sqlalchemy.comparison import same_text
from heat.db.sqlalchemy.engine import context_manager
from heat.db.sqlalchemy.models import Stack


def stack_create(context, values):
    """Store a new stack. One INSERT.

    :param context: a RequestContext; the stack's tenant comes from values
    :param values: a dictionary of attributes of models.Stack; without an id
        the stack gets a new UUID
    :returns: the models.Stack, without its templates
    :raises heat.common.exception.InvalidValues: a key is no attribute
    :raises oslo_db.exception.DBDuplicateEntry: there is a stack of that id
    :raises oslo_db.exception.DBReferenceError: there is no template or no
        credentials of the ids given
    :raises oslo_db.exception.DBError: as the database says
    """
    api_values.check_keys(Stack, values)
    stack = Stack(**values)
    with context_manager.writer.using(context) as session:
        session.add(stack)
        session.flush()
    return stack


def stack_get(context, stack_id, show_deleted=False, tenant_safe=True,
              eager_load=False):
    """Return a stack. One SELECT.

    :param context: a RequestContext; with show_deleted, or if it says so
        itself, a soft-deleted stack is returned like a live one
    :param tenant_safe: return only a stack that the context may see; an
        administrator sees all
    :param eager_load: load raw_template and prev_raw_template with it
    :returns: the models.Stack, or None if there is none to be seen
    :raises oslo_db.exception.DBError: as the database says
    """
    query = sa.select(Stack).where(same_text(Stack.id, stack_id))
    if not (show_deleted or context.show_deleted):
        query = query.where(Stack.deleted_at.is_(None))
    if tenant_safe:
        query = query.where(_visible_to(context))
    if eager_load:
        query = query.options(orm.joinedload(Stack.raw_template),
                              orm.joinedload(Stack.prev_raw_template))
    with context_manager.reader.using(context) as session:
        # Inside a caller's transaction, the session may know an older row.
        return session.execute(query.execution_options(
            populate_existing=True)).scalars().first()


def _visible_to(context):
    """Return the condition that a context may see a stack."""
    if context.is_admin:
        return sa.true()
    if context.tenant_id is None:
        # Not even a stack that belongs to no tenant.
        return sa.false()
    return sa.or_(
        same_text(Stack.tenant, context.tenant_id),
        same_text(Stack.stack_user_project_id, context.tenant_id))
