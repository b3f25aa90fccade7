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

"""Ways to write to a stack: the fence's, and what it is compared with."""

from unittest import mock

from oslo_db import exception as db_exception
import sqlalchemy as sa

from heat.db import api
from heat.db import exception
from heat.db.sqlalchemy.engine import facade
from heat.db.sqlalchemy.engine import write
from heat.db.sqlalchemy.models import Stack


def lock(context, stack_id, values, exp_trvsl):
    """SELECT ... FOR UPDATE, compare, UPDATE.

    Nodes do not tell each other about locks of rows.
    """
    with facade.context_manager.writer.using(context) as session:
        actual = session.execute(
            sa.select(Stack.current_traversal)
            .where(Stack.id == stack_id).with_for_update()).scalar_one()
        if actual == exp_trvsl:
            session.execute(
                sa.update(Stack).where(Stack.id == stack_id).values(values)
                .execution_options(synchronize_session=False))
    if actual != exp_trvsl:
        raise exception.ConcurrentTransition(stack_id, exp_trvsl, actual)


def trust_the_lock(context, stack_id, values, exp_trvsl):
    """The same; but whoever has the lock acts on it, before the COMMIT."""
    try:
        lock(context, stack_id, values, exp_trvsl)
    except db_exception.DBDeadlock:
        pass


def swap_once(context, stack_id, values, exp_trvsl):
    """The fence's compare-and-swap, but nothing is done again."""
    with mock.patch.object(write, 'retry', _once):
        api.stack_update(context, stack_id, values, exp_trvsl)


def _once(function):
    try:
        return function()
    except db_exception.RetryRequest as error:
        raise db_exception.DBDeadlock(error)


WAYS = {'fence': api.stack_update, 'lock': lock,
        'trust the lock': trust_the_lock, 'swap once': swap_once}
