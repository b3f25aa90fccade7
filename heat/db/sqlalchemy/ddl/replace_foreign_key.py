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

"""Giving a foreign key another name or another action."""

from heat.db.sqlalchemy.ddl import add_foreign_key
from heat.db.sqlalchemy.ddl.change import apply
from heat.db.sqlalchemy.ddl.copy_table import copy_table
from heat.db.sqlalchemy.ddl import foreign_key


def replace_foreign_key(engine, table, column_name):
    """Replace the foreign key of a column, which holds at every moment.

    MySQL replaces it in one statement, and keeps the index. Only SQLite copies
    the table.

    :param table: a sqlalchemy.Table: how it is to be
    """
    key, = (key.constraint for key in table.c[column_name].foreign_keys)

    def is_needed(schema):
        found = schema.foreign_key(table.name, column_name)
        return not found or found.on_delete != key.ondelete

    replace = {'mysql': _on_mysql, 'postgresql': _on_postgresql}
    if engine.name == 'sqlite':
        copy_table(engine, table, is_needed)
    else:
        replace[engine.name](engine, table.name, column_name, key, is_needed)


def _on_mysql(engine, table_name, column_name, key, is_needed):
    def missing(schema):
        if not is_needed(schema):
            return
        found = schema.foreign_key(table_name, column_name)
        drop = ('DROP FOREIGN KEY %s, ' % schema.quoted(found.name)
                if found else '')
        # What held for the old key holds for the new one: without checks,
        # MySQL does not copy the table.
        if found:
            yield 'SET SESSION foreign_key_checks = 0'
        yield 'ALTER TABLE %s %s%s' % (
            table_name, drop, foreign_key.constraint(key))
        if found:
            yield 'SET SESSION foreign_key_checks = 1'

    apply(engine, missing,
          lambda schema: schema.add_foreign_key(table_name, key))


def _on_postgresql(engine, table_name, column_name, key, is_needed):
    def missing(schema):
        if is_needed(schema):
            found = schema.foreign_key(table_name, column_name)
            yield 'ALTER TABLE %s %s%s NOT VALID' % (
                table_name,
                'DROP CONSTRAINT %s, ' % schema.quoted(found.name)
                if found else '',
                foreign_key.constraint(key))

    apply(engine, missing,
          lambda schema: schema.add_foreign_key(table_name, key))
    add_foreign_key.validate(engine, table_name, column_name)
