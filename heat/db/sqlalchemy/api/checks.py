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

"""Checks of the values that callers give for the columns of a row.

All that a column can not hold is refused here, in the same words on every
engine and before anything is sent: SQLite stores anything, MySQL without
strict mode cuts, and an error of a server often does not name the column.
"""

import datetime
import functools
import re

import sqlalchemy as sa

from heat.common.i18n import _
from heat.db import exception
from heat.db.sqlalchemy.api import json_values
from heat.db.sqlalchemy.comparison import is_text
from heat.db.sqlalchemy.models import columns
from heat.db.sqlalchemy.types import Json
from heat.db.sqlalchemy.types import MOST_BYTES

MAX_INTEGER = 2 ** 31 - 1

_TRAVERSAL = re.compile(r'[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}')


def check(model, values, fixed=(), new=False):
    """Return values as they are written; refuse what a row can not have.

    :param values: a dictionary
    :param fixed: names of columns that may not be given
    :param new: the values are for a new row
    :returns: the same, but JSON is a types.JsonText
    :raises heat.db.exception.InvalidValues: it names the offending keys
    """
    checked = check_columns(model, values, fixed, new)
    for key, find_problem in _SPECIAL.items():
        problem = key in values and find_problem(values[key])
        if problem:
            _refuse(problem, [key])
    return checked


def check_columns(model, values, fixed=(), new=False):
    """Refuse what the columns of a model can not hold; all else as check."""
    check_dictionary('values', values)
    known = columns(model)
    unknown = [key for key in values if key not in known]
    if unknown:
        _refuse(_('%s has no such columns') % model.__tablename__, unknown)
    refused = [key for key in values if key in fixed]
    if refused:
        _refuse(_('not to be set by callers'), refused)
    missing = new and [
        key for key, column in known.items() if key not in values and
        not (column.nullable or column.default or _is_number_of_row(column))]
    if missing:
        _refuse(_('must be given'), missing)
    return {key: _checked(known[key], value, key)
            for key, value in values.items()}


def check_dictionary(name, value):
    """Refuse what is no dictionary.

    :param name: the name of the argument, for the error
    :raises heat.db.exception.InvalidValues: it names the argument
    """
    if not isinstance(value, dict):
        _refuse(_('must be a dictionary'), [name])


def check_value(model, key, value, name=None):
    """Refuse a value that a column of a model can not have.

    :param name: what the error calls it; None is the key
    :raises heat.db.exception.InvalidValues: it names the key
    """
    if not isinstance(key, str) or key not in columns(model):
        _refuse(_('%s has no such columns') % model.__tablename__, [key])
    if value is not None:
        _checked(columns(model)[key], value, key if name is None else name)


def check_json(name, value):
    """Return the types.JsonText of what comes back from it as it was.

    :param name: the name of the argument, for the error
    :raises heat.db.exception.InvalidValues: it does not; it names the argument
    """
    try:
        return json_values.encode(value)
    except ValueError as error:
        _refuse(str(error), [name])


def check_texts(name, values):
    """Refuse what is no collection of texts.

    :param name: the name of the argument, for the error
    :raises heat.db.exception.InvalidValues: it names the argument
    """
    if not (isinstance(values, (list, tuple, set, frozenset)) and
            all(isinstance(value, str) for value in values)):
        _refuse(_('must be a list or a set of texts'), [name])


def check_number(name, value):
    """Refuse what is no number of rows: an integer from 0 on, or None.

    :param name: the name of the argument, for the error
    :raises heat.db.exception.InvalidValues: it names the argument
    """
    if value is not None and (type(value) is not int or
                              not 0 <= value <= MAX_INTEGER):
        _refuse(_('must be an integer from 0 to %d') % MAX_INTEGER, [name])


def check_traversal(key, value):
    """Refuse what is no traversal: a UUID in its usual form, '' or None.

    None is a stack that has never been traversed. '' is one whose last
    traversal has failed: none is the current one.

    Upper case is refused, not changed: the caller would go on to compare
    with the other form.

    :param key: the name of the argument, for the error
    :raises heat.db.exception.InvalidValues: it names the key
    """
    problem = _traversal_problem(value)
    if problem:
        _refuse(problem, [key])


def _is_number_of_row(column):
    """Tell whether the server gives it, if nobody else does."""
    return column.primary_key and isinstance(column.type, sa.Integer)


def _refuse(reason, keys):
    raise exception.InvalidValues(reason, map(str, keys))


def _checked(column, value, name):
    """Return a value as it is written, if the column can hold it.

    :param name: what the error calls it
    """
    if value is None:
        problem = None if column.nullable else _('must not be None')
    elif isinstance(column.type, Json):
        return check_json(name, value)
    else:
        problem = _finder(type(column.type))(column.type, value)
    if problem:
        _refuse(problem, [name])
    return value


@functools.cache
def _finder(kind):
    """Return the function that finds what a kind of column can not hold."""
    return next((find_problem for base, find_problem in _PROBLEMS
                 if issubclass(kind, base)), lambda kind, value: None)


def _text_problem(kind, value):
    if not isinstance(value, str):
        return _('must be a text')
    if kind.length is not None and len(value) > kind.length:
        return _('longer than %d characters') % kind.length
    if not is_text(value):
        return _('holds NUL or half a surrogate pair')
    if isinstance(kind, sa.Text) and len(value.encode()) > MOST_BYTES:
        return _('longer than %d bytes') % MOST_BYTES


def _integer_problem(kind, value):
    if type(value) is not int or abs(value) > MAX_INTEGER:
        return _('must be an integer of 32 bits')


def _boolean_problem(kind, value):
    if not isinstance(value, bool):
        return _('must be True or False')


def _time_problem(kind, value):
    if not isinstance(value, datetime.datetime) or value.tzinfo:
        return _('must be a datetime in UTC, without a time zone')


def _traversal_problem(value):
    if value not in (None, '') and not (
            isinstance(value, str) and _TRAVERSAL.fullmatch(value)):
        return _("must be a UUID, in lower case and with hyphens, '' or None")


def _deps_problem(value):
    edges = value.get('edges') if isinstance(value, dict) else value
    if value is not None and not (
            isinstance(edges, (list, tuple)) and
            all(isinstance(edge, (list, tuple)) and len(edge) == 2
                for edge in edges)):
        return _('must be a list of [requirer, required] pairs, an object '
                 'whose edges are one, or None')


_PROBLEMS = (
    (sa.String, _text_problem),
    (sa.Boolean, _boolean_problem),
    (sa.Integer, _integer_problem),
    (sa.DateTime, _time_problem),
)
_SPECIAL = {
    'current_traversal': _traversal_problem,
    'current_deps': _deps_problem,
}
