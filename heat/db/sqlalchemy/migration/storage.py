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

"""Find tables whose storage engine keeps no transactions and no keys."""

import sqlalchemy as sa

from heat.common.i18n import _
from heat.db import exception

_TABLES = sa.text('''
    SELECT t.table_name AS name
    FROM information_schema.tables t
    JOIN information_schema.engines e ON e.engine = t.engine
    WHERE t.table_schema = DATABASE() AND t.table_type = 'BASE TABLE'
    AND e.transactions = 'NO'
    AND t.table_name NOT IN ('migrate_version', 'alembic_version')
    ORDER BY name''')


def require_transactions(engine):
    """Refuse a database of MariaDB or MySQL with tables such as of MyISAM.

    No foreign key can refer to them, and a script that dies leaves a part of
    its rows changed. Changes nothing; sends one statement.

    :param engine: a sqlalchemy Engine; others than MySQL have no such tables
    :raises heat.db.exception.MigrationError: there are some; the text names
        them
    :raises oslo_db.exception.DBError: as the database says
    """
    if engine.name != 'mysql':
        return
    with engine.connect() as conn:
        found = conn.execute(_TABLES).scalars().all()
    if found:
        raise exception.MigrationError(
            _('tables whose storage engine has no transactions: %s; give them '
              'ENGINE = InnoDB with ALTER TABLE, and run db_sync again') %
            ', '.join(found))
