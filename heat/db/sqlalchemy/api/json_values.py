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
from heat.db.sqlalchemy.types import JsonText

# MariaDB takes no statement over 16 MiB (max_allowed_packet) by default.
MAX_JSON = 15 * 1024 * 1024
MAX_LEVELS = 100


def encode(value):
    """Return the JsonText of a value, which comes back from it as it was.

    :raises ValueError: it does not; the text says why
    """
    try:
        text = JsonText(json.dumps(value, allow_nan=False))
    except (TypeError, RecursionError):
        raise _no_json() from None
    except ValueError as error:
        if 'integer string conversion' in str(error):
            raise ValueError(_('holds a number of too many digits')) from None
        raise _no_json() from None
    if len(text) > MAX_JSON:
        raise ValueError(_('larger than %d bytes as JSON') % MAX_JSON)
    if not _survives(value):
        raise _no_json()
    return text


def _no_json():
    return ValueError(_(
        'not what JSON can hold: no NaN, only texts as keys, no sets or '
        'objects, no more than 100 levels'))


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
