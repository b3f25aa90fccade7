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

"""The oldest events of a stack are deleted when it has too many."""

import collections
from concurrent import futures
import threading

import fixtures
from oslo_config import fixture as config_fixture
import sqlalchemy as sa

from heat.common import config
from heat.db import api
from heat.db import options
from heat.db.sqlalchemy.api import event_purge
from heat.db.sqlalchemy.engine import facade
from heat.db.sqlalchemy.models import Event
from heat.tests import base
from heat.tests.cost import CostTestCase
from heat.tests.db.sqlalchemy.api import test_event


class EventPurgeTestCase(test_event.EventTestCase):

    def keep(self, most, batch):
        for option, value in (('max_events_per_stack', most),
                              ('event_purge_batch_size', batch)):
            # Registers it.
            options.get(option)
            self.useFixture(config_fixture.Config(config.CONF)).config(
                **{option: value})

    def data(self):
        return {number for number, in self.select(
            'SELECT id FROM resource_properties_data')}


class EventPurgeTest(EventPurgeTestCase):

    def setUp(self):
        super().setUp()
        self.logger = self.useFixture(fixtures.FakeLogger())

    def tearDown(self):
        super().tearDown()
        self.assertNotIn('could not be deleted', self.logger.output)

    def test_never_more(self):
        for most, batch in ((1, 1), (2, 1), (3, 2), (10, 3), (5, 200)):
            self.keep(most, batch)
            stack_id = self.create_stack().id
            sizes = []
            for number in range(4 * most + 5):
                self.create(str(number), stack_id)
                names = self.names(stack_id)
                sizes.append(len(names))
                # The newest are left.
                self.assertEqual([str(n) for n in range(
                    number + 1 - len(names), number + 1)], names)
            self.assertEqual(most, max(sizes))
            self.assertEqual(max(1, most + 1 - batch),
                             min(sizes[most:]), (most, batch))

    def test_other_stacks_stay(self):
        self.keep(3, 2)
        other = self.create_stack().id
        for number in range(3):
            self.create('other', other)
        for number in range(20):
            self.create(str(number))
        self.assertEqual(3 * ['other'], self.names(other))

    def test_several_writers_count_what_others_store(self):
        """Each may be a process of its own, with what it has counted."""
        self.keep(10, 4)
        known = {}
        for number in range(60):
            counted = known.setdefault(number % 3, {})
            event_purge._counted.clear()
            event_purge._counted.update(counted)
            self.create(str(number))
            counted.clear()
            counted.update(event_purge._counted)
            self.assertLessEqual(len(self.names()), 10)

    def test_all_are_kept(self):
        self.keep(0, 1)
        for number in range(20):
            self.create()
        self.assertEqual(20, len(self.names()))

    def test_fewer_than_before(self):
        """A batch goes with each event, until there are as few."""
        for number in range(30):
            self.create(str(number))
        self.keep(10, 6)
        sizes = []
        for number in range(5):
            self.create(str(30 + number))
            sizes.append(len(self.names()))
        self.assertEqual([25, 20, 15, 10, 5], sizes)
        self.assertEqual('34', self.names()[-1])

    def test_statements(self):
        """Events are not counted each time, nor all of them."""
        self.keep(100, 20)
        with self.engine.begin() as conn:
            conn.execute(sa.insert(Event.__table__), [
                {'stack_id': self.stack_id, 'uuid': str(number)}
                for number in range(100)])
        with base.recorded_statements(self.engine) as statements:
            for number in range(200):
                self.create()
        self.assertEqual({
            'INSERT INTO event': 200, 'SELECT (SELECT count(': 20,
            'SELECT event': 10, 'DELETE FROM event': 10},
            collections.Counter(
                next(start for start in (
                    'INSERT INTO event', 'SELECT (SELECT count(',
                    'SELECT event', 'DELETE FROM event', '')
                    if statement.startswith(start))
                for statement in statements))
        self.assertEqual(100, len(self.names()))

    def test_properties_go_with_the_last_event(self):
        self.keep(3, 2)
        first, second = (self.create_properties(a=1) for _ in range(2))
        self.create('0', rsrc_prop_data_id=first)
        self.create('1', rsrc_prop_data_id=second)
        self.create('2', rsrc_prop_data_id=second)
        self.create('3')
        self.assertEqual(['2', '3'], self.names())
        self.assertEqual({second}, self.data())
        self.create('4')
        self.create('5')
        self.assertEqual(['4', '5'], self.names())
        self.assertEqual(set(), self.data())

    def test_properties_that_are_in_use_stay(self):
        self.keep(1, 1)
        used = {reference: self.create_properties(a=1) for reference in (
            'rsrc_prop_data_id', 'attr_data_id')}
        for number, (reference, data_id) in enumerate(used.items()):
            self.insert('resource', stack_id=self.stack_id, uuid=str(number),
                        **{reference: data_id})
        used['other'] = self.create_properties(a=1)
        self.create('other', self.create_stack().id,
                    rsrc_prop_data_id=used['other'])
        unused = self.create_properties(a=1)
        for data_id in (*used.values(), unused):
            self.create('old', rsrc_prop_data_id=data_id)
        self.create('new')
        self.assertEqual(['new'], self.names())
        self.assertEqual(set(used.values()), self.data())

    def test_not_in_a_transaction_of_the_caller(self):
        self.keep(2, 2)
        with facade.context_manager.writer.using(self.context):
            for number in range(5):
                api.event_create(self.context, {
                    'stack_id': self.stack_id, 'resource_name': str(number)})
        self.assertEqual(5, len(self.names()))
        self.create('5')
        self.assertEqual(['2', '3', '4', '5'], self.names())

    def test_database_in_which_ids_begin_again(self):
        self.keep(3, 1)
        event_purge._counted[self.stack_id] = 12345, 1
        for number in range(5):
            self.create()
        self.assertEqual(3, len(self.names()))

    def test_memory_is_bounded(self):
        self.useFixture(fixtures.MonkeyPatch(
            'heat.db.sqlalchemy.api.event_purge.MOST_COUNTED', 3))
        self.keep(2, 1)
        stacks = [self.create_stack().id for number in range(7)]
        for stack_id in stacks * 5:
            self.create(stack_id=stack_id)
            self.assertLessEqual(len(event_purge._counted), 3)
        self.assertEqual([2] * 7, [len(self.names(one)) for one in stacks])

    def test_many_at_once(self):
        most, batch, number = 20, 10, 8
        self.keep(most, batch)

        def work(_):
            for _ in range(15):
                self.create(rsrc_prop_data_id=self.create_properties(a=1))
                # Those that others store are not counted yet.
                self.assertLessEqual(len(self.names()), most + 2 * number)
        with futures.ThreadPoolExecutor(number) as pool:
            list(pool.map(work, range(number)))
        # One of these is counted, with all the others.
        for _ in range(most):
            self.create()
        self.assertLessEqual(len(self.names()), most)
        self.assertEqual(set(), self.data())

    def test_properties_of_several_stacks_at_once(self):
        """Each would see the event that the other deletes."""
        self.keep(1, 1)
        number = 8
        stacks = [self.create_stack().id for _ in range(number)]
        barrier = threading.Barrier(number)

        def work(stack_id):
            barrier.wait()
            self.create(stack_id=stack_id)
        with futures.ThreadPoolExecutor(number) as pool:
            for _ in range(5):
                data_id = self.create_properties(a=1)
                for stack_id in stacks:
                    self.create(stack_id=stack_id, rsrc_prop_data_id=data_id)
                self.assertEqual({data_id}, self.data())
                list(pool.map(work, stacks))
                self.assertEqual(set(), self.data())


