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

"""Schema changes for version scripts, safe to run again after a crash.

A version script may die between any two statements, and its version number
is stored in a transaction of its own. So each change here looks at the
database first and sends only what is missing. None lets others queue for a
lock that it does not get itself (see change.py). Given a Recorder in place
of an engine, they write down what they would send, and note what is there
afterwards in its SimulatedSchema.

Scripts of the past rely on what these functions do: extend them, but do not
change their results.
"""

from sqlalchemy.dialects import mysql
from sqlalchemy import types

from heat.db.sqlalchemy.ddl.add_columns import add_columns
from heat.db.sqlalchemy.ddl.change import apply
from heat.db.sqlalchemy.ddl.change import execute
from heat.db.sqlalchemy.ddl.change import update_row
from heat.db.sqlalchemy.ddl.change_rows import change_rows
from heat.db.sqlalchemy.ddl.copy_table import copy_table
from heat.db.sqlalchemy.ddl.copy_table import ForeignStatement
from heat.db.sqlalchemy.ddl.create_index import create_index
from heat.db.sqlalchemy.ddl.create_table import create_table
from heat.db.sqlalchemy.ddl.drop_column import drop_column
from heat.db.sqlalchemy.ddl.drop_table import drop_table
from heat.db.sqlalchemy.ddl.fill_column import add_filled_column
from heat.db.sqlalchemy.ddl.nested_depths import set_nested_depths
from heat.db.sqlalchemy.ddl.orphans import clear_orphans
from heat.db.sqlalchemy.ddl.recorder import Recorder
from heat.db.sqlalchemy.ddl.recover_table import recover_copied_table
from heat.db.sqlalchemy.ddl.recover_table import recover_moved_table
from heat.db.sqlalchemy.ddl.rekey_table import rekey_table
from heat.db.sqlalchemy.ddl.rekey_table import Rekeying
from heat.db.sqlalchemy.ddl.replace_foreign_key import replace_foreign_key
from heat.db.sqlalchemy.ddl.schema import Schema
from heat.db.sqlalchemy.ddl.simulated_schema import SimulatedSchema
from heat.db.sqlalchemy.ddl.tell import tell_count
from heat.db.sqlalchemy.ddl.update_from import UpdateFrom
from heat.db.sqlalchemy.ddl.widen_column import widen_column

# MySQL's TEXT ends at 65,535 bytes.
LongText = types.Text().with_variant(mysql.LONGTEXT(), 'mysql')

__all__ = (
    'ForeignStatement',
    'LongText',
    'Recorder',
    'Rekeying',
    'Schema',
    'SimulatedSchema',
    'UpdateFrom',
    'add_columns',
    'add_filled_column',
    'apply',
    'change_rows',
    'clear_orphans',
    'copy_table',
    'create_index',
    'create_table',
    'drop_column',
    'drop_table',
    'execute',
    'recover_copied_table',
    'recover_moved_table',
    'rekey_table',
    'replace_foreign_key',
    'set_nested_depths',
    'tell_count',
    'update_row',
    'widen_column',
)
