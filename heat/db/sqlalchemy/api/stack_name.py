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
"""New stacks, of which a tenant has one of a name at each owner.

The schema has no key for that. So a new stack is stored first, for all to see,
and then it is looked whether there is another. Of several that come at once,
each sees those that were stored before it looks: at most one sees no other,
and stays. Who sees another takes its own away and tries again, until it is
alone or finds one that stays.
"""

import functools
import typing

from oslo_db import exception as db_exception
import sqlalchemy as sa

from heat.common.i18n import _
from heat.db import exception
from heat.db.sqlalchemy.api import fence
from heat.db.sqlalchemy.api.insert import Insert
from heat.db.sqlalchemy.comparison import same_as
from heat.db.sqlalchemy.engine import galera
from heat.db.sqlalchemy.engine.prepared import PREPARED
from heat.db.sqlalchemy.models import Stack


class _Found(typing.NamedTuple):
    """The ids of stacks that are there, or None.

    :ivar own: the new stack
    :ivar other: another one of its name
    :ivar owner: its owner, as far as the context may see that
    """

    own: str
    other: str
    owner: str


class NewStack(Insert):
    """A new stack of checked values, if its name and its owner allow it."""

    def __init__(self, context, values):
        super().__init__(Stack, values)
        self.owner = values.get('owner_id')
        has_name = values.get('name') is not None and not values.get(
            'deleted_at')
        self.parameters = {
            'this_stack': self.key['id'], 'this_owner': self.owner,
            'this_name': values['name'] if has_name else None,
            'its_tenant': values.get('tenant'), **fence.tenant(context)}
        self.select = _select(
            values.get('tenant') is None, self.owner is None,
            fence.is_admin(context), bool(context.show_deleted))
        self.has_rules = has_name or self.owner is not None
        if not has_name:
            self.settle = None

    def work(self, execute):
        if self.has_rules:
            found = self._look(execute)
            if self.owner is not None and found.owner is None:
                raise exception.InvalidValues(
                    _('is no stack that the context may see'), ['owner_id'])
            if found.other is not None:
                raise self._exists(found)
        return super().work(execute)

    def settle(self, execute, row):
        found = self._look(execute)
        if found.own is not None and found.other is None:
            return row
        fence.withdraw(execute, self.key['id'])
        raise db_exception.RetryRequest(self._exists(found))

    def _look(self, execute):
        return _Found(*execute(self.select, self.parameters).first())

    def _exists(self, found):
        return exception.StackExists(self.values['name'], found.other)


@functools.cache
def _select(is_nobodys, is_top, sees_all, show_deleted):
    """Return the SELECT of this stack, of another, and of its owner."""
    def first(*conditions):
        return sa.select(Stack.id).where(*conditions).limit(
            1).scalar_subquery()

    is_live = Stack.deleted_at.is_(None)
    is_own = same_as(Stack.id, 'this_stack')
    other = first(
        sa.not_(is_own), is_live, same_as(Stack.name, 'this_name'),
        Stack.tenant.is_(None) if is_nobodys else
        same_as(Stack.tenant, 'its_tenant'),
        Stack.owner_id.is_(None) if is_top else
        same_as(Stack.owner_id, 'this_owner'))
    owner = first(
        same_as(Stack.id, 'this_owner'),
        fence.is_visible(sees_all), sa.true() if show_deleted else is_live)
    return sa.select(
        first(is_own).label('own'), other.label('other'),
        owner.label('owner')).execution_options(
            **PREPARED, **galera.UP_TO_DATE)
