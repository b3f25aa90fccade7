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

"""Texts that only inform are cut to what their columns hold.

What went wrong may take many words. Were they refused, it would not be stored
that something did.
"""

from heat.db.sqlalchemy.models import columns
from heat.db.sqlalchemy.types import MOST_BYTES


def cut(model, values, *names):
    """Return values in which texts are as long as their columns at most.

    :param values: a dictionary, which is not modified; else it is returned
        as it is, and is to be refused by who checks it
    :param names: of the texts that only inform
    """
    if not isinstance(values, dict):
        return values
    return {**values, **{
        name: _cut(columns(model)[name].type, values[name])
        for name in names if isinstance(values.get(name), str)}}


def _cut(kind, text):
    if kind.length is not None:
        return text[:kind.length]
    encoded = text.encode(errors='surrogatepass')
    end = MOST_BYTES
    if len(encoded) <= end:
        return text
    # Other bytes than the first of a character are 10xxxxxx.
    while encoded[end] & 0xC0 == 0x80:
        end -= 1
    return encoded[:end].decode(errors='surrogatepass')
