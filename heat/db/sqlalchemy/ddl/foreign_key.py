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

"""How a foreign key is written."""

import sqlalchemy as sa


def know_targets(table):
    """Let SQLAlchemy write a table whose keys refer to tables it is not told.

    :param table: a sqlalchemy.Table; its MetaData gets the others
    """
    for column in table.columns:
        for key in column.foreign_keys:
            name, target = key.target_fullname.split('.')
            if name not in table.metadata.tables:
                sa.Table(name, table.metadata, sa.Column(target, column.type))


def references(key):
    """Return the REFERENCES clause of a sqlalchemy.ForeignKeyConstraint."""
    table_name, column_name = key.elements[0].target_fullname.split('.')
    clause = 'REFERENCES %s (%s)' % (table_name, column_name)
    return clause + (' ON DELETE ' + key.ondelete if key.ondelete else '')


def constraint(key):
    """Return the clause that adds a ForeignKeyConstraint of one column."""
    return 'ADD CONSTRAINT %s FOREIGN KEY (%s) %s' % (
        key.name, key.column_keys[0], references(key))