class NewReferenceTest(EventPurgeTestCase):
    """The properties of the oldest event get a new one, not yet committed."""

    # Whether another session is about to change properties, and waits.
    WAITING = {
        'mysql': 'SELECT count(*) FROM information_schema.processlist '
                 "WHERE db = DATABASE() AND state = 'Updating' AND "
                 "info LIKE 'UPDATE resource_properties_data%%'",
        'postgresql': 'SELECT count(*) FROM pg_stat_activity WHERE '
                      'datname = current_database() '
                      "AND wait_event_type = 'Lock'"}

    # SQLite has one writer at a time.
    @base.only_on('mysql', 'postgresql')
    def test_stay(self):
        self.keep(1, 1)
        data_id = self.create_properties(a=1)
        self.create('old', rsrc_prop_data_id=data_id)
        other = self.create_stack().id
        logger = self.useFixture(fixtures.FakeLogger())
        with futures.ThreadPoolExecutor(1) as pool:
            with facade.context_manager.writer.using(self.context):
                api.event_create(self.context, {
                    'stack_id': other, 'rsrc_prop_data_id': data_id})
                creation = pool.submit(self.create, 'new')
                while not (self.select(self.WAITING[self.driver])[0][0] or
                           creation.done()):
                    pass
                self.assertFalse(creation.done())
            self.assertEqual('new', creation.result().resource_name)
        self.assertEqual('', logger.output)
        self.assertEqual(['new'], self.names())
        self.assertEqual({data_id}, self.data())


