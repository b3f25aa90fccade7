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

"""Values that a column of JSON can hold."""

import itertools
import json

from heat.common.i18n import _

# MariaDB takes no statement over 16 MiB (max_allowed_packet) by default.
MAX_JSON = 15 * 1024 * 1024
MAX_LEVELS = 100


def find_problem(value):
    """Return why a value does not come back from JSON as it was, or None."""
    try:
        size = len(json.dumps(value, allow_nan=False))
    except (TypeError, RecursionError):
        return _no_json()
    except ValueError as error:
        return (_('holds a number of too many digits')
                if 'integer string conversion' in str(error) else _no_json())
    if size > MAX_JSON:
        return _('larger than %d bytes as JSON') % MAX_JSON
    if not _survives(value):
        return _no_json()


def _no_json():
    return _('not what JSON can hold: no NaN, only texts as keys, no sets or '
             'objects, no more than 100 levels')


def _survives(value):
    """Tell whether a value that JSON can hold comes back as it was.

    Level by level, for there are few types and many values.
    """
    level = [value]
    for _level in range(MAX_LEVELS):
        kinds = set(map(type, level))
        lists = _of_kind(level, kinds, (list, tuple))
        dictionaries = _of_kind(level, kinds, dict)
        if not all(issubclass(kind, str) for kind in set(map(
                type, itertools.chain.from_iterable(dictionaries)))):
            return False
        level = list(itertools.chain(*lists, *map(dict.values, dictionaries)))
        if not level:
            return True
    return False


def _of_kind(values, kinds, kind):
    """Return those values that are of a kind.

    :param kinds: the types of all values
    """
    ours = {one for one in kinds if issubclass(one, kind)}
    if ours == kinds:
        return values
    return [value for value in values if type(value) in ours] if ours else ()
