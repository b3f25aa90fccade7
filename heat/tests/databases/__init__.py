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

"""Databases that Heat itself made: dumps of their schema, rows and version.

They were filled at 046 (Juno) by Heat's own models and brought to the later
versions by Heat's own scripts. The rows of resource_properties_data,
raw_template_files and sync_point, and what refers to them, were added by hand
between 071 and 080.
"""

import contextlib
import gzip
import io
import os
import re

from pymysql.constants import CLIENT

from heat.db.sqlalchemy import models

VERSIONS = ('046', '054', '055', '062', '065', '071', '080', '086')


def load(engine, version, charset='utf8mb3'):
    """Load the database that Heat made at a version into an empty one.

    :param version: one of VERSIONS
    :param charset: of the tables, on MySQL
    """
    path = os.path.join(os.path.dirname(__file__), version,
                        engine.name + '.sql.gz')
    with gzip.open(path, 'rt', encoding='utf-8') as dump:
        script = dump.read().replace('utf8mb3', charset)
    # The dumps change settings of the session: use no pooled connection.
    connection = engine.dialect.connect(
        *engine.dialect.create_connect_args(engine.url)[0],
        **_connect_args(engine))
    try:
        _LOADERS[engine.name](connection, script)
        connection.commit()
    finally:
        connection.close()


def empty(engine):
    """Remove all that a database holds, in whatever state it is."""
    engine.dispose()
    if engine.name == 'sqlite':
        with contextlib.suppress(FileNotFoundError):
            os.remove(engine.url.database)
        return
    with engine.connect().execution_options(
            isolation_level='AUTOCOMMIT') as conn:
        kind, name = {'mysql': ('DATABASE', engine.url.database),
                      'postgresql': ('SCHEMA', 'public')}[engine.name]
        cascade = ' CASCADE' if engine.name == 'postgresql' else ''
        conn.exec_driver_sql('DROP %s %s%s' % (kind, name, cascade))
        conn.exec_driver_sql('CREATE %s %s' % (kind, name))
    # The connections still believe in what is gone.
    engine.dispose()


def delete_rows(engine):
    """Delete all rows of a database at the newest version."""
    with engine.begin() as conn:
        for table in reversed(models.Base.metadata.sorted_tables):
            conn.execute(table.delete())


def lose_table(engine, name):
    """Drop a table, whatever refers to it."""
    with engine.begin() as conn:
        if engine.name == 'mysql':
            conn.exec_driver_sql('SET foreign_key_checks = 0')
        cascade = ' CASCADE' if engine.name == 'postgresql' else ''
        conn.exec_driver_sql('DROP TABLE %s%s' % (name, cascade))
    # A connection may have an option of its own now.
    engine.dispose()


def _connect_args(engine):
    args = engine.dialect.create_connect_args(engine.url)[1]
    if engine.name == 'mysql':
        args.update(charset='utf8mb4', client_flag=CLIENT.MULTI_STATEMENTS)
    return args


def _load_sqlite(connection, script):
    connection.executescript(script)


def _load_mysql(connection, script):
    with connection.cursor() as cursor:
        cursor.execute(script)
        while cursor.nextset():
            pass


def _load_postgresql(connection, script):
    """Send what psql would: statements, and the data that COPY reads."""
    script = re.sub(r'^\\(un)?restrict .*$', '', script, flags=re.M)
    copy = re.compile(r'^(COPY .* FROM stdin;)\n((?:.*\n)*?)\\\.$', re.M)
    statements, *copies = copy.split(script)
    with connection.cursor() as cursor:
        cursor.execute(statements)
        for start in range(0, len(copies), 3):
            command, data, statements = copies[start:start + 3]
            cursor.copy_expert(command, io.StringIO(data))
            # psycopg2 refuses to execute comments alone.
            if re.sub(r'^--.*$', '', statements, flags=re.M).strip():
                cursor.execute(statements)


_LOADERS = {'sqlite': _load_sqlite, 'mysql': _load_mysql,
            'postgresql': _load_postgresql}
