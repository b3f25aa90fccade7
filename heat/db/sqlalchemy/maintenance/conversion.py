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
"""To change all rows of a table while others change them, too.

Rows are read and written a batch at a time, in the order of their ids, so it
can be stopped and started again at any time. A row is only written if it is
still as it was read; otherwise it is read again.
"""

import functools
import logging

from oslo_log import log
import sqlalchemy as sa

from heat.common.i18n import _
from heat.db import exception
from heat.db.sqlalchemy.comparison import same
from heat.db.sqlalchemy.engine import autocommit
from heat.db.sqlalchemy.engine import galera
from heat.db.sqlalchemy.engine import write
from heat.db.sqlalchemy.models import columns
from heat.db.sqlalchemy.types import LongText

LOG = log.getLogger(__name__)

# How often a row is read again that another has written to.
ATTEMPTS = 10

# How many rows are read and written at a time.
BATCH = 50


class Conversion:
    """What becomes of the rows of a model that has an id.

    JSON is read and written as the text that is stored: a Heat may have
    written it in another way than it would be written here.

    :param names: of the columns that are read
    :param convert: called with a row of them; returns {name of one of these
        columns: what is to be stored instead}, or None if it may stay
    :param conditions: of the rows that are read
    :param values: {name of a column: what is stored with it}
    :param failed: called with a heat.db.exception.NotConverted for each row
        that convert refuses with InvalidValues or InvalidEncryptionKey, and
        for each that others go on changing
    """

    def __init__(self, model, names, convert, failed, conditions=(),
                 values=None):
        self.model = model
        self.names = names
        self.convert = convert
        self.failed = failed
        self.conditions = conditions
        self.values = values or {}
        self.changed = 0
        self._update = functools.cache(self._make_update)

    def run(self, context, batch_size=BATCH, level=logging.DEBUG):
        """Convert all rows; return how many were changed.

        For each batch one SELECT, and a transaction of an UPDATE for each
        row that is to be changed.

        :param level: of the log, in which each batch is told
        """
        for rows in batches(context, select(
                self.model, self.names, self.conditions), batch_size):
            LOG.log(level, 'Converting %s up to %d',
                    self.model.__tablename__, rows[-1].id)
            self._write_until_done(context, rows)
        return self.changed

    def _write_until_done(self, context, rows):
        for _attempt in range(ATTEMPTS):
            updates = list(self._updates(rows))
            lost = write.write(context, _Batch(updates)) if updates else []
            self.changed += len(updates) - len(lost)
            if not lost:
                return
            rows = [row for id in lost for row in read(
                context, self._select_again, {'this': id})]
        for row in rows:
            self._fail(row.id, _('others go on changing it'))

    def _updates(self, rows):
        """Yield the UPDATE and its parameters of each row that needs one."""
        for row in rows:
            try:
                new = self.convert(row)
            except (exception.InvalidValues,
                    exception.InvalidEncryptionKey) as error:
                self._fail(row.id, error)
                continue
            if new:
                yield self._update(tuple(new)), {
                    'this': row.id,
                    **{'new_' + name: new[name] for name in new},
                    **{'old_' + name: row._mapping[name] for name in new}}

    def _fail(self, id, reason):
        self.failed(exception.NotConverted(
            self.model.__tablename__, id, reason))

    @functools.cached_property
    def _select_again(self):
        return _rows(self.model, self.names, self.conditions).where(
            self._is_this)

    @functools.cached_property
    def _is_this(self):
        return columns(self.model)['id'] == sa.bindparam(
            'this', type_=sa.Integer())

    def _make_update(self, names):
        known = {name: as_stored(self.model, name) for name in names}
        return sa.update(self.model.__table__).where(
            self._is_this, *self.conditions, *(
                same(column, sa.bindparam('old_' + name, type_=column.type))
                for name, column in known.items())).values({
                    **self.values, **{name: sa.bindparam(
                        'new_' + name, type_=column.type)
                        for name, column in known.items()}})


class _Batch(write.Unit):
    """UPDATEs of rows that are as they were read; safe to repeat.

    The result is a list of the ids of those that are not.
    """

    is_statement = False
    is_repeatable = True

    def __init__(self, updates):
        self.updates = updates

    def work(self, execute):
        return [parameters['this'] for statement, parameters in self.updates
                if not execute(statement, parameters).rowcount]


def batches(context, statement, batch_size=BATCH):
    """Yield lists of rows, in the order of their ids. One SELECT for each.

    :param statement: what select() returned
    """
    last = -1
    while True:
        rows = read(context, statement, {'last': last, 'number': batch_size})
        if not rows:
            return
        yield rows
        last = rows[-1].id


def read(context, statement, parameters):
    """Return all rows of a SELECT."""
    return autocommit.read(context, lambda session: session.execute(
        statement, parameters).all())


def select(model, names, conditions=()):
    """Return the SELECT of rows behind an id, up to a number of them."""
    id = columns(model)['id']
    return _rows(model, names, conditions).where(
        id > sa.bindparam('last', type_=sa.Integer())).order_by(id).limit(
            sa.bindparam('number', type_=sa.Integer()))


def _rows(model, names, conditions):
    return sa.select(columns(model)['id'], *(
        as_stored(model, name).label(name) for name in names)).where(
            *conditions).execution_options(**galera.UP_TO_DATE)


def as_stored(model, name):
    """Return a column, one of JSON as text."""
    column = columns(model)[name]
    return (sa.type_coerce(column, LongText)
            if isinstance(column.type, sa.types.TypeDecorator) else column)
