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

"""Telling what a version script throws away."""

from heat.db.sqlalchemy.ddl import change
from heat.db.sqlalchemy.ddl.recorder import Recorder


def teller(engine):
    """Return the function that takes what a script tells.

    An engine has it as its execution option "tell"; a Recorder notes what is
    told.
    """
    if isinstance(engine, Recorder):
        return engine.told.append
    return engine.get_execution_options().get('tell', lambda text: None)


def tell_count(engine, table_name, query, text, column=None):
    """Tell how many rows of a table something happens to, if it does to any.

    Nothing is counted for a Recorder that is not to tell.

    :param table_name: nothing is told when there is no such table
    :param query: a SELECT of the number, as text
    :param text: with %d for the number
    :param column: nothing is told when the table does not have it
    """
    if isinstance(engine, Recorder) and not engine.tells:
        return

    def number(schema):
        is_there = schema.has_table(table_name) and (
            column is None or schema.has_column(table_name, column))
        return is_there and schema.count(query, table_name, column)

    count = change.look(engine, number)
    if count:
        teller(engine)(text % count)
