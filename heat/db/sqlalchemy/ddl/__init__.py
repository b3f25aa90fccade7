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
of an engine, they write down what they would send.

Scripts of the past rely on what these functions do: extend them, but do not
change their results.
"""

from sqlalchemy.dialects import mysql
from sqlalchemy import types

from heat.db.sqlalchemy.ddl.change import apply
from heat.db.sqlalchemy.ddl.change import execute
from heat.db.sqlalchemy.ddl.add_columns import add_columns
from heat.db.sqlalchemy.ddl.add_columns import drop_column
from heat.db.sqlalchemy.ddl.create_index import create_index
from heat.db.sqlalchemy.ddl.recorder import Recorder
from heat.db.sqlalchemy.ddl.change_rows import batches
from heat.db.sqlalchemy.ddl.change_rows import in_batches
from heat.db.sqlalchemy.ddl.change_rows import update
from heat.db.sqlalchemy.ddl.schema import Clean
from heat.db.sqlalchemy.ddl.schema import Schema
from heat.db.sqlalchemy.ddl.create_table import create_table
from heat.db.sqlalchemy.ddl.create_table import recover_copied_table

# MySQL's TEXT ends at 65,535 bytes.
LongText = types.Text().with_variant(mysql.LONGTEXT(), 'mysql')

__all__ = (
    'Clean',
    'LongText',
    'Recorder',
    'Schema',
    'add_columns',
    'apply',
    'batches',
    'create_index',
    'create_table',
    'drop_column',
    'execute',
    'in_batches',
    'recover_copied_table',
    'update',
)
