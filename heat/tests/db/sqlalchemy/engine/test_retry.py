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

"""Which errors of the real engines mean "try again", and trying again."""

from concurrent import futures
import threading
from unittest import mock

from oslo_db import api as db_retry
from oslo_db import exception as db_exception
import sqlalchemy as sa
import testtools

from heat.common import config
from heat.db import api
from heat.db import exception
from heat.db.sqlalchemy.engine import facade
from heat.db.sqlalchemy.engine import retry
from heat.tests import at
from heat.tests import base

TRAVERSAL = '11111111-1111-4111-8111-111111111111'
TRY_AGAIN = (db_exception.DBDeadlock, db_exception.DBConnectionError)

# How an engine is told to give up waiting for a lock.
LOCKED = [
    ('sqlite', 'busy', 'PRAGMA busy_timeout = 10'),
    ('mysql', '1205', 'SET SESSION innodb_lock_wait_timeout = 1'),
    ('postgresql', '55P03', "SET lock_timeout = '10ms'"),
]
# How an engine is told to refuse writing what has changed since it was read.
CHANGED = [
    ('mysql', '1020', 'SET SESSION innodb_snapshot_isolation = ON'),
    ('postgresql', '40001 at repeatable read',
     'SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL '
     'REPEATABLE READ'),
]
SERIALIZABLE = [
    ('postgresql', '40001 at serializable',
     'SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL '
     'SERIALIZABLE'),
]


def on(settings, **attributes):
    """Return the scenarios of these settings, each on its engine."""
    engines = dict(base.DBTestCase.scenarios)
    return [('%s,%s' % (driver, name),
             {**engines[driver], 'setting': setting, **attributes})
            for driver, name, setting in settings]


def is_update(statement):
    return statement.startswith('UPDATE stack')


class RefusalTestCase(base.APITestCase):
    """Two stacks, and connections that are told to refuse."""

    setting = None

    def setUp(self):
        super().setUp()
        self.ids = [self.create_stack(name='old', tenant=tenant,
                                      stack_user_project_id='tenant').id
                    for tenant in ('tenant', 'other')]
        self.addCleanup(self.engine.dispose)
        if self.setting is not None:
            self.skip_if_unknown()
            self.engine.dispose()
            self.listen('connect', self.configure)

    def skip_if_unknown(self):
        if 'innodb_snapshot_isolation' in self.setting and not self.select(
                "SHOW VARIABLES LIKE 'innodb_snapshot_isolation'"):
            self.skipTest('MariaDB knows it from 10.6.18 on, MySQL does not')

    def configure(self, connection, record):
        connection.cursor().execute(self.setting)
        connection.commit()

    def names(self):
        names = dict(self.select('SELECT id, name FROM stack'))
        return [names[stack_id] for stack_id in self.ids]

    def update(self, stack_id, name='mine'):
        return api.stack_update(self.context, stack_id, {'name': name})

    def no_pauses(self):
        """Let the test fail when a pause is made, to try again."""
        pauses = mock.patch.object(db_retry, 'time')
        pauses.start().sleep.side_effect = self.fail
        self.addCleanup(pauses.stop)

    def lock(self):
        """Let another connection lock the last stack, until unlock()."""
        other = self.engine.connect()
        self.addCleanup(other.close)
        self.locks = other.begin()
        other.exec_driver_sql("UPDATE stack SET name = 'other' "
                              "WHERE id = '%s'" % self.ids[-1])

    def unlock(self):
        self.locks.rollback()


