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

"""Making indexes on tables in use."""

import sqlalchemy as sa
from sqlalchemy import schema as sa_schema

from heat.common.i18n import _
from heat.db import exception
from heat.db.sqlalchemy.ddl.change import apply


def create_index(engine, name, table_name, *column_names, mysql_lock=None,
                 **options):
    """Create an index on a table in use, without blocking its writers.

    :param mysql_lock: NONE lets MySQL refuse what it can not do without
        blocking them; None lets it do what its settings and old formats of
        tables demand
    :param options: options of sqlalchemy.Index, such as mysql_length
    :raises heat.db.exception.MigrationError: there is an index, or on
        PostgreSQL anything, of that name on something else
    """
    table = sa.Table(table_name, sa.MetaData(), *map(sa.Column, column_names))
    index = sa.Index(name, *table.columns, postgresql_concurrently=True,
                     **options)

    def missing(schema):
        found = schema.indexes(table_name).get(name)
        if schema.is_invalid_index(name):
            # What a CREATE INDEX CONCURRENTLY that died has left.
            yield 'DROP INDEX CONCURRENTLY %s' % name
            found = None
        elif found is None and schema.is_taken(name):
            raise exception.MigrationError(
                _('the name %s, of an index to make, is taken by something '
                  'else in the schema; rename that and run db_sync again') %
                name)
        if found is None:
            statement = str(sa_schema.CreateIndex(index).compile(
                dialect=schema.dialect))
            if mysql_lock and schema.dialect.name == 'mysql':
                statement += ' LOCK=' + mysql_lock
            yield statement
        elif found != list(column_names):
            raise exception.MigrationError(
                _('there is an index %(name)s on another column than '
                  '%(column)s; drop it and run db_sync again') %
                {'name': name, 'column': ', '.join(column_names)})

    # CREATE INDEX CONCURRENTLY waits for older transactions, but nobody
    # waits for it.
    apply(engine, missing, lambda schema: schema.add_index(
        table_name, name, column_names), online=True)
