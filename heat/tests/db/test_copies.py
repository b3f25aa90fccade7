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

"""What crosses RPC stays what it is."""

import copy
import pickle

import testtools

from heat.db import api
from heat.db import exception

OLD = '11111111-1111-4111-8111-111111111111'
NEW = 'aaaaaaaa-2222-4222-8222-222222222222'

COPIES = (copy.copy, copy.deepcopy,
          lambda value: pickle.loads(pickle.dumps(value)))


class CopiesTest(testtools.TestCase):
    """What crosses RPC stays what it is."""

    def test_conflict(self):
        for actual in (NEW, None):
            error = exception.ConcurrentTransition('an-id', OLD, actual)
            for make_copy in COPIES:
                copied = make_copy(error)
                self.assertIs(exception.ConcurrentTransition, type(copied))
                self.assertEqual(('an-id', OLD, actual), (
                    copied.stack_id, copied.expected, copied.actual))
                self.assertEqual(str(error), str(copied))

    def test_refused_values(self):
        error = exception.InvalidValues('no good', ['b', 'a'])
        for make_copy in COPIES:
            copied = make_copy(error)
            self.assertEqual(('no good', ['a', 'b'], str(error)), (
                copied.reason, copied.keys, str(copied)))

    def test_not_found(self):
        for make_copy in COPIES:
            self.assertEqual('none', str(make_copy(
                exception.NotFound('none'))))

    def test_any_traversal(self):
        for make_copy in COPIES:
            self.assertIs(api.ANY_TRAVERSAL, make_copy(api.ANY_TRAVERSAL))
        self.assertIn('ANY_TRAVERSAL', repr(api.ANY_TRAVERSAL))