class TransactionTest(RefusalTestCase):
    """A caller's transaction, of one write that works and one that fails."""

    scenarios = (on(LOCKED, changed=False) +
                 on(CHANGED + SERIALIZABLE, changed=True))

    def setUp(self):
        super().setUp()
        self.calls = self.updates = 0

    def transaction(self):
        self.calls += 1
        with facade.context_manager.writer.using(self.context):
            api.stack_get(self.context, self.ids[-1])
            if self.calls == 1:
                self.disturb()
            for stack_id in self.ids:
                self.updates += 1
                self.update(stack_id)

    def disturb(self):
        if self.changed:
            self.execute("UPDATE stack SET name = 'other' WHERE id = '%s'" %
                         self.ids[-1])
        else:
            self.lock()

    def restore(self):
        """Check that nothing was written, and let it be written."""
        self.assertEqual(['old', 'other' if self.changed else 'old'],
                         self.names())
        if not self.changed:
            self.unlock()

    def test_is_repeated(self):
        def function():
            if self.calls:
                self.restore()
            self.transaction()
        retry.retry(function)
        self.assertEqual(2, self.calls)
        self.assertEqual(['mine', 'mine'], self.names())

    def test_call_inside_it_is_not_repeated(self):
        self.no_pauses()
        with base.recorded_statements(self.engine) as statements:
            self.assertRaises(db_exception.DBDeadlock, self.transaction)
        self.assertEqual(self.updates, len([
            statement for statement in filter(is_update, statements)
            if 'other' not in statement]))
        self.restore()
        self.transaction()
        self.assertEqual(['mine', 'mine'], self.names())


class OwnTransactionTest(RefusalTestCase):
    """A call on its own repeats itself."""

    scenarios = on(LOCKED)

    def test_locked(self):
        def unlock(context):
            errors.append(context)
            if len(errors) == 2:
                self.unlock()
        errors = []
        self.lock()
        self.listen('handle_error', unlock)
        with base.recorded_statements(self.engine) as statements:
            self.assertIs(True, self.update(self.ids[-1]))
        self.assertEqual(3, len(list(filter(is_update, statements))))
        self.assertEqual(['old', 'mine'], self.names())


class CommitTest(RefusalTestCase):
    """What is refused only when it is committed."""

    scenarios = on(SERIALIZABLE)

    def setUp(self):
        super().setUp()
        self.calls = 0

    def transaction(self):
        """Read both and write one, while someone else writes the other."""
        self.calls += 1
        with facade.context_manager.writer.using(self.context) as session:
            session.execute(sa.text('SELECT name FROM stack')).all()
            self.update(self.ids[0])
            if self.calls == 1:
                self.write_other()
            self.written = True

    def write_other(self):
        with self.engine.begin() as conn:
            conn.exec_driver_sql('SELECT name FROM stack').all()
            conn.exec_driver_sql("UPDATE stack SET name = 'other' "
                                 "WHERE id = '%s'" % self.ids[1])

    def test_is_repeated(self):
        retry.retry(self.transaction)
        self.assertEqual(2, self.calls)
        self.assertEqual(['mine', 'other'], self.names())

    def test_is_not_repeated_for_a_caller(self):
        self.no_pauses()
        self.assertRaises(db_exception.DBDeadlock, self.transaction)
        self.assertTrue(self.written)
        self.assertEqual(['old', 'other'], self.names())


@base.only_on('mysql', 'postgresql')
class DeadlockTest(RefusalTestCase):
    """Two transactions write the same two stacks in opposite order."""

    def setUp(self):
        super().setUp()
        self.meeting = threading.Barrier(2)
        self.calls = []

    def transaction(self, name, ids):
        """Write both stacks; the first time, wait between the two."""
        is_first = name not in self.calls
        self.calls.append(name)
        caller = at.request()
        with facade.context_manager.writer.using(caller):
            api.stack_update(caller, ids[0], {'name': name})
            if is_first:
                self.meeting.wait(10)
            api.stack_update(caller, ids[1], {'name': name})

    def both(self, call):
        """Run two transactions; return which failed, and their errors."""
        with futures.ThreadPoolExecutor() as pool:
            running = {
                'one': pool.submit(call, 'one', self.ids),
                'two': pool.submit(call, 'two', self.ids[::-1])}
        return {name: future.exception() for name, future in running.items()
                if future.exception() is not None}

    def test_is_repeated(self):
        def repeat(name, ids):
            retry.retry(lambda: self.transaction(name, ids))
        self.assertEqual({}, self.both(repeat))
        # The victim's writes came last, and both of them.
        self.assertEqual(3, len(self.calls))
        self.assertEqual([self.calls[2]] * 2, self.names())

    def test_call_inside_it_is_not_repeated(self):
        self.no_pauses()
        (victim, error), = self.both(self.transaction).items()
        self.assertIsInstance(error, db_exception.DBDeadlock)
        self.assertEqual(2, len(self.calls))
        winner, = {'one', 'two'} - {victim}
        self.assertEqual([winner] * 2, self.names())


