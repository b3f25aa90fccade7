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

"""Say which value it was when a server refuses a write, or would damage it."""

import contextlib
import json
import re

from oslo_db import exception as db_exception
import sqlalchemy as sa

from heat.common import exception
from heat.common.i18n import _

# Below this, no server is known to refuse a statement for its size.
ALWAYS_ACCEPTED = 512 * 1024


@contextlib.contextmanager
def explained(session, model, values):
    """Turn what a server says of a write into an error that names the value.

    :param session: the session that writes inside
    :raises heat.common.exception.InvalidValues: a value refers to nothing,
        or the server can not take it
    """
    connection = session.connection()
    engine = connection.engine
    if engine.name == 'mysql':
        _require_strict_mode(session, values)
    try:
        yield
    except db_exception.DBReferenceError as error:
        raise exception.InvalidValues(
            _('refers to nothing that exists'),
            _dangling(engine, model, values, error)) from error
    except db_exception.DBConnectionError:
        if engine.name == 'mysql':
            # To roll back on what is lost would be the next error.
            connection.invalidate()
            _refuse_oversized(engine, values)
        raise
    except db_exception.DBError as error:
        column = re.search(r"\(1366, .* for column \W*(?:\w+\W+)*?(\w+)\W* "
                           r"at row", str(error))
        if column is None:
            raise
        raise exception.InvalidValues(
            _('holds characters that the charset of the server lacks'),
            [column.group(1)]) from error


def _dangling(engine, model, values, error):
    """Return the keys that refer to nothing; SQLite does not name them."""
    references = {column.key: key.column
                  for column in model.__table__.columns
                  for key in column.foreign_keys
                  if values.get(column.key) is not None}
    if error.key in references:
        return [error.key]
    with engine.connect() as conn:
        return [key for key, target in references.items() if not conn.execute(
            sa.select(target).where(target == values[key])).first()]


def _require_strict_mode(session, values):
    """Without it, MySQL stores question marks for what utf8mb3 lacks."""
    keys = [key for key, value in values.items()
            if isinstance(value, str) and max(value, default='') > '\uffff']
    if keys and 'STRICT' not in session.execute(
            sa.text('SELECT @@sql_mode')).scalar():
        raise exception.InvalidValues(
            _('holds characters that the server may damage, because its '
              'sql_mode is not strict'), keys)


def _refuse_oversized(engine, values):
    """Look whether it was the size that made the server hang up."""
    sizes = {key: len(value if isinstance(value, str) else json.dumps(value))
             for key, value in values.items()
             if isinstance(value, (str, list, dict, tuple))}
    if sum(sizes.values()) < ALWAYS_ACCEPTED:
        return
    with engine.connect() as conn:
        limit = conn.execute(sa.text('SELECT @@max_allowed_packet')).scalar()
    # Quotes and backslashes are sent as two characters.
    if sum(sizes.values()) * 2 >= limit:
        raise exception.InvalidValues(
            _('too large for the server, whose max_allowed_packet is %d') %
            limit, [max(sizes, key=sizes.get)])
