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

"""Making tables."""

from sqlalchemy import schema as sa_schema

from heat.common.i18n import _
from heat.db import exception
from heat.db.sqlalchemy.ddl.change import apply
from heat.db.sqlalchemy.ddl import foreign_key


def create_table(engine, table):
    """Create a table and its indexes, or what of them is missing.

    :raises heat.db.exception.MigrationError: there is a table of that
        name with other columns
    """
    foreign_key.know_targets(table)

    def missing(schema):
        present = {}
        if schema.has_table(table.name):
            _require_same_columns(schema, table)
            present = schema.indexes(table.name)
        else:
            if engine.name == 'mysql':
                _use_collation_of_stack(schema, table)
            yield sa_schema.CreateTable(table)
        for index in sorted(table.indexes, key=lambda index: index.name):
            if index.name not in present:
                yield sa_schema.CreateIndex(index)

    apply(engine, missing, lambda schema: schema.create_table(table))


def _require_same_columns(schema, table):
    found = set(schema.columns(table.name))
    if found != set(table.columns.keys()):
        raise exception.MigrationError(
            _('table %(table)s is there already, with other columns '
              '(%(columns)s); a database older than Juno (version 046) is '
              "brought there by Juno's own heat-manage first") %
            {'table': table.name, 'columns': ', '.join(
                sorted(found ^ set(table.columns.keys())))})


def _use_collation_of_stack(schema, table):
    """A string key and what it refers to must have the same collation."""
    collation = schema.collation('stack')
    if collation:
        table.kwargs['mysql_charset'] = collation.partition('_')[0]
        table.kwargs['mysql_collate'] = collation
