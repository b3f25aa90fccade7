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

"""The schema of PostgreSQL that Heat's tables are in.

A name alone finds a table in any schema of the search_path, but new tables
are made in the first one, and it is there that SQLAlchemy looks for tables.
"""

import sqlalchemy as sa

from heat.common.i18n import _
from heat.db import exception

_ELSEWHERE = sa.text("""
    SELECT c.relname AS name, n.nspname AS found, current_schema() AS first
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relname IN ('migrate_version', 'raw_template', 'stack')
    AND c.relkind IN ('r', 'p', 'v') AND pg_table_is_visible(c.oid)
    AND n.nspname IS DISTINCT FROM current_schema()
    ORDER BY name LIMIT 1""")


def require_first(conn):
    """Refuse a database whose tables are not in the first schema.

    Sends one statement on PostgreSQL, and none elsewhere.

    :raises heat.db.exception.MigrationError: Heat's tables are found in
        another schema than new ones would be made in
    """
    if conn.dialect.name != 'postgresql':
        return
    row = conn.execute(_ELSEWHERE).first()
    if row:
        raise exception.MigrationError(
            _('the table %(name)s is in the schema %(found)s, but new tables '
              'would be made in %(first)s, the first of the search_path; let '
              '%(found)s be the first, such as by ALTER ROLE ... SET '
              'search_path = %(found)s, or drop what is in the way') %
            {'name': row.name, 'found': row.found,
             'first': row.first or _('none')})