class FailedPurgeTest(EventPurgeTestCase):
    """What goes wrong while the oldest are deleted is said, and only that."""

    def setUp(self):
        super().setUp()
        self.logger = self.useFixture(fixtures.FakeLogger())
        # The server refuses to delete an event that this refers to.
        self.execute('CREATE TABLE keeper (event_id INTEGER NOT NULL, '
                     'FOREIGN KEY (event_id) REFERENCES event (id))')
        self.addCleanup(self.execute, 'DROP TABLE keeper')

    def test_the_new_event_stays(self):
        self.keep(2, 2)
        data_id = self.create_properties(a=1)
        self.insert('keeper', event_id=self.create(
            'kept', rsrc_prop_data_id=data_id).id)
        self.addCleanup(self.execute, 'DELETE FROM keeper')
        for number in range(3):
            self.assertEqual(str(number),
                             self.create(str(number)).resource_name)
        self.assertEqual(['kept', '0', '1', '2'], self.names())
        self.assertEqual({data_id}, self.data())
        self.assertIn('The oldest events of stack %s could not be deleted' %
                      self.stack_id, self.logger.output)
        self.execute('DELETE FROM keeper')
        self.create('3')
        self.assertEqual(['1', '2', '3'], self.names())
        self.assertEqual(set(), self.data())


# PostgreSQL counts for single statements alone.
@base.only_on('sqlite', 'mysql')
class EventCostTest(CostTestCase, EventPurgeTestCase):
    """It does not grow with what is there."""

    def insert_many(self, number):
        stack_id = self.create_stack().id
        with self.engine.begin() as conn:
            conn.execute(sa.insert(Event.__table__), [
                {'stack_id': stack_id, 'uuid': '%s-%d' % (number, one)}
                for one in range(number)])
        # Costs are counted for a connection: there must be no other.
        self.engine.dispose()
        return stack_id

    def cost_of_event(self, stack_id):
        return self.cost(lambda: self.create(stack_id=stack_id))

    def test_without_a_look(self):
        self.keep(1000, 200)
        stack_id = self.insert_many(500)
        looked = self.cost_of_event(stack_id)
        for _ in range(3):
            self.assertLess(self.cost_of_event(stack_id), looked / 10)

    def test_deletion(self):
        self.keep(100, 20)
        few, many = self.insert_many(200), self.insert_many(5000)
        # The connection is there.
        self.create(stack_id=few)
        few, many = map(self.cost_of_event, (few, many))
        self.assertGreater(few, 0)
        self.assertLessEqual(many, few * 1.25)
