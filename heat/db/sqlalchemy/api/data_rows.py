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

"""Writes to the data of resources, and the statements that tell its rows."""

import functools

import sqlalchemy as sa

from heat.db.sqlalchemy.api import detached
from heat.db.sqlalchemy.api.explain import explained
from heat.db.sqlalchemy.api.insert import Insert
from heat.db.sqlalchemy.api import units
from heat.db.sqlalchemy.comparison import as_id
from heat.db.sqlalchemy.comparison import as_key
from heat.db.sqlalchemy.comparison import same
from heat.db.sqlalchemy.comparison import same_as
from heat.db.sqlalchemy.engine import galera
from heat.db.sqlalchemy.engine.prepared import FRESH
from heat.db.sqlalchemy.engine import write
from heat.db.sqlalchemy.models import now
from heat.db.sqlalchemy.models import Resource
from heat.db.sqlalchemy.models import ResourceData


class Unit(write.Unit):
    """A write to the rows of a key, safe to repeat."""

    def __init__(self, resource_id, key, values=None):
        self.resource_id = resource_id
        self.key = key
        self.values = values
        self.this = this(resource_id, key)

    def refusal(self, execute, for_share=False):
        return not_found(self.resource_id, self.key)

    def stored(self, execute):
        """Return the values of the row of the key; None if there is none."""
        return detached.named(ResourceData, execute(
            of_key(**galera.UP_TO_DATE), self.this).first())


class Change(Unit):
    """Values for the rows of a key; the result is how many there are."""

    is_repeatable = True

    def __init__(self, resource_id, key, values):
        super().__init__(resource_id, key, {**values, 'updated_at': now()})

    def work(self, execute):
        with explained(ResourceData, self.values, execute):
            return execute(_update(), {**self.values, **self.this}).rowcount


class Set(Unit):
    """Values for the row of a key, which is to be there afterwards."""

    is_statement = False

    def work(self, execute):
        resource = {'this_resource': self.this['this_resource']}
        if not execute(_touch_resource(), resource).rowcount:
            return None
        change = Change(self.resource_id, self.key, self.values)
        if change.work(execute):
            row = detached.row(ResourceData, self.stored(execute))
        else:
            row = Insert(ResourceData, {
                'resource_id': self.resource_id, 'key': self.key,
                **self.values}).work(execute)
        execute(_touch_resource(), resource)
        return row

    def refusal(self, execute, for_share=False):
        return units.not_found(Resource, self.resource_id)

    def landed(self, execute):
        stored = self.stored(execute)
        if stored and all(stored[name] == value
                          for name, value in self.values.items()):
            return detached.row(ResourceData, stored)

    def show(self, session, row):
        units.adopt(session, row)


class Delete(Unit):
    """The end of a key; after a lost connection, that it is gone counts."""

    def work(self, execute):
        return execute(_delete(), self.this).rowcount or None

    def landed(self, execute):
        return None if self.stored(execute) else True


def not_found(resource_id, key):
    """Return the error that says that a resource has nothing of a key."""
    return units.not_found(ResourceData, {'resource_id': resource_id,
                                          'key': key})


def this(resource_id, *keys):
    """Return the parameters of the conditions below."""
    this = {'this_resource': as_key(Resource.id, resource_id)}
    return {**this, **{'this_key': as_id(key) for key in keys}}


def _is_of(column):
    return same(column, sa.bindparam('this_resource', type_=column.type))


def _is_key():
    return (_is_of(ResourceData.resource_id),
            same_as(ResourceData.key, 'this_key'))


@functools.cache
def of_resource():
    """Return the SELECT of all rows of a resource, which this() names."""
    return sa.select(ResourceData).where(
        _is_of(ResourceData.resource_id)).execution_options(**FRESH)


@functools.cache
def of_key(**options):
    """Return the SELECT of the first row of a key, which this() names.

    :param options: how to execute it
    """
    return sa.select(ResourceData).where(*_is_key()).order_by(
        ResourceData.id).limit(1).execution_options(**FRESH, **options)


@functools.cache
def _update():
    return sa.update(ResourceData.__table__).where(*_is_key())


@functools.cache
def _delete():
    return sa.delete(ResourceData.__table__).where(*_is_key())


@functools.cache
def _touch_resource():
    """Return the UPDATE that lets others wait; the second one undoes it.

    On Galera, transactions on two nodes conflict only if both have changed a
    row, so a lock is not enough. replaced_by is no number below 1.
    """
    number = Resource.replaced_by
    return sa.update(Resource.__table__).where(_is_of(Resource.id)).values(
        replaced_by=sa.case((number.is_(None), 0), (number == 0, None),
                            else_=-number))
