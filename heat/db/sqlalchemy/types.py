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

"""Column types of the models."""

import functools
import json

from sqlalchemy.dialects import mysql
from sqlalchemy import types

from heat.common.i18n import _

# Where MySQL's TEXT ends.
MOST_BYTES = 65535
# JSON of so many characters is decoded once, and all who read it share the
# frozen value: not short texts, which are many and would push the long ones
# out, nor longer ones than the templates that Heat takes.
SHORTEST_SHARED = 4 * 1024
LONGEST_SHARED = 512 * 1024
LongText = types.Text().with_variant(mysql.LONGTEXT(), 'mysql')


class JsonText(str):
    """JSON of a value that was checked, as it is stored."""


class Json(types.TypeDecorator):
    """JSON in a text column; None is SQL NULL.

    The text null, which Heat's own releases stored for None, is None as well.

    Values come back as dictionaries and lists that refuse to be changed:
    SQLAlchemy would not see the change, and it would be lost in silence.
    """

    impl = LongText
    cache_ok = True

    def process_bind_param(self, value, dialect):
        if value is None:
            return None
        if isinstance(value, JsonText):
            # As drivers know it.
            return str(value)
        return json.dumps(value, allow_nan=False)

    def process_result_value(self, value, dialect):
        return None if value is None else _decode(value)


def freeze(value):
    """Return a copy of a JSON value that can not be changed in place.

    :param value: a value of any column; JSON that is a JsonText is decoded
    """
    # Most values have nothing in them: a call for each would cost a third.
    if type(value) in _FROZEN:
        return value
    if isinstance(value, JsonText):
        # As str, or the text would be another one for the cache.
        return _decode(str(value))
    if isinstance(value, dict):
        return FrozenDict({key: item if type(item) in _FROZEN else freeze(item)
                           for key, item in value.items()})
    if isinstance(value, (list, tuple)):
        return FrozenList([item if type(item) in _FROZEN else freeze(item)
                           for item in value])
    return value


def _decode(text):
    if SHORTEST_SHARED <= len(text) <= LONGEST_SHARED:
        return _decode_shared(text)
    return _decode_alone(text)


def _decode_alone(text):
    return freeze(json.loads(text, object_hook=_freeze_object))


# Engines read a template, and the edges of a graph, for each resource of a
# stack. To find a text takes a hundredth of the time of decoding it. So many
# of the longest take some 150 MiB.
_decode_shared = functools.lru_cache(maxsize=32)(_decode_alone)


def _freeze_object(value):
    """Freeze a dictionary that json has decoded, and those in it before."""
    for key, item in value.items():
        if type(item) is list:
            value[key] = freeze(item)
    return FrozenDict(value)


def is_stored(stored, value):
    """Tell whether a stored value is this one: for Python, 1 equals True."""
    return json.dumps(stored, default=repr) == (
        value if isinstance(value, JsonText) else
        json.dumps(value, default=repr))


def _refuse(self, *args, **kwargs):
    raise TypeError(
        _('the value of a JSON column can not be changed in place: change a '
          'copy.deepcopy() of it, which is a plain value, and store that'))


def _thaw(frozen, memo=None):
    """Return a copy that can be changed, as deep as copy.deepcopy's."""
    if isinstance(frozen, dict):
        return {key: _thaw(item) if type(item) in _NESTED else item
                for key, item in frozen.items()}
    return [_thaw(item) if type(item) in _NESTED else item for item in frozen]


class FrozenDict(dict):
    """A dictionary that refuses changes; its copies and pickles are plain."""

    __slots__ = ()
    __setitem__ = __delitem__ = __ior__ = clear = pop = popitem = _refuse
    setdefault = update = _refuse
    __deepcopy__ = _thaw

    def __reduce__(self):
        return dict, (dict(self),)


class FrozenList(list):
    """A list that refuses changes; its copies and pickles are plain."""

    __slots__ = ()
    __setitem__ = __delitem__ = __iadd__ = __imul__ = append = _refuse
    clear = extend = insert = pop = remove = reverse = sort = _refuse
    __deepcopy__ = _thaw

    def __reduce__(self):
        return list, (list(self),)


_NESTED = frozenset((FrozenDict, FrozenList))
# What has nothing in it that can be changed.
_FROZEN = _NESTED | {str, int, float, bool, type(None)}
