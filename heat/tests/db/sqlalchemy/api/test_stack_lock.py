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
"""Locks of stacks, and the state that is written with them."""

import datetime
import functools

from heat.common import context
from heat.db import api
from heat.db import exception
from heat.db.sqlalchemy.engine import facade
from heat.tests import base
from heat.tests import proxied

OLD = '11111111-1111-4111-8111-111111111111'
NEW = '22222222-2222-4222-8222-222222222222'
ENGINES = ['engine %d' % number for number in range(5)]
ROUNDS = 5
INSERT = b'INSERT INTO stack_lock'


class StackLockTestCase(base.APITestCase):

    def setUp(self):
        super().setUp()
        self.stack_id = self.create_stack(
            status='IN_PROGRESS', current_traversal=OLD).id

    def call(self, function, *args):
        return function(self.context, self.stack_id, *args)

    def lock(self, engine_id='mine'):
        return self.call(api.stack_lock_create, engine_id)

    def lock_by_hand(self, engine_id):
        """Have an engine have the lock, since some time."""
        self.execute('DELETE FROM stack_lock')
        self.insert('stack_lock', stack_id=self.stack_id, engine_id=engine_id,
                    created_at=datetime.datetime(2015, 1, 1))

    def holder(self):
        found = self.select('SELECT engine_id FROM stack_lock')
        return found[0][0] if found else None

    def assert_locked(self, holder, function, *args):
        error = self.assertRaises(exception.StackLocked, self.call, function,
                                  *args)
        self.assertEqual((self.stack_id, holder),
                         (error.stack_id, error.engine_id))
        self.assertIsInstance(error, exception.LostSwap)
        self.assertEqual(holder, self.holder())
        return error


class StackLockTest(StackLockTestCase):

    def test_create(self):
        self.assertIsNone(self.lock())
        self.assertEqual('mine', self.call(api.stack_lock_get_engine_id))
        for engine_id in ('mine', 'yours', 'MINE'):
            self.assert_locked('mine', api.stack_lock_create, engine_id)

    def test_create_for_what_is_no_stack(self):
        for stack_id in ('nobody', '', self.stack_id + ' ', None, 5):
            self.assertRaises(exception.NotFound, api.stack_lock_create,
                              self.context, stack_id, 'mine')
        self.assertIsNone(self.holder())

    def test_nobody_has_it(self):
        self.assertIsNone(self.call(api.stack_lock_get_engine_id))

    def test_steal(self):
        self.lock_by_hand('dead')
        self.assertIsNone(self.call(api.stack_lock_steal, 'dead', 'mine'))
        self.assertEqual('mine', self.holder())
        error = self.assert_locked('mine', api.stack_lock_steal, 'dead',
                                   'yours')
        self.assertEqual('dead', error.expected)

    def test_steal_what_nobody_has(self):
        self.assertRaises(exception.NotFound, self.call,
                          api.stack_lock_steal, 'dead', 'mine')
        self.assertIsNone(self.holder())

    def test_release(self):
        self.lock()
        for engine_id in ('yours', 'Mine', 'mine '):
            error = self.assert_locked('mine', api.stack_lock_release,
                                       engine_id)
            self.assertEqual(engine_id, error.expected)
        self.assertIsNone(self.call(api.stack_lock_release, 'mine'))
        self.assert_locked(None, api.stack_lock_release, 'mine')

    def test_what_is_no_engine(self):
        for engine_id in (None, 5, 'x' * 37, b'mine', 'a\0'):
            for function, *args in ((api.stack_lock_create,),
                                    (api.stack_lock_steal, 'dead'),
                                    (api.stack_lock_release,)):
                self.assertRaises(exception.InvalidValues, self.call,
                                  function, *args, engine_id)

    def test_statements_of_losers(self):
        self.lock()
        for function, *args in ((api.stack_lock_create, 'yours'),
                                (api.stack_lock_steal, 'dead', 'yours'),
                                (api.stack_lock_release, 'yours')):
            with base.recorded_statements(self.engine) as statements:
                self.assertRaises(exception.StackLocked, self.call, function,
                                  *args)
            self.assertEqual(2, len([sent for sent in statements
                                     if 'stack_lock' in sent]))

    def test_callers_transaction_goes_on(self):
        self.lock_by_hand('yours')
        with facade.context_manager.writer.using(self.context):
            for function, *args in ((api.stack_lock_create, 'mine'),
                                    (api.stack_lock_steal, 'dead', 'mine'),
                                    (api.stack_lock_release, 'mine')):
                error = self.assertRaises(exception.StackLocked, self.call,
                                          function, *args)
                self.assertEqual('yours', error.engine_id)
            self.call(api.stack_lock_steal, 'yours', 'mine')
        self.assertEqual('mine', self.holder())

    def test_given_back_meanwhile(self):
        """The holder is gone when the loser asks who it is."""
        self.lock_by_hand('yours')

        def release(conn, cursor, statement, *args):
            if statement.startswith('SELECT stack_lock') and self.todo:
                self.todo.pop()()
        self.todo = [lambda: self.execute('DELETE FROM stack_lock')]
        self.listen('before_cursor_execute', release)
        self.lock()
        self.assertEqual('mine', self.holder())


