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

"""Comparison of texts that means the same on every engine."""

import sqlalchemy as sa
from sqlalchemy.ext import compiler
from sqlalchemy.sql import functions


class same_text(functions.FunctionElement):
    """A condition: a column holds exactly this text.

    With its usual collations, MySQL takes texts for equal that differ in
    case, in accents or in trailing blanks. The bytes tell; the plain
    comparison is there for the index.
    """

    type = sa.Boolean()
    inherit_cache = True

    def __init__(self, column, text):
        super().__init__(column, sa.literal(text))


@compiler.compiles(same_text)
def _equal(element, compiler, **kwargs):
    return '%s = %s' % _operands(element, compiler, **kwargs)


@compiler.compiles(same_text, 'mysql')
def _equal_bytes(element, compiler, **kwargs):
    column, text = _operands(element, compiler, **kwargs)
    return '(%s = %s AND CAST(%s AS BINARY) = CAST(%s AS BINARY))' % (
        column, text, column, text)


def _operands(element, compiler, **kwargs):
    return tuple(compiler.process(operand, **kwargs)
                 for operand in element.clauses)
