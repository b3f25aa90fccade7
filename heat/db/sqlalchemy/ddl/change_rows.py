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

"""Changing the rows of a large table, some at a time.

So a change holds few locks at once, none for long, and is not one huge write
set on Galera.
"""

import sqlalchemy as sa

from heat.db.sqlalchemy.ddl import change
from heat.db.sqlalchemy.ddl.recorder import Recorder


def update(engine, key, statement):
    """Update all rows of a table.

    :param key: the column that is the primary key
    :param statement: an UPDATE without a condition
    """
    if isinstance(engine, Recorder):
        engine.record(statement)
        return
    in_batches(engine, key, lambda conn, batch: conn.execute(
        statement.where(batch)))


def in_batches(engine, key, function):
    """Call a function for all rows of a table, some at a time.

    :param key: the column that is the primary key
    :param function: called with a connection in a transaction, and the
        condition that a row is in the batch; again if others got in its way
    :returns: a list of what the function returned
    """
    results = []
    with change.connection(engine) as conn:
        for batch in batches(engine, key):
            def attempt():
                with conn.begin():
                    return function(conn, batch)
            results.append(change.patiently(engine, attempt))
    return results


def batches(engine, key, size=1000):
    """Go through a table in the order of its key, some rows at a time.

    :param key: the column that is the primary key
    :returns: yields for each batch the condition that a row is in it
    """
    page = sa.select(key).order_by(key).limit(size)
    with engine.connect() as conn:
        keys = conn.execute(page).scalars().all()
    while keys:
        yield key.between(keys[0], keys[-1])
        with engine.connect() as conn:
            keys = conn.execute(page.where(key > keys[-1])).scalars().all()
