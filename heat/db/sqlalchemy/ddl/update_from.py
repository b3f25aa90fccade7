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

"""An UPDATE with values from a SELECT, as each engine writes it."""

from sqlalchemy.ext import compiler
from sqlalchemy.sql import expression


class UpdateFrom(expression.Executable, expression.ClauseElement):
    """Changes the rows of a table for which a SELECT has a row.

    SQLAlchemy's own would not do: 1.4 does not write it for SQLite. What
    stands in it are names and constants.

    :param table: a sqlalchemy.Table
    :param source: a SELECT, as a subquery or an alias
    :param condition: which row of it belongs to a row of the table
    :param values: {name of a column of the table: expression, ...}
    """

    inherit_cache = False

    def __init__(self, table, source, condition, values):
        self.table = table
        self.source = source
        self.condition = condition
        self.values = values


@compiler.compiles(UpdateFrom)
def _update_from(element, compiler, **kw):
    return 'UPDATE %s SET %s FROM %s WHERE %s' % (
        element.table.name, *_clauses(element, compiler, '', kw))


@compiler.compiles(UpdateFrom, 'mysql')
def _update_join(element, compiler, **kw):
    # MySQL sets columns from left to right, and a name may be in both.
    values, source, condition = _clauses(
        element, compiler, element.table.name + '.', kw)
    return 'UPDATE %s JOIN %s ON %s SET %s' % (
        element.table.name, source, condition, values)


def _clauses(element, compiler, prefix, kw):
    # The order of markers would be the wrong one.
    kw = {**kw, 'literal_binds': True}
    values = ', '.join(
        '%s%s = %s' % (prefix, name, compiler.process(value, **kw))
        for name, value in element.values.items())
    return (values, compiler.process(element.source, asfrom=True, **kw),
            compiler.process(element.condition, **kw))
