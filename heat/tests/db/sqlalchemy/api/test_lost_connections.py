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

"""Writes to a stack whose connection is lost: the caller gets the truth."""

from unittest import mock

from oslo_db import api as db_retry
from oslo_db import exception as db_exception
import sqlalchemy as sa
import testscenarios

from heat.common import config
from heat.db import api
from heat.db import exception
from heat.db.sqlalchemy.engine import facade
from heat.tests import base
from heat.tests import proxied

OLD = '11111111-1111-4111-8111-111111111111'
NEW = '22222222-2222-4222-8222-222222222222'
OTHER = '33333333-3333-4333-8333-333333333333'
STALE = '44444444-4444-4444-8444-444444444444'

STARTS_TRAVERSAL = {'name': 'new', 'current_traversal': NEW}
LEAVES_TRAVERSAL = {'name': 'new'}

UPDATE = b'UPDATE stack'


class LostConnectionTestCase(proxied.ProxiedTestCase):

    def row(self, stack_id):
        return self.select('SELECT name, current_traversal FROM stack '
                           "WHERE id = '%s'" % stack_id)[0]

    def start_other_traversal(self, stack_id):
        self.execute("UPDATE stack SET name = 'other', current_traversal = "
                     "'%s' WHERE id = '%s'" % (OTHER, stack_id))

    def update(self, stack_id, values, exp_trvsl):
        """Return what the caller is told: True, or the conflict.

        Checks that it is true, and that the next call works.
        """
        try:
            told = api.stack_update(self.context, stack_id, values, exp_trvsl)
        except exception.ConcurrentTransition as error:
            told = error
        name, traversal = self.row(stack_id)
        carries = name == 'new' and traversal == values.get(
            'current_traversal', traversal)
        self.assertEqual(carries, told is True, (told, name, traversal))
        if told is not True:
            self.assertEqual((exp_trvsl, traversal),
                             (told.expected, told.actual))
            self.assertNotEqual(NEW, told.actual)
        self.assertTrue(api.stack_update(
            self.context, stack_id, {'name': 'next'}, traversal))
        return told


class StackUpdateTest(LostConnectionTestCase):
    """At each place in the conversation, each kind of expectation."""

    scenarios = testscenarios.multiply_scenarios(
        proxied.EachPlaceTestCase.scenarios,
        [('starts', {'values': STARTS_TRAVERSAL}),
         ('leaves', {'values': LEAVES_TRAVERSAL})])

    def update_once_lost(self, stored, exp_trvsl, other=False):
        stack_id = self.create_stack(name='old', current_traversal=stored).id

        def then():
            if other:
                self.start_other_traversal(stack_id)
        self.lose(self.when, UPDATE, then=then)
        return self.update(stack_id, self.values, exp_trvsl)

    def test_right(self):
        self.assertIs(True, self.update_once_lost(OLD, OLD))

    def test_legacy(self):
        self.assertIs(True, self.update_once_lost(None, None))

    def test_any(self):
        self.assertIs(True, self.update_once_lost(OLD, api.ANY_TRAVERSAL))

    def test_stale(self):
        self.assertEqual(OLD, self.update_once_lost(OLD, STALE).actual)

    def test_other_traversal_meanwhile(self):
        for stored in (OLD, None):
            told = self.update_once_lost(stored, stored, other=True)
            self.assertEqual(OTHER, told.actual)

    def test_any_and_other_traversal_meanwhile(self):
        self.assertIs(True, self.update_once_lost(
            OLD, api.ANY_TRAVERSAL, other=True))


class CallersTransactionTest(LostConnectionTestCase):

    scenarios = testscenarios.multiply_scenarios(
        proxied.EachPlaceTestCase.scenarios,
        [(at, {'at': at}) for at in ('update', 'commit')])

    def test_is_not_repeated(self):
        stack_id = self.create_stack(name='old', current_traversal=OLD).id
        self.lose(self.when, UPDATE if self.at == 'update' else self.commit)
        with base.recorded_statements(self.proxied_engine) as statements:
            self.assertRaises(db_exception.DBConnectionError,
                              self.update_in_transaction, stack_id)
        self.assertEqual(1, len([statement for statement in statements
                                 if statement.startswith('UPDATE stack')]))
        committed = self.at == 'commit' and self.when != 'before'
        self.assertEqual('new' if committed else 'old', self.row(stack_id)[0])
        self.update(stack_id, LEAVES_TRAVERSAL, self.row(stack_id)[1])

    def update_in_transaction(self, stack_id):
        with facade.context_manager.writer.using(self.context):
            api.stack_update(self.context, stack_id, LEAVES_TRAVERSAL, OLD)


