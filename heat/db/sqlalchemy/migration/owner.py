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

"""Find what a role of PostgreSQL may not change.

A server says so only when it is asked for the change, in the midst of a
version.
"""

import re

import sqlalchemy as sa

from heat.common.i18n import _
from heat.db.sqlalchemy.engine import session

_CHANGED = re.compile(
    r'(?:ALTER TABLE|DROP TABLE|CREATE (?:UNIQUE )?INDEX\b[^(]*\bON)\s+'
    r'"?(\w+)')
_OTHERS = sa.text("""
    SELECT relname || ' (of ' || pg_get_userbyid(relowner) || ')'
    FROM pg_class WHERE oid IN (
        SELECT to_regclass(name) FROM unnest(:names) AS name)
    AND NOT pg_has_role(relowner, 'USAGE') ORDER BY relname""")
_REMEDY = _('let their owner run db_sync, or give them to its role with ALTER '
            'TABLE ... OWNER TO, and run db_sync again')


def refused(engine, statements):
    """Return what another role owns of the tables that are to be changed.

    Sends one statement on PostgreSQL, and none elsewhere.

    :param statements: the text of what is to be sent
    :returns: a list of (what is wrong, what to do), of one or none
    :raises oslo_db.exception.DBError: as the database says
    """
    names = sorted({name for statement in statements
                    for name in _CHANGED.findall(statement)})
    if engine.name != 'postgresql' or not names:
        return []
    with session.connection(engine) as conn:
        found = conn.execute(_OTHERS, {'names': names}).scalars().all()
    return [(_('tables to be changed that another role owns: %s') %
             ', '.join(found), _REMEDY)] if found else []
