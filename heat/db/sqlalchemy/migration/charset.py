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

"""Find texts that are not UTF-8, and keys that do not match."""

import collections

import sqlalchemy as sa

from heat.db.sqlalchemy.engine import session

# not_utf8: tables, such as "stack", and columns of other tables, such as
# "stack.name", whose charset is not UTF-8. keys: {collation: [column, ...]}
# of the texts in primary, unique and foreign keys.
Charset = collections.namedtuple('Charset', 'not_utf8 keys')

# sqlalchemy-migrate and Alembic make theirs with the default of the database.
_TABLES = sa.text('''
    SELECT table_name AS name, table_collation AS collation
    FROM information_schema.tables
    WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'
    AND table_name NOT IN ('migrate_version', 'alembic_version')
    ORDER BY name''')
_COLUMNS = sa.text('''
    SELECT c.table_name AS table_name,
           CONCAT(c.table_name, '.', c.column_name) AS name,
           c.collation_name AS collation,
           k.column_name IS NOT NULL AS is_key
    FROM information_schema.columns c
    LEFT JOIN (SELECT DISTINCT table_name, column_name
               FROM information_schema.key_column_usage
               WHERE table_schema = DATABASE()) k
        ON k.table_name = c.table_name AND k.column_name = c.column_name
    WHERE c.table_schema = DATABASE() AND c.collation_name IS NOT NULL
    ORDER BY name''')


def db_charset(engine):
    """Return the Charset of a database of MariaDB or MySQL.

    There alone each column has its own. Changes nothing; sends two
    statements.

    :param engine: a sqlalchemy Engine
    :returns: a Charset; an empty one for other engines
    :raises heat.db.exception.MigrationError: engine is none
    :raises oslo_db.exception.DBError: as the database says
    """
    session.require_engine(engine)
    if engine.name != 'mysql':
        return Charset([], {})
    with engine.connect() as conn:
        tables = conn.execute(_TABLES).all()
        known = {table.name for table in tables}
        columns = [column for column in conn.execute(_COLUMNS)
                   if column.table_name in known]
    wrong = [table.name for table in tables if not _is_utf8(table)]
    wrong_columns = [column.name for column in columns
                     if not _is_utf8(column)
                     and column.table_name not in wrong]
    keys = collections.defaultdict(list)
    for column in columns:
        if column.is_key:
            keys[column.collation].append(column.name)
    return Charset(wrong + wrong_columns, dict(keys))


def _is_utf8(found):
    return found.collation.startswith('utf8')
