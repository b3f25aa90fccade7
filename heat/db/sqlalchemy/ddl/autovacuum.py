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

"""Letting PostgreSQL's autovacuum leave the tables that are to be changed.

It works at a table for minutes, for as long as nobody waits for it longer than
deadlock_timeout, a second by default. A change, which needs the table for
itself, does not: everyone who comes later would queue behind it. Behind one
who waits for the lock that autovacuum has, nobody queues who reads or writes.
See "The Autovacuum Daemon" in PostgreSQL's manual.
"""

import contextlib

from oslo_db import exception as db_exception

# Who vacuums or analyzes has such a lock, or makes an index meanwhile.
_TABLES = '''
    SELECT DISTINCT relation::regclass::text
    FROM pg_locks JOIN pg_class ON pg_class.oid = relation
    WHERE mode = 'ShareUpdateExclusiveLock' AND granted
    AND pid <> pg_backend_pid() AND relkind = 'r'
    AND relnamespace = current_schema()::regnamespace
    AND database = (SELECT oid FROM pg_database
                    WHERE datname = current_database())'''

# Long enough for autovacuum to be told to leave.
_WAIT = '''
    SELECT set_config('lock_timeout', (2 * setting::integer)::text, true)
    FROM pg_settings WHERE name = 'deadlock_timeout' '''


def interrupt(conn):
    """Wait for those who vacuum tables, until autovacuum has left.

    Others do not leave, nor does autovacuum lest the numbers of transactions
    run out: they may be at other tables than the one that is to be changed.

    :param conn: a Connection to any server; PostgreSQL alone does it
    """
    if conn.dialect.name != 'postgresql':
        return
    for table in conn.exec_driver_sql(_TABLES).scalars().all():
        with contextlib.suppress(db_exception.DBDeadlock), conn.begin():
            conn.exec_driver_sql(_WAIT)
            conn.exec_driver_sql(
                'LOCK TABLE %s IN SHARE UPDATE EXCLUSIVE MODE' %
                table.replace('%', '%%'))
