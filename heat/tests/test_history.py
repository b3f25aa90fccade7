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

"""The history checker finds each violation, and nothing else."""

import testtools

from heat.tests import history

# A stack without a traversal gets X, then Y; each call takes ten.
X = dict(start=0, end=10, expected=None, new='X', value='x')
WRITE_X = dict(start=20, end=30, expected='X', value='wx')
Y = dict(start=40, end=50, expected='X', new='Y', value='y')
LOSER = dict(start=42, end=52, expected='X', new='Z', value='z',
             outcome='conflict', actual='Y')
WRITE_Y = dict(start=60, end=70, expected='Y', value='wy')
CORRECT = [X, WRITE_X, Y, LOSER, WRITE_Y]
UNKNOWN = dict(outcome='error', error='DBConnectionError')


def operation(outcome='ok', **kwargs):
    return history.Operation(writer='1', outcome=outcome, **kwargs)


class CheckTestCase(testtools.TestCase):

    def check(self, operations, final_traversal='Y', final_value='wy',
              unsure=()):
        operations = [operation(**one) for one in operations]
        # Writers hand over what they did one after the other.
        return history.check(operations[::-1], None, final_traversal,
                             final_value, unsure)

    def assert_possible(self, *args):
        self.assertEqual([], self.check(*args))

    def assert_violation(self, expected, *args):
        """Check that there is this violation, and no other."""
        self.assertEqual([expected], [
            violation.split(':')[0] for violation in self.check(*args)])


class CorrectTest(CheckTestCase):

    def test_correct(self):
        self.assert_possible(CORRECT)

    def test_nothing_was_written(self):
        for value in (None, 'old'):
            self.assert_possible([], None, value)

    def test_any_order_of_what_overlaps(self):
        during_x_and_y = dict(start=5, end=45)
        self.assert_possible(
            [X, {**WRITE_X, **during_x_and_y}, Y, LOSER, WRITE_Y])
        self.assert_possible(
            [X, WRITE_X, Y, {**LOSER, **during_x_and_y}, WRITE_Y])
        self.assert_possible([X, Y, {**Y, **LOSER, 'start': 9, 'end': 41,
                                     'actual': 'X', 'expected': None},
                              WRITE_Y])
        self.assert_possible(
            [X, {**WRITE_X, 'start': Y['end'], 'end': 55}, Y, WRITE_Y])
        same_time = {**WRITE_Y, 'start': 70, 'end': 99, 'value': 'same time'}
        for value in ('wy', 'same time'):
            self.assert_possible([*CORRECT, same_time], 'Y', value)

    def test_words(self):
        self.assertEqual(
            ['stale write: writer 1 (0.000000 to 0.000001 s, expecting P) '
             'was accepted, but what it expected never was current'],
            history.check([operation(start=0, end=1000, expected='P',
                                     value='v')], None, None, None))


class ChainTest(CheckTestCase):

    def test_stored_traversal_was_never_started(self):
        self.assert_violation('chain', [X], 'W', 'w')

    def test_stored_traversal_was_refused(self):
        refused = dict(start=1, end=9, expected=None, new='Z', value='z',
                       outcome='conflict', actual='X')
        self.assert_violation('chain', [X, refused], 'Z', None)

    def test_stored_traversal_was_superseded(self):
        self.assert_violation('chain', [X, Y], 'X', 'x')

    def test_transition_from_nowhere(self):
        lost = dict(start=90, end=95, expected='V', new='W', value='w')
        self.assert_violation('chain', [*CORRECT, lost])

    def test_traversal_came_back(self):
        back = dict(start=80, end=90, expected='Y', new='X', value='again')
        third = dict(start=80, end=90, expected='Y', new='Z', value='z')
        again = dict(start=100, end=110, expected='Z', new='Y', value='wy')
        self.assertTrue(self.check([X, Y, back], 'X', 'again'))
        self.assertIn('the new one is not new', ' '.join(
            self.check([X, Y, third, again])))


