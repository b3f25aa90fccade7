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

"""Undoing what Heat's own migrations have left on SQLite.

They changed a table by making a copy of it.
"""

from heat.db.sqlalchemy.ddl.change import apply

# Where sqlalchemy-migrate moved a table before it filled the new one.
_MOVED = 'migration_tmp'


def recover_copied_table(engine, table_name, *indexed, copy=None,
                         is_complete=lambda schema: False):
    """Undo a copy of a table, or finish it.

    Heat filled a copy row by row, dropped the table, gave the copy its name
    and made its indexes. So as long as there is the table, the copy may be
    incomplete; once there is none, the copy is all there is.

    :param indexed: names of columns that have an index ix_TABLE_COLUMN
    :param copy: the name of the copy; None is how sqlalchemy-migrate named it
    :param is_complete: called with a Schema: whether the copy is complete
        although the table is still there
    """
    copy = copy or table_name + '__tmp__'

    def copied(schema):
        if not schema.has_table(copy):
            return
        is_all_there_is = not schema.has_table(table_name)
        if not is_all_there_is:
            yield 'DROP TABLE %s' % (
                table_name if is_complete(schema) else copy)
        if is_all_there_is or is_complete(schema):
            yield 'ALTER TABLE %s RENAME TO %s' % (copy, table_name)

    def effect(schema):
        if schema.has_table(copy) and (
                not schema.has_table(table_name) or is_complete(schema)):
            schema.rename_table(copy, table_name)
        schema.drop_table(copy)

    if engine.name == 'sqlite':
        apply(engine, copied, effect)
        _recover_indexes(engine, table_name, indexed)


def recover_moved_table(engine, table_name, *indexed):
    """Give a table its name back that was moved away to be copied.

    sqlalchemy-migrate dropped the indexes, moved the table, made a new one
    and copied all rows, before it dropped the first one.

    :param indexed: names of columns that have an index ix_TABLE_COLUMN
    """
    def moved(schema):
        if _is_moved(schema, table_name):
            if schema.has_table(table_name):
                yield 'DROP TABLE %s' % table_name
            yield 'ALTER TABLE %s RENAME TO %s' % (_MOVED, table_name)

    def effect(schema):
        if _is_moved(schema, table_name):
            schema.rename_table(_MOVED, table_name)

    if engine.name == 'sqlite':
        apply(engine, moved, effect)
        _recover_indexes(engine, table_name, indexed)


def _is_moved(schema, table_name):
    """Tell whether the table that was moved away is this one."""
    if not schema.has_table(_MOVED):
        return False
    # The new one may have one column more or less.
    return not schema.has_table(table_name) or len(
        set(schema.columns(_MOVED)) ^ set(schema.columns(table_name))) < 3


def _recover_indexes(engine, table_name, indexed):
    names = {'ix_%s_%s' % (table_name, column): column for column in indexed}

    def lost(schema):
        for name, column in names.items():
            if not schema.has_index(table_name, name):
                yield 'CREATE INDEX %s ON %s (%s)' % (
                    name, table_name, column)

    def effect(schema):
        for name, column in names.items():
            schema.add_index(table_name, name, [column])

    apply(engine, lost, effect)
