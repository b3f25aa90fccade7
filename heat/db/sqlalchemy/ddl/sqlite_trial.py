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

"""Trying with SQLite what it would say of dropping a column.

It looks at all views, triggers and indexes then, and refuses to drop a column
of any table as long as one of them has an error.
"""

import re
import sqlite3

import sqlalchemy as sa

_IN_THE_WAY = re.compile(r'error in (view|trigger|index) (.*?)'
                         r'( after drop column)?: ')
_DEFINITIONS = sa.text(
    'SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid')


def in_the_way(conn, table, column):
    """Return what has to be dropped before a column can be, in words.

    :param conn: a connection
    :param table: the name of the table
    :param column: the name of the column; it need not be there
    """
    memory = sqlite3.connect(':memory:', isolation_level=None)
    try:
        for statement in conn.execute(_DEFINITIONS).scalars():
            _try(memory, statement)
        _try(memory, 'ALTER TABLE %s ADD COLUMN %s' % (table, column))
        return list(_drop(memory, table, column))
    finally:
        memory.close()


def _drop(memory, table, column):
    while True:
        error = _try(memory, 'ALTER TABLE %s DROP COLUMN %s' % (table, column))
        found = error and _IN_THE_WAY.match(error)
        if not found:
            return
        kind, name = found.group(1, 2)
        yield '%s %s' % (kind, name)
        if _try(memory, 'DROP %s "%s"' % (kind, name.replace('"', '""'))):
            return


def _try(memory, statement):
    """Return what SQLite says against a statement; None for nothing."""
    try:
        memory.execute(statement)
    except sqlite3.Error as error:
        return str(error)
