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

"""Store what the traversals of a stack's dependency graph need."""

from sqlalchemy import Column
from sqlalchemy import ForeignKey
from sqlalchemy import Integer
from sqlalchemy import String

from heat.common.i18n import _
from heat.db.sqlalchemy import ddl

# The servers build an index while others write.
NEEDS_STOPPED_SERVICES = {'sqlite': _(
    'it builds indexes on the table stack, and nothing can be '
    'written to the database meanwhile')}


def upgrade(migrate_engine):
    # Heat's own 055 copied the table on SQLite, and may have died at that.
    ddl.recover_copied_table(migrate_engine, 'stack', 'name', 'tenant')
    ddl.add_columns(
        migrate_engine, 'stack',
        Column('prev_raw_template_id', Integer,
               ForeignKey('raw_template.id', name='prev_raw_template_ref')),
        Column('current_traversal', String(36)),
        Column('current_deps', ddl.LongText))

    # A template is deleted at the end of every traversal, and must not scan
    # the stacks for references. MySQL has indexed all foreign keys already.
    if migrate_engine.name != 'mysql':
        for column in ('prev_raw_template_id', 'raw_template_id'):
            ddl.create_index(migrate_engine, 'ix_stack_' + column,
                             'stack', column)
