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

"""What the errors of the layer say, and what they are."""

import pickle

from oslo_db import exception as db_exception
import testtools

from heat.common import exception as heat_exception
from heat.db import exception

HOSTILE = '100%s of %(what)s\r\nERROR \x1b[31m\u2028\ud800'
PRINTED = '100%s of %(what)s\\r\\nERROR \\x1b[31m\\u2028\\ud800'
ERRORS = (
    exception.NotFound(HOSTILE),
    exception.InUse(HOSTILE),
    exception.InvalidValues('refused', [HOSTILE]),
    exception.LostSwap('sync point', None, HOSTILE),
    exception.ConcurrentTransition('id', HOSTILE, None),
    exception.ResourceConflict(5, {'engine_id': None}, {
        'atomic_key': 7, 'engine_id': HOSTILE}),
    exception.StackExists(HOSTILE, 'id'),
    exception.StackLocked('id', HOSTILE),
    exception.MigrationError(HOSTILE),
    exception.Busy(HOSTILE, 5),
)


class ExceptionTest(testtools.TestCase):

    def test_text_is_one_line(self):
        for error in ERRORS:
            self.assertIn(PRINTED, str(error))
            self.assertTrue(str(error).isprintable())
            self.assertIsInstance(error, heat_exception.HeatException)

    def test_not_found_is_that_of_all_of_heat(self):
        self.assertIsInstance(ERRORS[0], heat_exception.NotFound)
        self.assertEqual('not found', str(exception.NotFound()))

    def test_lost_swap(self):
        error = ERRORS[4]
        self.assertIsInstance(error, exception.LostSwap)
        self.assertEqual(('id', 'id', HOSTILE, None), (
            error.stack_id, error.key, error.expected, error.actual))

    def test_resource_conflict(self):
        error = ERRORS[5]
        self.assertIsInstance(error, exception.LostSwap)
        self.assertEqual((5, 7, HOSTILE), (
            error.resource_id, error.atomic_key, error.engine_id))
        self.assertIn('resource 5 has atomic_key 7, engine_id 100%s',
                      str(error))
        self.assertIn('not engine_id None', str(error))

    def test_stack_locked(self):
        for engines, text in (
                (('mine',), 'engine mine has the lock of stack id'),
                (('yours', 'mine'),
                 'engine yours has the lock of stack id, not engine mine'),
                ((None, 'mine'),
                 'nobody has the lock of stack id, not engine mine')):
            self.assertEqual(text, str(exception.StackLocked('id', *engines)))

    def test_outcome_unknown(self):
        lost = db_exception.DBConnectionError('hung up: (SELECT 1)\n')
        error = exception.OutcomeUnknown(lost)
        self.assertIsInstance(error, db_exception.DBConnectionError)
        self.assertIs(lost, error.inner_exception)
        self.assertIn('unknown whether', str(error))
        self.assertTrue(str(error).isprintable())

    def test_pickled(self):
        for error in (*ERRORS[:7], exception.OutcomeUnknown(None)):
            self.assertEqual(str(error), str(pickle.loads(
                pickle.dumps(error))))

    def test_old_place(self):
        """Whoever imports heat.common.exception finds them all there."""
        self.assertIs(exception.ConcurrentTransition,
                      heat_exception.ConcurrentTransition)
        error = self.assertRaises(
            AttributeError, getattr, heat_exception, 'Nothing')
        self.assertIn('Nothing', str(error))
