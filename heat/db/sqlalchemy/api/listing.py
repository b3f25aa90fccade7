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

"""Lists: which rows they have, and in which order."""

import sqlalchemy as sa

from heat.common.i18n import _
from heat.db import exception
from heat.db.sqlalchemy.api import checks
from heat.db.sqlalchemy.comparison import any_of
from heat.db.sqlalchemy.engine.prepared import UNPREPARED
from heat.db.sqlalchemy.models import columns

# SQLite takes 32,766 parameters at most, and a longer list is a mistake.
MOST_VALUES = 10000


def matching(model, filters):
    """Return the conditions that a row is as filters say.

    :param filters: {attribute: value}, where None is NULL and a list, a tuple
        or a set has the values of which one is enough; None is no filter
    :raises heat.db.exception.InvalidValues: an attribute is unknown, or a
        value is none that its column can have
    """
    if filters is None:
        return []
    checks.check_dictionary('filters', filters)
    return [_matches(model, key, value) for key, value in filters.items()]


def _matches(model, key, value):
    values = (list(value) if isinstance(value, (list, tuple, set, frozenset))
              else [value])
    if len(values) > MOST_VALUES:
        raise exception.InvalidValues(
            _('has more than %d values') % MOST_VALUES, [str(key)])
    for one in values:
        checks.check_value(model, key, one)
    column = columns(model)[key]
    present = [one for one in values if one is not None]
    conditions = [column.is_(None)] if len(present) < len(values) else []
    if present:
        conditions.append(any_of(column, present))
    return sa.or_(sa.false(), *conditions)


def sort_columns(sort_keys, known, default):
    """Return the columns to sort by.

    :param sort_keys: a list of names, or one name; unknown ones are ignored
    :param known: {name: column}
    :param default: the column if sort_keys is None or empty
    :raises heat.db.exception.InvalidValues: sort_keys is neither
    """
    if isinstance(sort_keys, str):
        sort_keys = [sort_keys]
    if not (sort_keys is None or isinstance(sort_keys, (list, tuple)) and
            all(isinstance(key, str) for key in sort_keys)):
        raise exception.InvalidValues(_('must be a list of texts'),
                                      ['sort_keys'])
    if not sort_keys:
        return [default]
    return [known[key] for key in sort_keys if key in known]


def is_descending(sort_dir, default):
    """Tell whether an order is descending.

    :param sort_dir: asc or desc; None is the default
    :raises heat.db.exception.InvalidValues: it is something else
    """
    if sort_dir not in (None, 'asc', 'desc'):
        raise exception.InvalidValues(_('must be asc or desc'), ['sort_dir'])
    return default if sort_dir is None else sort_dir == 'desc'


def filtered(query, conditions):
    """Return a query with more conditions, which are made for one call."""
    return query.where(*conditions).execution_options(
        **UNPREPARED) if conditions else query