class StackLockRaceTest(StackLockTestCase):

    def race(self, function, *args):
        """Let all engines call it; return the one that got the lock."""
        told = self.at_once(*(
            functools.partial(self.call, function, *args, engine)
            for engine in ENGINES))
        winner, = [engine for engine, error in zip(ENGINES, told)
                   if error is None]
        self.assertEqual(winner, self.holder())
        self.assertEqual({winner}, {error.engine_id for error in told
                                    if error is not None})
        return winner

    def test_create(self):
        for _ in range(ROUNDS):
            self.call(api.stack_lock_release,
                      self.race(api.stack_lock_create))

    def test_steal(self):
        self.lock('dead')
        holder = 'dead'
        for _ in range(ROUNDS):
            holder = self.race(api.stack_lock_steal, holder)
            self.call(api.stack_lock_steal, holder, 'dead again')
            holder = 'dead again'

    def test_create_and_release(self):
        """Nobody has it at the end, and none was refused by itself."""
        def work(engine):
            for _ in range(ROUNDS):
                try:
                    self.lock(engine)
                except exception.StackLocked as error:
                    self.assertNotEqual(engine, error.engine_id)
                else:
                    self.call(api.stack_lock_release, engine)
        self.assertEqual([None] * len(ENGINES), self.at_once(*(
            functools.partial(work, engine) for engine in ENGINES)))
        self.assertIsNone(self.holder())


class PersistStateTest(StackLockTestCase):

    def setUp(self):
        super().setUp()
        self.lock()

    def persist(self, engine_id='mine', *args, **values):
        return self.call(api.persist_state_and_release_lock, engine_id,
                         {'status': 'COMPLETE', **values}, *args)

    def status(self):
        return self.select('SELECT status FROM stack')[0][0]

    def assert_nothing_done(self, error, *args, holder='mine'):
        raised = self.assertRaises(error, self.persist, *args)
        self.assertEqual(('IN_PROGRESS', holder),
                         (self.status(), self.holder()))
        return raised

    def test_both(self):
        self.assertIsNone(self.persist())
        self.assertEqual(('COMPLETE', None), (self.status(), self.holder()))

    def test_lock_of_another(self):
        self.assertEqual('mine', self.assert_nothing_done(
            exception.StackLocked, 'yours').engine_id)

    def test_no_lock(self):
        self.execute('DELETE FROM stack_lock')
        self.assertIsNone(self.assert_nothing_done(
            exception.StackLocked, holder=None).engine_id)

    def test_lock_that_was_stolen(self):
        self.call(api.stack_lock_steal, 'mine', 'yours')
        api.stack_update(self.context, self.stack_id,
                         {'status': 'FAILED'}, OLD)
        self.assertRaises(exception.StackLocked, self.persist)
        self.assertEqual(('FAILED', 'yours'), (self.status(), self.holder()))

    def test_traversal(self):
        self.assertEqual(OLD, self.assert_nothing_done(
            exception.ConcurrentTransition, 'mine', NEW).actual)
        self.persist('mine', OLD)
        self.assertEqual('COMPLETE', self.status())

    def test_in_a_callers_transaction(self):
        def persist(*args):
            with facade.context_manager.writer.using(self.context):
                self.persist(*args)
        self.assertRaises(exception.ConcurrentTransition, persist, 'mine', NEW)
        self.assertEqual(('IN_PROGRESS', 'mine'),
                         (self.status(), self.holder()))
        persist()
        self.assertEqual(('COMPLETE', None), (self.status(), self.holder()))

    def test_a_callers_transaction_goes_on_without_it(self):
        with facade.context_manager.writer.using(self.context):
            self.assertRaises(exception.ConcurrentTransition, self.persist,
                              'mine', NEW)
            self.assertEqual('mine', api.stack_lock_get_engine_id(
                self.context, self.stack_id))
        self.assertEqual(('IN_PROGRESS', 'mine'),
                         (self.status(), self.holder()))

    def test_deleted(self):
        api.stack_delete(self.context, self.stack_id, OLD)
        self.persist()
        self.assertEqual(('COMPLETE', None), (self.status(), self.holder()))

    def test_another_tenant(self):
        self.context = context.RequestContext(tenant_id='other')
        self.assert_nothing_done(exception.NotFound)

    def test_long_reason(self):
        self.persist(status_reason='\u65e5' * 100000)
        self.assertEqual('\u65e5' * 21845, api.stack_get(
            self.context, self.stack_id).status_reason)
        self.assertEqual(('COMPLETE', None), (self.status(), self.holder()))

    def test_refused_values(self):
        for values in ({}, None, {'nonsense': 1}, {'id': 'x'}):
            self.assertRaises(
                exception.InvalidValues, self.call,
                api.persist_state_and_release_lock, 'mine', values)
        self.assertEqual('mine', self.holder())