class ForkTest(CheckTestCase):

    def test_two_successes_expected_the_same(self):
        fork = {**LOSER, 'outcome': 'ok'}
        self.assert_violation('fork', [X, WRITE_X, Y, fork, WRITE_Y])

    def test_two_successes_expected_none(self):
        fork = dict(start=1, end=9, expected=None, new='W', value='w')
        self.assert_violation('fork', [*CORRECT, fork])


class StaleWriteTest(CheckTestCase):

    def test_began_after_superseding_call_had_returned(self):
        stale = {**WRITE_X, 'start': 51, 'end': 55}
        self.assert_violation('stale write', [X, Y, LOSER, stale, WRITE_Y])

    def test_began_after_later_traversal_had_been_superseded(self):
        """The call that superseded it returned late, another one did not."""
        slow_x = {**X, 'end': 100}
        stale = dict(start=55, end=57, expected=None, value='v')
        self.assert_violation('stale write', [slow_x, Y, stale, WRITE_Y])

    def test_ended_before_its_traversal_began(self):
        early = {**WRITE_X, 'start': -20, 'end': -10}
        self.assert_violation('stale write', [X, early, Y, WRITE_Y])

    def test_ended_before_an_earlier_traversal_began(self):
        slow_y = {**Y, 'start': -50}
        early = {**WRITE_Y, 'start': -20, 'end': -10, 'value': 'early'}
        self.assert_violation('stale write', [X, early, slow_y, WRITE_Y])

    def test_expected_what_never_was(self):
        self.assert_violation('stale write', [
            *CORRECT, {**WRITE_X, 'expected': 'W', 'value': 'w'}])

    def test_expected_what_was_refused(self):
        self.assert_violation('stale write', [
            *CORRECT, {**WRITE_X, 'expected': 'Z', 'value': 'w'}])

    def test_transition_before_its_time(self):
        early = {**Y, 'start': -20, 'end': -10}
        self.assertIn('stale write', ' '.join(self.check([X, early, WRITE_Y])))


class StoredTest(CheckTestCase):

    def test_older_write_for_the_same_traversal(self):
        self.assert_violation('stored', [
            *CORRECT, {**WRITE_Y, 'start': 80, 'end': 90, 'value': 'newer'}])

    def test_write_for_an_older_traversal(self):
        self.assert_violation('stored', CORRECT, 'Y', 'wx')

    def test_transition_though_a_write_followed(self):
        self.assert_violation('stored', CORRECT, 'Y', 'y')

    def test_refused_write(self):
        self.assert_violation('stored', CORRECT, 'Y', 'z')
        too_soon = {**WRITE_Y, 'start': 42, 'end': 48, 'value': 'too soon',
                    'outcome': 'conflict', 'actual': 'X'}
        self.assert_violation('stored', [X, Y, too_soon], 'Y', 'too soon')

    def test_refused_write_without_any_other(self):
        refused = dict(start=0, end=1, expected='W', value='w',
                       outcome='conflict', actual=None)
        self.assert_violation('stored', [refused], None, 'w')

    def test_what_nobody_wrote(self):
        self.assert_violation('stored', CORRECT, 'Y', 'who?')
        self.assert_violation('stored', [X], 'X', None)


class ConflictTest(CheckTestCase):

    def assert_wrong(self, **told):
        self.assert_violation('conflict', [
            X, WRITE_X, Y, {**LOSER, **told}, WRITE_Y])

    def test_named_what_never_was(self):
        self.assert_wrong(actual='W')

    def test_named_what_was_refused(self):
        self.assert_wrong(actual='Z')

    def test_named_what_it_expected(self):
        self.assert_wrong(actual='X')

    def test_named_what_had_been_superseded(self):
        self.assert_wrong(expected='W', actual='X', start=51)

    def test_named_what_was_to_come(self):
        self.assert_wrong(expected='W', start=20, end=30)