class NoRetryTest(RefusalTestCase):
    """What would fail again is tried once."""

    def assert_one_update(self, error, *args):
        self.no_pauses()
        with base.recorded_statements(self.engine) as statements:
            self.assertRaises(error, api.stack_update, self.context, *args)
        self.assertEqual(1, len(list(filter(is_update, statements))))

    def test_conflict(self):
        self.assert_one_update(exception.ConcurrentTransition, self.ids[0],
                               {'name': 'mine'}, TRAVERSAL)

    def test_not_found(self):
        self.assert_one_update(exception.NotFound, 'no-such-stack',
                               {'name': 'mine'})
        self.assert_one_update(exception.NotFound, 'no-such-stack',
                               {'name': 'mine'}, api.ANY_TRAVERSAL)

    def test_no_such_template(self):
        self.assert_one_update(exception.InvalidValues, self.ids[0],
                               {'raw_template_id': 12345})


class BoundTest(testtools.TestCase):
    """How often, and how long; without a database."""

    def setUp(self):
        super().setUp()
        self.now = 0
        self.pauses = []
        for module in (db_retry, retry):
            clock = mock.patch.object(module, 'time')
            self.clock = clock.start()
            self.clock.sleep.side_effect = self.sleep
            self.clock.monotonic.side_effect = lambda: self.now
            self.addCleanup(clock.stop)

    def set_retries(self, number):
        config.CONF.set_override('db_max_retries', number, 'database')
        self.addCleanup(config.CONF.clear_override, 'db_max_retries',
                        'database')

    def sleep(self, seconds):
        self.pauses.append(seconds)
        self.now += seconds

    def fail_always(self, error_class, takes=0):
        """Return the errors of a function, the last of which came out."""
        errors = []

        def function():
            self.now += takes
            errors.append(error_class(len(errors)))
            raise errors[-1]
        self.assertIs(self.assertRaises(error_class, retry.retry, function),
                      errors[-1])
        return errors

    def test_repetitions(self):
        for retries, expected in ((3, 4), (0, 1)):
            self.set_retries(retries)
            self.assertEqual(expected, len(
                self.fail_always(db_exception.DBDeadlock)))

    def test_lost_connection_is_followed_by_another_at_once(self):
        for retries, expected in ((3, 5), (0, 1)):
            self.set_retries(retries)
            del self.pauses[:]
            self.assertEqual(expected, len(
                self.fail_always(db_exception.DBConnectionError)))
            self.assertEqual(retries, len(self.pauses))

    def test_request_is_unpacked(self):
        self.set_retries(3)
        error = KeyError()
        function = mock.Mock(side_effect=db_exception.RetryRequest(error))
        self.assertIs(error, self.assertRaises(
            KeyError, retry.retry, function))
        self.assertEqual(4, function.call_count)

    def test_pauses_grow_at_random_to_the_longest(self):
        for _ in range(50):
            self.fail_always(db_exception.DBDeadlock)
        self.assertEqual(50 * 10, len(self.pauses))
        self.assertGreater(self.pauses[9], 0)
        self.assertEqual(1, max(self.pauses))
        second = self.pauses[1::10]
        self.assertLess(max(second), 0.11)
        self.assertEqual(len(second), len(set(second)))

    def test_it_takes_about_ten_seconds(self):
        for error_class in TRY_AGAIN:
            for takes in (0, 1, 4):
                started = self.now
                errors = self.fail_always(error_class, takes)
                self.assertLess(self.now - started, 15)
                self.assertGreater(len(errors), 2)

    def test_what_would_fail_again_is_not_repeated(self):
        for error_class in (db_exception.DBDuplicateEntry,
                            db_exception.DBDataError, exception.NotFound):
            self.assertEqual(1, len(self.fail_always(error_class)))
        self.assertEqual([], self.pauses)

    def test_result(self):
        function = mock.Mock(side_effect=[db_exception.DBDeadlock(), 'done'])
        self.assertEqual('done', retry.retry(function))