class SeveralLossesTest(LostConnectionTestCase):

    def setUp(self):
        super().setUp()
        self.stack_id = self.create_stack(
            name='old', current_traversal=OLD).id

    def test_again_and_again(self):
        self.lose('before', UPDATE, times=3)
        self.lose('middle', UPDATE)
        self.assertIs(True, self.update(self.stack_id, STARTS_TRAVERSAL, OLD))

    def test_while_finding_out_if_it_was_written(self):
        self.lose('after', UPDATE)
        for when in ('before', 'after', 'middle'):
            self.lose(when, b'SELECT stack.id')
        self.assertIs(True, self.update(self.stack_id, STARTS_TRAVERSAL, OLD))

    def test_while_finding_out_why_it_was_refused(self):
        for when in ('before', 'after', 'middle'):
            self.lose(when, b'SELECT stack.current_traversal')
        self.assertEqual(OLD, self.update(
            self.stack_id, STARTS_TRAVERSAL, STALE).actual)

    def test_takes_effect_late(self):
        def write_before_second(conn, cursor, statement, *args):
            if statement.startswith('UPDATE stack'):
                updates.append(statement)
                if len(updates) == 2:
                    self.execute("UPDATE stack SET name = 'new', "
                                 "current_traversal = '%s'" % NEW)
        updates = []
        self.lose('before', UPDATE)
        sa.event.listen(self.proxied_engine, 'before_cursor_execute',
                        write_before_second)
        self.assertIs(True, self.update(self.stack_id, STARTS_TRAVERSAL, OLD))

    def test_values_name_the_current_traversal(self):
        # That the row has it does not show that the values were written.
        for exp_trvsl in (OLD, api.ANY_TRAVERSAL):
            self.lose('before', UPDATE)
            self.execute("UPDATE stack SET name = 'old'")
            self.assertIs(True, self.update(
                self.stack_id, {'name': 'new', 'current_traversal': OLD},
                exp_trvsl))


class AwayTest(LostConnectionTestCase):
    """The server is gone, for a while or for good."""

    def setUp(self):
        super().setUp()
        self.stack_id = self.create_stack(
            name='old', current_traversal=OLD).id
        config.CONF.set_override('db_max_retries', 3, 'database')
        self.addCleanup(config.CONF.clear_override, 'db_max_retries',
                        'database')

    def pause(self, function):
        """Replace the pauses before repetitions by a function."""
        pauses = mock.patch.object(db_retry, 'time')
        pauses.start().sleep.side_effect = function
        self.addCleanup(pauses.stop)

    def test_for_good(self):
        self.lose('before', UPDATE, then=self.proxy.refuse)
        self.assertRaises(
            db_exception.DBConnectionError, api.stack_update,
            self.context, self.stack_id, STARTS_TRAVERSAL, OLD)
        self.assertEqual(('old', OLD), self.row(self.stack_id))
        self.proxy.listen()
        self.assertIs(True, self.update(self.stack_id, STARTS_TRAVERSAL, OLD))

    def test_for_a_while(self):
        pauses = []

        def listen_at_third_pause(seconds):
            pauses.append(seconds)
            if len(pauses) == 3:
                self.proxy.listen()
        self.pause(listen_at_third_pause)
        self.lose('after', UPDATE, then=self.proxy.refuse)
        self.assertIs(True, self.update(self.stack_id, STARTS_TRAVERSAL, OLD))
        self.assertEqual(3, len(pauses))

    def test_no_connection_to_begin_with(self):
        for function, *args in ((api.stack_get, self.stack_id),
                                (api.stack_update, self.stack_id,
                                 STARTS_TRAVERSAL, OLD)):
            self.proxied_engine.dispose()
            self.proxy.refuse()
            self.assertRaises(db_exception.DBConnectionError, function,
                              self.context, *args)
            self.proxy.listen()
            self.assertTrue(function(self.context, *args))

    def test_callers_transaction(self):
        def update():
            with facade.context_manager.writer.using(self.context):
                api.stack_update(self.context, self.stack_id,
                                 STARTS_TRAVERSAL, OLD)
        self.pause(self.fail)
        self.lose('before', UPDATE, then=self.proxy.refuse)
        self.assertRaises(db_exception.DBConnectionError, update)
        self.assertRaises(db_exception.DBConnectionError, update)
        self.proxy.listen()
        self.assertIs(True, self.update(self.stack_id, STARTS_TRAVERSAL, OLD))


class StaleConnectionTest(LostConnectionTestCase):
    """The connections of the pools are lost while nobody uses them."""

    def test_all_functions_go_on(self):
        stack = self.create_stack(name='old', current_traversal=OLD)
        for function, *args in (
                (api.stack_update, stack.id, LEAVES_TRAVERSAL, OLD),
                (api.stack_get, stack.id),
                (api.stack_get_all,),
                (api.stack_count_all,),
                (api.stack_create, {'raw_template_id': stack.raw_template_id,
                                    'tenant': 'tenant',
                                    'disable_rollback': False}),
                (api.raw_template_get, stack.raw_template_id)):
            self.proxy.lose_all()
            self.assertTrue(function(self.context, *args))

    def test_not_in_a_callers_transaction(self):
        def read():
            with facade.context_manager.reader.using(self.context):
                api.stack_get_all(self.context)
                self.proxy.lose_all()
                api.stack_get_all(self.context)
        self.assertRaises(db_exception.DBConnectionError, read)