class UnknownOutcomeTest(CheckTestCase):
    """An error may be a success or not, whatever makes the history true."""

    def test_transition_that_was_seen(self):
        unknown = {**Y, **UNKNOWN}
        self.assert_possible([X, unknown], 'Y', 'y')
        self.assert_possible([X, unknown, WRITE_Y])
        self.assert_possible([X, unknown, LOSER, WRITE_Y])
        after_y = dict(start=60, end=70, expected='Y', new='W', value='w')
        self.assert_possible([X, unknown, after_y], 'W', 'w')
        self.assert_possible([X, unknown, {**after_y, **UNKNOWN}], 'W', 'w')

    def test_transition_that_was_not_seen(self):
        self.assert_possible([X, {**Y, **UNKNOWN}], 'X', 'x')
        self.assert_possible([*CORRECT, {**LOSER, **UNKNOWN}])

    def test_transition_that_came_late(self):
        late = {**Y, **UNKNOWN, 'start': 12, 'end': 15}
        self.assert_possible([X, late, WRITE_X, WRITE_Y])

    def test_write(self):
        unknown = {**WRITE_Y, **UNKNOWN, 'start': 52, 'end': 55,
                   'value': 'unknown'}
        for value in ('wy', 'unknown'):
            self.assert_possible([*CORRECT, unknown], 'Y', value)
        for value in ('y', 'unknown'):
            self.assert_possible([X, Y, unknown], 'Y', value)
        self.assert_violation('stored', [X, Y, unknown], 'Y', 'x')

    def test_conflict_of_a_lost_connection(self):
        """Y came into effect, but others had gone on before it could ask."""
        lost = {**Y, 'end': 80, 'outcome': 'conflict', 'actual': 'V'}
        after_y = dict(start=60, end=70, expected='Y', new='V', value='v')
        args = [X, lost, after_y], 'V', 'v'
        self.assertEqual([], self.check(*args, unsure=['1']))
        self.assertIn('chain', ' '.join(self.check(*args, unsure=['2'])))
        itself = {**lost, 'actual': 'Y'}
        self.assertIn('is its own', ' '.join(self.check(
            [X, itself, after_y], 'V', 'v', unsure=['1'])))

    def test_fork_is_none_the_less_found(self):
        self.assertIn('fork', ' '.join(self.check([
            X, {**LOSER, **UNKNOWN}, Y, WRITE_Y,
            {**WRITE_X, 'expected': 'Z'}])))


class AdditionsTest(testtools.TestCase):
    """A, then B and C at once; B was the last one."""

    A = history.Addition('a', 0, 10, False)
    B = history.Addition('b', 20, 30, True)
    C = history.Addition('c', 25, 35, False)

    def check(self, *additions, stored='bca'):
        return [violation.split(':')[0] for violation
                in history.check_additions(additions, stored)]

    def test_possible(self):
        self.assertEqual([], self.check(stored=''))
        self.assertEqual([], self.check(self.A, self.B, self.C))
        self.assertEqual([], self.check(
            self.A, self.B._replace(told=None), self.C))
        self.assertEqual([], self.check(
            self.A, self.B._replace(told=None), self.C, stored='ca'))
        self.assertEqual([], self.check(
            self.A, self.B._replace(told=False),
            self.C._replace(told=True), stored='cba'))

    def test_lost(self):
        self.assertIn('lost', self.check(self.A, self.B, self.C, stored='ba'))

    def test_never_added(self):
        self.assertIn('stored', self.check(self.A, self.B, stored='bca'))

    def test_wrong_order(self):
        self.assertEqual(['order', 'order'], self.check(
            self.A._replace(told=True), self.B._replace(told=False), self.C,
            stored='abc'))

    def test_two_are_the_last(self):
        self.assertEqual(['told'], self.check(
            self.A, self.B, self.C._replace(told=True)))

    def test_none_is_the_last(self):
        self.assertEqual(['told'], self.check(
            self.A, self.B._replace(told=False), self.C))

    def test_told_too_early(self):
        unknown = history.Addition('d', 0, 10, None)
        self.assertEqual(['told'], self.check(
            unknown, self.A, self.B, self.C))


class RecordTest(testtools.TestCase):

    def test_round_trip(self):
        operations = [operation(**one) for one in CORRECT]
        lines = history.dump(operations)
        self.assertEqual(len(CORRECT), len(lines.splitlines()))
        self.assertEqual(operations, history.load(lines))
