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

"""Find the stacks that a stack owns without reading all of them."""

from heat.common.i18n import _
from heat.db.sqlalchemy import ddl

# The servers build an index while others write.
NEEDS_STOPPED_SERVICES = {'sqlite': _(
    'it builds an index on the table stack, and nothing can be '
    'written to the database meanwhile')}


def upgrade(migrate_engine):
    ddl.create_index(migrate_engine, 'ix_stack_owner_id', 'stack', 'owner_id',
                     mysql_length=36)
