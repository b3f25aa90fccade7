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

"""The rows that are compared and swapped, for those who race for one.

Each is one of the ways, to which all rows look like a stack: what decides is
a UUID that the writers call its traversal. It can be created, and what it has
in the end be selected: the traversal and the text.
"""

from heat.db import api
from heat.db import exception
from heat.tests import at
from heat.tests import ways

TRAVERSAL = '11111111-1111-4111-8111-111111111111'


class Stack(ways.StackUpdate):

    # How many of the calls start a traversal.
    TRANSITIONS = 0.25
    STORED = ("SELECT current_traversal, status_reason FROM stack "
              "WHERE id = '%s'")

    @staticmethod
    def create(url):
        return at.create_stack(url)


class _Keyed(ways.StackUpdate):
    """One whose atomic_key is compared as well."""

    FIRST_KEY = None

    def __init__(self, url, threads=1):
        super().__init__(url, threads)
        self.keys = {None: self.FIRST_KEY}

    def update(self, row_id, values, expected):
        if not hasattr(self.local, 'request'):
            self.local.request = at.request()
        try:
            self.write(row_id, values, expected)
        except exception.LostSwap as conflict:
            actual, key = self.actual(conflict)
            self.keys[actual] = key
            return actual


class ResourceLock(_Keyed):
    """An engine takes the lock from another one, or writes if it has it."""

    TRANSITIONS = 0.25
    STORED = "SELECT engine_id, status_reason FROM resource WHERE id = %s"

    @staticmethod
    def create(url):
        stack_id = at.create_stack(url)
        with at.At(url):
            return api.resource_create(at.request(), {
                'name': 'resource', 'stack_id': stack_id}).id

    def write(self, resource_id, values, expected):
        values = dict(values)
        engine_id = values.pop('current_traversal', None)
        if engine_id is None:
            api.resource_update_and_save(
                self.local.request, resource_id, values, expected)
        else:
            key = self.keys[expected]
            api.resource_update(
                self.local.request, resource_id,
                {**values, 'engine_id': engine_id}, key, expected)
            self.keys[engine_id] = (key or 0) + 1

    def actual(self, conflict):
        return conflict.engine_id, conflict.atomic_key


class SyncPoint(_Keyed):
    """Each writes instead of what it expects; nothing else is ever written."""

    TRANSITIONS = 1
    FIRST_KEY = 0
    # Of {"input_data": "UUID"}
    STORED = ('SELECT substr(input_data, 17, 36), substr(input_data, 17, 36) '
              "FROM sync_point WHERE entity_id = '%s'")

    @staticmethod
    def create(url):
        stack_id = at.create_stack(url)
        with at.At(url):
            return api.sync_point_create(at.request(), {
                'entity_id': stack_id, 'traversal_id': TRAVERSAL,
                'is_update': True, 'atomic_key': 0, 'input_data': {},
                'stack_id': stack_id}).entity_id

    def write(self, entity_id, values, expected):
        key = self.keys.get(expected, 2 ** 30)
        new = values.get('current_traversal')
        api.sync_point_update_input_data(
            self.local.request, entity_id, TRAVERSAL, True, key,
            {'input_data': new})
        self.keys[new] = key + 1

    def actual(self, conflict):
        return conflict.input_data.get('input_data'), conflict.actual


SWAPS = {'stack_update': Stack, 'resource lock': ResourceLock,
         'sync point': SyncPoint}
