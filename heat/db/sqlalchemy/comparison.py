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

import re

import sqlalchemy as sa
from sqlalchemy.ext import compiler
from sqlalchemy.sql import functions

from heat.db.sqlalchemy import types

_UNFIT = re.compile('[\0\ud800-\udfff]')


def is_text(value):
    """Tell whether a value is a text that every engine can be sent."""
    return isinstance(value, str) and not _UNFIT.search(value)


def as_id(value):
    """Return an id as it can be sent; None, which equals nothing, if not."""
    if is_text(value) and (value.isascii() or max(value) <= '\uffff'):
        return value


def as_text(value):
    """Return a text as it can be sent; None, which equals nothing, if not."""
    return value if is_text(value) else None


def as_key(column, value):
    """Return what identifies a row as it can be sent to be compared.

    Servers compare what is not equal: for MySQL, 16 is '16-aaaa', and on
    most engines it is True, '16' and 16.0.

    :returns: None, which equals nothing, if the column can not hold it
    """
    if isinstance(column.type, sa.String):
        return as_id(value)
    if isinstance(column.type, sa.Boolean):
        return value if isinstance(value, bool) else None
    return value if type(value) is int and abs(value) < 2 ** 31 else None


def same(column, value):
    """Return the condition that a column holds exactly this.

    :param value: a parameter or a literal, with the type of the column
    """
    if isinstance(column.type, (sa.String, types.Json)):
        return SameText(column, value)
    return column == value


def same_text(column, text):
    """Return the condition that a column holds exactly this text.

    :param text: what is no text is the same as none
    """
    return SameText(column, sa.literal(as_text(text)))


def same_as(column, name):
    """Return the condition that a column holds exactly a parameter's text.

    :param name: of the parameter
    """
    return SameText(column, sa.bindparam(name, type_=sa.String()))


def any_of(column, values):
    """Return the condition that a column holds exactly one of some values.

    :param values: a list, not empty, of what the column can hold
    """
    literals = [sa.literal(value, column.type) for value in values]
    if len(literals) == 1:
        return same(column, literals[0])
    if isinstance(column.type, (sa.String, types.Json)):
        return AnyText(column, *literals)
    return column.in_(literals)


class SameText(functions.FunctionElement):
    """Two texts are the same.

    With its usual collations, MySQL takes texts for equal that differ in
    case, in accents or in trailing blanks. The bytes tell; the plain
    comparison is there for the index. It has no type: as a Boolean it would
    be compared with 1, and no index be used.
    """

    inherit_cache = True


@compiler.compiles(SameText)
def _equal(element, compiler, **kwargs):
    return '%s = %s' % _operands(element, compiler, **kwargs)


@compiler.compiles(SameText, 'mysql')
def _equal_bytes(element, compiler, **kwargs):
    plain = _equal(element, compiler, **kwargs)
    column, text = map(_UTF8, _operands(element, compiler, **kwargs))
    return '(%s AND %s = %s)' % (plain, _BYTES(column), text)


class AnyText(functions.FunctionElement):
    """A text is the same as one of several; see SameText."""

    inherit_cache = True


@compiler.compiles(AnyText)
def _any(element, compiler, **kwargs):
    column, *texts = _operands(element, compiler, **kwargs)
    return '%s IN (%s)' % (column, ', '.join(texts))


@compiler.compiles(AnyText, 'mysql')
def _any_bytes(element, compiler, **kwargs):
    plain = _any(element, compiler, **kwargs)
    column, *texts = map(_UTF8, _operands(element, compiler, **kwargs))
    return '(%s AND %s IN (%s))' % (plain, _BYTES(column), ', '.join(texts))


class Among(functions.FunctionElement):
    """A column holds one of the values that a subquery finds.

    PostgreSQL takes a recursive query for hundreds of times as many rows as
    it finds, and would read a whole table to join it. From an array, it looks
    each value up.
    """

    inherit_cache = True


@compiler.compiles(Among)
def _among(element, compiler, **kwargs):
    return '%s IN %s' % _operands(element, compiler, **kwargs)


@compiler.compiles(Among, 'postgresql')
def _among_array(element, compiler, **kwargs):
    return '%s = ANY (ARRAY%s)' % _operands(element, compiler, **kwargs)


# A column or a connection may have another charset.
_UTF8 = 'CONVERT({} USING utf8mb4)'.format
# With one of these, MySQL compares bytes.
_BYTES = 'CAST({} AS BINARY)'.format


def _operands(element, compiler, **kwargs):
    # Again for each place in a statement: mysqlclient gets parameters by
    # their places.
    return tuple(compiler.process(operand, **kwargs)
                 for operand in element.clauses)
