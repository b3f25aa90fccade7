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

"""Dropping tables."""

from heat.common.i18n import _
from heat.db.sqlalchemy.ddl.change import apply
from heat.db.sqlalchemy.ddl import dependents
from heat.db.sqlalchemy.ddl.tell import tell_count


def drop_table(engine, name, child=None):
    """Drop a table, and tell how many rows it had.

    :param child: the name of another table that refers to it, and that is
        dropped before
    :raises heat.db.exception.MigrationError: others need the table
    """
    def present(schema):
        if schema.has_table(name):
            yield 'DROP TABLE %s' % name

    dependents.refuse_dependents(
        engine, dependents.TABLE, name, child=child,
        only_if=lambda schema: schema.has_table(name))
    tell_count(engine, name, 'SELECT COUNT(*) FROM %s' % name,
               _('table %(table)s is dropped, with its rows: %%d') %
               {'table': name})
    apply(engine, present, lambda schema: schema.drop_table(name))