class LostConnectionTest(proxied.EachPlaceTestCase, StackLockTestCase):

    def test_create_while_another_is_first(self):
        self.lose(self.when, INSERT, then=lambda: self.lock_by_hand('yours'))
        self.assert_locked('yours', api.stack_lock_create, 'mine')

    def test_create_of_what_another_thread_has(self):
        self.lock_by_hand('mine')
        self.lose(self.when, INSERT)
        self.assert_locked('mine', api.stack_lock_create, 'mine')

    def test_steal_while_another_is_first(self):
        self.lock_by_hand('dead')
        self.lose(self.when, b'UPDATE stack_lock',
                  then=lambda: self.lock_by_hand('yours'))
        self.assert_locked('yours', api.stack_lock_steal, 'dead', 'mine')

    def test_release_while_another_takes_it(self):
        self.lock()
        self.lose(self.when, b'DELETE FROM stack_lock',
                  then=lambda: self.lock_by_hand('yours'))
        self.assertIsNone(self.call(api.stack_lock_release, 'mine'))
        self.assertEqual('yours', self.holder())

    def test_persist_while_another_takes_it(self):
        """It is not said to have been written, unless it shows."""
        self.lock()
        self.lose(self.when, self.commit,
                  then=lambda: self.lock_by_hand('yours'))
        values = {'status': 'COMPLETE'}
        if self.when == 'before':
            self.assertRaises(
                exception.OutcomeUnknown, self.call,
                api.persist_state_and_release_lock, 'mine', values)
        else:
            self.assertIsNone(self.call(
                api.persist_state_and_release_lock, 'mine', values))
        self.assertEqual([('IN_PROGRESS' if self.when == 'before' else
                           'COMPLETE',)],
                         self.select('SELECT status FROM stack'))
        self.assertEqual('yours', self.holder())

    def test_persist_while_another_writes_after_it(self):
        """Nobody can tell whether it was written before."""
        self.lock()
        self.lose(self.when, self.commit, then=self.go_on)
        self.assertRaises(
            exception.OutcomeUnknown, self.call,
            api.persist_state_and_release_lock, 'mine',
            {'status': 'COMPLETE'})
        self.assertEqual([('FAILED',)],
                         self.select('SELECT status FROM stack'))
        self.assertIsNone(self.holder())

    def go_on(self):
        self.execute('DELETE FROM stack_lock')
        self.execute("UPDATE stack SET status = 'FAILED'")

    def test_persist_while_the_lock_is_deleted(self):
        self.lock()
        self.lose(self.when, self.commit,
                  then=lambda: self.execute('DELETE FROM stack_lock'))
        try:
            self.call(api.persist_state_and_release_lock, 'mine',
                      {'status': 'COMPLETE'})
        except exception.OutcomeUnknown:
            self.assertEqual('before', self.when)
        self.assertEqual([('IN_PROGRESS' if self.when == 'before' else
                           'COMPLETE',)],
                         self.select('SELECT status FROM stack'))

    def test_persist_what_is_no_text(self):
        for values in ({'timeout': 5, 'updated_at': None},
                       {'current_deps': [[1, 2]], 'updated_at': None},
                       {'updated_at': datetime.datetime(2015, 1, 1, 0, 0, 0,
                                                        123456)}):
            self.lock()
            self.lose(self.when, self.commit)
            self.assertIsNone(self.call(
                api.persist_state_and_release_lock, 'mine', values))
            self.assertIsNone(self.holder())
