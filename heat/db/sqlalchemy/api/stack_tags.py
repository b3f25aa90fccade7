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
"""The tags of a stack, and the conditions that a stack has some."""

import functools

from oslo_db import exception as db_exception
import sqlalchemy as sa

from heat.common.i18n import _
from heat.db import exception
from heat.db import options
from heat.db.sqlalchemy.api import checks
from heat.db.sqlalchemy.api import detached
from heat.db.sqlalchemy.api.explain import explained
from heat.db.sqlalchemy.api import fence
from heat.db.sqlalchemy.api import rows
from heat.db.sqlalchemy.api import units
from heat.db.sqlalchemy.comparison import any_of
from heat.db.sqlalchemy.engine import galera
from heat.db.sqlalchemy.engine.prepared import FRESH
from heat.db.sqlalchemy.engine.prepared import PREPARED
from heat.db.sqlalchemy.engine import write
from heat.db.sqlalchemy.models import columns
from heat.db.sqlalchemy.models import now
from heat.db.sqlalchemy.models import Stack
from heat.db.sqlalchemy.models import StackTag

# Of one stack, or in one condition.
MOST = 100


def stack_tags_get(context, stack_id):
    """Return the tags of a stack. One SELECT.

    :param context: a RequestContext that may see the stack, which may be
        soft-deleted
    :returns: a list of models.StackTag, by tag; None if there are none
    :raises oslo_db.exception.DBError: as the database says
    """
    scope, parameters = fence.visible(context, Stack)
    found = rows.every(context, _of(scope), {
        **parameters, **units.this_row(Stack, stack_id)})
    return sorted(found, key=_tag) or None


def stack_tags_set(context, stack_id, tags):
    """Give a stack these tags, and no others.

    A SELECT that locks the stack, a DELETE and an INSERT in one transaction,
    and a SELECT after it: nobody sees a part of the tags, and of two that
    set them at once one set is left. Repeated like stack_update.

    :param context: a RequestContext that may see the stack, which may be
        soft-deleted
    :param tags: a list or a set of up to 100 texts of up to 80 characters;
        the same one twice is one
    :returns: as stack_tags_get
    :raises heat.db.exception.NotFound: there is no such stack that the
        context may see
    :raises heat.db.exception.InvalidValues: tags are refused
    :raises oslo_db.exception.DBError: as the database says
    """
    check('tags', tags)
    return write.write(context, _Tags(
        stack_id, tags, fence.visible(context, Stack))) or None


def stack_tags_delete(context, stack_id):
    """Take all tags from a stack, which need not have any.

    As stack_tags_set, but for the INSERT.

    :param context: as for stack_tags_set
    :raises heat.db.exception.NotFound: there is no such stack that the
        context may see
    :raises oslo_db.exception.DBError: as the database says
    """
    stack_tags_set(context, stack_id, ())


def check(name, tags):
    """Refuse what are no tags.

    :param name: of the argument, for the error
    :raises heat.db.exception.InvalidValues: it names the argument
    """
    checks.check_texts(name, tags)
    if len(tags) > MOST:
        raise exception.InvalidValues(_('has more than %d tags') % MOST,
                                      [name])
    for tag in tags:
        checks.check_value(StackTag, 'tag', tag, name)


def matching(tags, tags_any, not_tags, not_tags_any):
    """Return the conditions that a stack has some tags, and has not others.

    All arguments are as for stack_get_all.

    :raises heat.db.exception.InvalidValues: an argument is refused
    """
    conditions = []
    for name, given, has in (('tags', tags, _has_every),
                             ('tags_any', tags_any, _has_any),
                             ('not_tags', not_tags, _has_every),
                             ('not_tags_any', not_tags_any, _has_any)):
        if given is not None:
            check(name, given)
        if given:
            conditions.append(sa.not_(has(given)) if name.startswith('not')
                              else has(given))
    return conditions


def is_shown():
    """Return the condition that a stack has no hidden_stack_tags, if any.

    It is the same object as long as [DEFAULT] hidden_stack_tags are.
    """
    return _has_none(tuple(options.get('hidden_stack_tags') or ()))


@functools.lru_cache(maxsize=16)
def _has_none(tags):
    return sa.not_(_has_any(tags)) if tags else sa.true()


def _has_any(tags):
    return sa.exists().where(_has(tags))


def _has_every(tags):
    # PostgreSQL would make a join of each EXISTS, and look for an order of
    # all, for seconds if they are 100.
    return sa.and_(*(
        sa.select(sa.func.count()).where(_has([tag])).scalar_subquery() > 0
        for tag in tags))


def _has(tags):
    return sa.and_(StackTag.stack_id == Stack.id,
                   any_of(StackTag.tag, list(tags)))


def _tag(row):
    return row.tag


class _Tags(write.Unit):
    """All tags of a stack, instead of those that it has."""

    is_statement = False
    is_repeatable = True

    def __init__(self, stack_id, tags, scope):
        self.stack_id = stack_id
        self.tags = sorted(set(tags))
        self.scope, parameters = scope
        self.this = {**parameters, **units.this_row(Stack, stack_id)}

    def work(self, execute):
        stack = execute(_lock(self.scope), self.this).first()
        if stack is None:
            return None
        execute(_delete(), {'this_stack_id': stack.id})
        if self.tags:
            with explained(StackTag, {'tag': ''.join(self.tags)}, execute):
                execute(sa.insert(StackTag.__table__), [
                    {'stack_id': stack.id, 'tag': tag, 'created_at': now()}
                    for tag in self.tags])
        return stack.id

    def settle(self, execute, stack_id):
        """On a Galera cluster, a lock does not keep other nodes away."""
        found = sorted((
            detached.row(StackTag, detached.named(StackTag, row))
            for row in execute(_select(), {'this_stack_id': stack_id}).all()),
            key=_tag)
        tags = [row.tag for row in found]
        if tags != self.tags:
            raise db_exception.RetryRequest(exception.LostSwap(
                self.stack_id, self.tags, tags))
        return found

    def refusal(self, execute, for_share=False):
        return units.not_found(Stack, self.stack_id)


def _this_stack():
    return StackTag.stack_id == sa.bindparam('this_stack_id')


@functools.lru_cache
def _of(scope):
    return sa.select(StackTag).join(
        Stack, Stack.id == StackTag.stack_id).where(
            units.is_this_row(Stack, scope)).execution_options(**FRESH)


@functools.lru_cache
def _lock(scope):
    return sa.select(Stack.id).where(units.is_this_row(
        Stack, scope)).with_for_update(key_share=True)


@functools.cache
def _delete():
    return sa.delete(StackTag.__table__).where(_this_stack())


@functools.cache
def _select():
    return sa.select(*columns(StackTag).values()).where(
        _this_stack()).execution_options(**PREPARED, **galera.UP_TO_DATE)
