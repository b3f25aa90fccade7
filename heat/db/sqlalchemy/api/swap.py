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

"""The compare-and-swap: a row is written if it is as the caller expects.

It is one UPDATE that names what it expects in its WHERE, and there is no
SELECT before it: the database decides who wins.
"""

import functools

from oslo_db import exception as db_exception
from oslo_log import log
import sqlalchemy as sa

from heat.db import exception
from heat.db.sqlalchemy.api.explain import explained
from heat.db.sqlalchemy.api import units
from heat.db.sqlalchemy.comparison import same
from heat.db.sqlalchemy.engine import galera
from heat.db.sqlalchemy.engine.prepared import PREPARED
from heat.db.sqlalchemy.engine import write
from heat.db.sqlalchemy.models import columns

LOG = log.getLogger(__name__)

# A parameter must not be called as a column is: the column would be set.
_EXPECTED = 'expected_%s'


class Swap(write.Unit):
    """What one call writes to a row that has to be as it expects.

    :param model: the model of the row
    :param key: {attribute: value} of its primary key
    :param expected: {attribute: value} of what decides; None is NULL. What
        is not there may have any value
    :param or_null: names of attributes expected that may be NULL as well
    :param moved_on: names of numbers, beside values, that are to be one
        higher; NULL counts as 0
    :param values: {attribute: value} of what is set; they are checked
    :param lost: called with what is stored now of the attributes reported;
        returns the error for a loser
    :param reported: names of attributes; None is those of expected
    :param scope: the condition that the caller may write to the row, the same
        object each time, and the parameters that are named in it
    :param mark: {attribute: value} of what the row shows once this call has
        written it. Without one, to repeat the write does no harm
    :param is_proof: only this call leaves such a mark. Otherwise a row that
        shows it, after a lost connection, leaves the outcome unknown
    :param then: called with execute after the write, in its transaction
    """

    def __init__(self, model, key, expected, values, lost, reported=None,
                 scope=units.ALL, mark=None, is_proof=True, then=None,
                 or_null=(), moved_on=()):
        self.model = model
        self.key = key
        self.expected = expected
        self.values = values
        self.lost = lost
        self.reported = tuple(expected) if reported is None else reported
        self.scope, scope_parameters = scope
        self.mark = mark
        self.is_proof = is_proof
        self.then = then
        self.or_null = or_null
        self.moved_on = moved_on
        self.is_statement = then is None
        self.this = {**scope_parameters, **units.these(model, key)}

    def work(self, execute):
        with explained(self.model, self.values, execute):
            if execute(*self._statement()).rowcount != 1:
                return None
        if self.then is not None:
            self.then(execute)
        return True

    def _statement(self):
        """Return the UPDATE and its parameters."""
        parameters = units.by_column(self.model, self.values)
        parameters.update(self.this)
        shape = []
        for name, value in self.expected.items():
            shape.append((name, value is not None,
                          value is None or name in self.or_null))
            if value is not None:
                parameters[_EXPECTED % name] = value
        return _update(self.model, tuple(shape), self.scope,
                       self.moved_on), parameters

    def refusal(self, execute, for_share=False):
        select = _select(self.model, self.reported, self.scope)
        if for_share:
            select = select.with_for_update(read=True)
        row = execute(select, self.this).first()
        if row is None:
            return units.not_found(self.model, self.key)
        actual = dict(zip(self.reported, row))
        # Conflicts are expected; the values may be secret.
        LOG.debug('%s %s: expected %s, found %s', self.model.__tablename__,
                  self.key, self.expected,
                  {name: actual.get(name) for name in self.expected})
        error = self.lost(*row)
        if not for_share and all(
                actual[name] == value or
                actual[name] is None and name in self.or_null
                for name, value in self.expected.items()):
            # Since the UPDATE it has become what was expected.
            return db_exception.RetryRequest(error)
        return error

    def landed(self, execute):
        if not self.mark:
            return None
        known = columns(self.model)
        row = execute(sa.select(*(
            known[name] for name in self.key)).where(*(
                known[name].is_(None) if value is None else
                same(known[name], sa.literal(value, known[name].type))
                for name, value in {**self.key, **self.mark}.items()
            )).execution_options(**galera.UP_TO_DATE), {}).first()
        if row is None:
            return None
        if not self.is_proof:
            raise exception.OutcomeUnknown()
        return True

    def show(self, session, result):
        units.show(session, self.model, self.key, self.values)


def swap(context, *args, **kwargs):
    """Write to a row if it is as the caller expects; see Swap.

    One UPDATE that commits by itself, in one round trip, unless more belongs
    to it. It is repeated like all writes: see engine.write.

    :returns: True
    :raises heat.db.exception.NotFound: there is no such row, or the
        caller may not write to it. One SELECT more
    :raises heat.db.exception.LostSwap: it is not as expected: what lost()
        returns. One SELECT more
    :raises heat.db.exception.InvalidValues: a value refers to nothing, or
        the server can not take it
    """
    return write.write(context, Swap(*args, **kwargs))


def shown(values):
    """Return those values that a row shows as they are; MySQL rounds times."""
    return {name: value for name, value in values.items()
            if not getattr(value, 'microsecond', 0)}


@functools.lru_cache(maxsize=256)
def _update(model, expected, scope, moved_on):
    """Return the UPDATE for a kind of swap.

    Made once: to build it would take longer than to send it.

    :param expected: tuples of an attribute, whether it may have the value
        expected, and whether it may be NULL
    """
    known = columns(model)
    statement = sa.update(model.__table__).where(
        units.is_this_row(model, scope),
        *(_is_expected(known, *shape) for shape in expected))
    if moved_on:
        statement = statement.values({
            known[name]: sa.func.coalesce(known[name], 0) + 1
            for name in moved_on})
    return statement


def _is_expected(known, name, has_value, is_null):
    conditions = []
    if has_value:
        conditions.append(same(known[name], sa.bindparam(
            _EXPECTED % name, type_=known[name].type)))
    if is_null:
        conditions.append(known[name].is_(None))
    return sa.or_(*conditions)


@functools.lru_cache(maxsize=256)
def _select(model, names, scope):
    """Return the SELECT of what is stored now."""
    return sa.select(*(columns(model)[name] for name in names)).where(
        units.is_this_row(model, scope)).execution_options(
            **galera.UP_TO_DATE, **PREPARED)
