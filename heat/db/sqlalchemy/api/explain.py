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

import json
import re

from oslo_db import exception as db_exception
import sqlalchemy as sa

from heat.common.i18n import _
from heat.db import exception
from heat.db.sqlalchemy.engine import autocommit
from heat.db.sqlalchemy.engine.facade import get_engine
from heat.db.sqlalchemy.engine import options

# Below this, no server is known to refuse a statement for its size.
ALWAYS_ACCEPTED = 512 * 1024


class explained:
    """Turn what a server says of a write into an error that names the value.

    A context manager around the write; as a class it costs the least.

    :param execute: what executes it: inside a transaction, only that one
        sees all of it
    :raises heat.db.exception.InvalidValues: a value refers to nothing,
        or the server can not take it
    """

    def __init__(self, model, values, execute):
        self.model = model
        self.values = values
        self.execute = execute

    def __enter__(self):
        _require_strict_mode(self.values)

    def __exit__(self, kind, error, traceback):
        if isinstance(error, db_exception.DBReferenceError):
            raise exception.InvalidValues(
                _('refers to nothing that exists'),
                _dangling(self.model, self.values, self.execute,
                          error)) from error
        if isinstance(error, db_exception.DBConnectionError):
            _refuse_oversized(self.values)
        elif isinstance(error, db_exception.DBError):
            _refuse_characters(error)
            _refuse_together(error, self.values)


def _dangling(model, values, execute, error):
    """Return the keys that refer to nothing; SQLite does not name them."""
    references = {column.key: key.column
                  for column in model.__table__.columns
                  for key in column.foreign_keys
                  if values.get(column.key) is not None}
    if error.key in references:
        return [error.key]
    return [key for key, target in references.items() if not execute(
        sa.select(target).where(target == values[key]), {}).first()]


def _require_strict_mode(values):
    """Without it, MySQL stores question marks for what utf8mb3 lacks."""
    keys = [key for key, value in values.items()
            if isinstance(value, str) and not value.isascii() and
            max(value) > '\uffff']
    if keys and _is_mysql() and not _is_strict():
        raise exception.InvalidValues(
            _('holds characters that the server may damage, because its '
              'sql_mode is not strict'), keys)


def _is_strict():
    """Ask the server only if it is not oslo.db that sets a strict mode."""
    mode = (options.get('mysql_sql_mode') or '').upper()
    return ('STRICT' in mode or 'TRADITIONAL' in mode or
            'STRICT' in _ask('SELECT @@sql_mode'))


def _refuse_characters(error):
    column = re.search(r"\(1366, .* for column \W*(?:\w+\W+)*?(\w+)\W* "
                       r"at row", str(error))
    if column is not None:
        raise exception.InvalidValues(
            _('holds characters that the charset of the server lacks'),
            [column.group(1)]) from error


def _refuse_together(error, values):
    """Look whether the server was to put together what is too large for it.

    (1301, 'Result of concat() was larger than max_allowed_packet (16777216)
    - truncated')
    """
    if '(1301, ' in str(error):
        raise exception.InvalidValues(
            _('too large for max_allowed_packet of the server, together with '
              'what is stored'), values) from error


def _refuse_oversized(values):
    """Look whether it was the size that made the server hang up."""
    sizes = {key: len(value if isinstance(value, str) else json.dumps(value))
             for key, value in values.items()
             if isinstance(value, (str, list, dict, tuple))}
    if sum(sizes.values()) < ALWAYS_ACCEPTED or not _is_mysql():
        return
    limit = _ask('SELECT @@max_allowed_packet')
    # Quotes and backslashes are sent as two characters.
    if sum(sizes.values()) * 2 >= limit:
        raise exception.InvalidValues(
            _('too large for the server, whose max_allowed_packet is %d') %
            limit, [max(sizes, key=sizes.get)])


def _is_mysql():
    return get_engine().name == 'mysql'


def _ask(question):
    with autocommit.connection() as connection:
        return connection.execute(sa.text(question)).scalar()
