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

"""Units of work on one row, which is told by its key."""

import functools

import sqlalchemy as sa
from sqlalchemy import orm

from heat.common.i18n import _
from heat.db import exception
from heat.db.sqlalchemy.api.explain import explained
from heat.db.sqlalchemy.comparison import as_key
from heat.db.sqlalchemy.comparison import same
from heat.db.sqlalchemy.engine import galera
from heat.db.sqlalchemy.engine import write
from heat.db.sqlalchemy.models import columns
from heat.db.sqlalchemy.models import key_names
from heat.db.sqlalchemy.models import now
from heat.db.sqlalchemy.types import freeze

# The scope of all rows.
ALL = (None, {})
# A parameter must not be called as a column is: the column would be set.
_THIS = 'this_%s'


def not_found(model, key):
    """Return the error that says that a row is not there.

    :param key: the value of its key, or {attribute: value} of it
    """
    if isinstance(key, dict):
        key = ', '.join(map(str, key.values()))
    return exception.NotFound(_('there is no %(what)s %(key).200s') % {
        'what': model.__tablename__.replace('_', ' '), 'key': key})


def by_column(model, values):
    """Return values by the names of columns instead of attributes."""
    known = columns(model)
    return {known[name].key: value for name, value in values.items()}


def show(session, model, key, values):
    """Let a row show what was written, if a caller's session has loaded it.

    To expire all of it would make it useless after the transaction.

    :param key: {attribute: value} of its primary key
    """
    row = session.identity_map.get(orm.util.identity_key(
        model, tuple(key.values())))
    if row is None:
        return
    for name, value in values.items():
        orm.attributes.set_committed_value(row, name, freeze(value))
    changed = set(by_column(model, values))
    for relation in sa.inspect(model).relationships:
        if changed & {column.key for column in relation.local_columns}:
            session.expire(row, [relation.key])


def adopt(session, row):
    """Let a caller's session have a row that was stored.

    The session may still have another one of the same key, which was deleted:
    a caller may give a row the key of one that is gone, and SQLite does so by
    itself.
    """
    gone = session.identity_map.get(sa.inspect(row).key)
    if gone is not None:
        session.expunge(gone)
    session.add(row)


class Change(write.Unit):
    """Values for a row, which may be repeated.

    :param scope: as for Swap
    """

    is_repeatable = True

    def __init__(self, model, key, values, scope=ALL):
        self.model = model
        self.key = key
        self.values = values
        self.condition = scope[0]
        self.this = {**scope[1], **this_row(model, key)}
        if columns(model)['updated_at'].onupdate is not None:
            self.values = {'updated_at': now(), **values}

    def work(self, execute):
        with explained(self.model, self.values, execute):
            matched = execute(
                _update_by_key(self.model, self.condition),
                {**by_column(self.model, self.values), **self.this}).rowcount
        return matched or None

    def refusal(self, execute, for_share=False):
        return not_found(self.model, self.key)


class Delete(write.Unit):
    """The end of a row; after a lost connection, that it is gone counts.

    :param scope: as for Swap
    """

    def __init__(self, model, key, scope=ALL):
        self.model = model
        self.key = key
        self.condition = scope[0]
        self.this = {**scope[1], **this_row(model, key)}

    def work(self, execute):
        return execute(_delete_by_key(self.model, self.condition),
                       self.this).rowcount or None

    def refusal(self, execute, for_share=False):
        return not_found(self.model, self.key)

    def landed(self, execute):
        is_there = execute(_select_by_key(self.model),
                           this_row(self.model, self.key)).first()
        return None if is_there else True


class Together(write.Unit):
    """Several units, of which all are written or none.

    After a lost connection, none has landed if the first does not show it. If
    only others do not, they may have been written again since.
    """

    is_statement = False
    has_parts = True

    def __init__(self, *members):
        self.members = members

    def work(self, execute):
        for self.last in self.members:
            if self.last.work(execute) is None:
                return None
        return True

    def refusal(self, execute, for_share=False):
        return self.last.refusal(execute, for_share)

    def landed(self, execute):
        first, *others = self.members
        if not first.landed(execute):
            return None
        if not all(other.landed(execute) for other in others):
            raise exception.OutcomeUnknown()
        return True

    def show(self, session, result):
        for member in self.members:
            member.show(session, result)


def this_row(model, key):
    """Return the parameters that is_this_row() names.

    :param key: the value of the primary key; of one of several columns,
        {attribute: value}
    """
    names = key_names(model)
    return these(model, {names[0]: key} if len(names) == 1 else key)


def these(model, values):
    """Return the parameters this_NAME of {attribute: value}."""
    return {_THIS % name: as_key(columns(model)[name], value)
            for name, value in values.items()}


def is_this_row(model, condition=None):
    """Return the condition that a row has a key.

    :param condition: another one, of a scope; None is none
    """
    keys = [(name, columns(model)[name]) for name in key_names(model)]
    return sa.and_(*(
        same(column, sa.bindparam(_THIS % name, type_=column.type))
        for name, column in keys), *([] if condition is None else [condition]))


@functools.lru_cache(maxsize=256)
def _update_by_key(model, condition):
    return sa.update(model.__table__).where(is_this_row(model, condition))


@functools.lru_cache(maxsize=256)
def _delete_by_key(model, condition):
    return sa.delete(model.__table__).where(is_this_row(model, condition))


@functools.cache
def _select_by_key(model):
    return sa.select(*(
        columns(model)[name] for name in key_names(model))).where(
            is_this_row(model)).execution_options(**galera.UP_TO_DATE)
