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

"""What holds for every function of heat.db.api, tried with its calls."""

from testtools import matchers

from heat.common import context
from heat.db import exception
from heat.db.sqlalchemy.engine import facade
from heat.tests.db.sqlalchemy.api import every_call
from heat.tests.db.sqlalchemy.api.every_call import plain
from heat.tests import proxied

NOTHING = (None, False, 0, [], {}, set())


class OtherTenantTest(every_call.EveryCallTestCase):

    def test_sees_and_changes_nothing(self):
        other = context.RequestContext(tenant_id='other')
        for prepare in self.every_call():
            call, world = prepare()
            if not call.is_scoped:
                # As the documentation of Heat's own has it.
                expected = plain(call.make(world.context))
                call, world = prepare()
                self.assertEqual(expected, plain(call.make(other)), call.name)
                continue
            before = self.rows()
            try:
                self.assertIn(call.make(other), NOTHING, call.name)
            except (exception.NotFound, exception.InvalidValues):
                pass
            self.assertEqual(before, self.rows(), call.name)


class CallersTransactionTest(every_call.EveryCallTestCase):

    def test_nothing_is_left_when_it_is_rolled_back(self):
        for prepare in self.every_call():
            call, world = prepare()
            expected = plain(call.make(world.context))
            call, world = prepare()
            before = self.rows()
            self.assertRaises(ZeroDivisionError, self.roll_back, call, world,
                              expected)
            self.assertEqual(before, self.rows(), call.name)

    def roll_back(self, call, world, expected):
        with facade.context_manager.writer.using(world.context):
            self.assertEqual(expected, plain(call.make(world.context)),
                             call.name)
            1 / 0


class WireTest(proxied.ProxiedTestCase, every_call.EveryCallTestCase):

    def test_statements(self):
        for prepare in self.every_call():
            call, world = prepare()
            del self.proxy.requests[:]
            call.make(world.context)
            # In front of it stand the length and the kind of the request.
            sent = [request[5:].decode() for request in self.proxy.requests]
            self.assertEqual(len(call.requests), len(sent),
                             (call.name, sent))
            for start, statement in zip(call.requests, sent):
                self.assertThat(statement, matchers.StartsWith(start))


class LostConnectionTest(proxied.ProxiedTestCase,
                         every_call.EveryCallTestCase):
    """A connection is lost at each statement, and the caller is told."""

    def test_before(self):
        self.lose_each('before')

    def test_after(self):
        self.lose_each('after')

    def test_in_the_middle(self):
        self.lose_each('middle')

    def lose_each(self, when):
        for prepare in self.every_call():
            call, world = prepare()
            before = self.rows()
            expected = plain(call.make(world.context)), self.rows()
            for place in dict.fromkeys(call.requests):
                call, world = prepare()
                self.assert_true(call, world, when, place, before, expected)

    def assert_true(self, call, world, when, place, before, expected):
        """The outcome is as without a loss, or said to be unknown."""
        where = call.name, place
        marker = place.encode()
        cut = self.proxy.cut(when, self.whole(marker)
                             if place in ('BEGIN', 'COMMIT') else marker)
        try:
            result = plain(call.make(world.context))
        except exception.OutcomeUnknown:
            self.assertIn(place, call.unknown, where)
            self.assertIn(self.rows(), (before, expected[1]), where)
        else:
            self.assertEqual(expected, (result, self.rows()), where)
        self.assertEqual(1, cut.done, where)
