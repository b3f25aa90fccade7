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

"""Several engines want the same resource at once."""

from concurrent import futures
import functools
import threading

from heat.db import api
from heat.db import exception
from heat.tests import at
from heat.tests import base

THREADS = 6
# Even, for who exchanges.
ROUNDS = 6


class RaceTestCase(base.APITestCase):

    def together(self, *functions):
        """Call functions at once, each with a context; see at_once."""
        return self.at_once(*(
            functools.partial(function, at.request())
            for function in functions))

    def get(self, resource_id):
        return api.resource_get(self.context, resource_id)

    def attributes(self):
        return [number for number, in self.select(
            'SELECT id FROM resource_properties_data')]


class LockTest(RaceTestCase):

    def test_one_gets_the_lock(self):
        resource = self.create_resource()
        engines = ['engine %d' % number for number in range(THREADS)]

        def lock(engine_id, key):
            return lambda request: api.resource_update(
                request, resource.id, {'engine_id': engine_id}, key) and \
                engine_id
        for number in range(ROUNDS):
            key = self.get(resource.id).atomic_key
            told = self.together(*(lock(one, key) for one in engines))
            stored = self.get(resource.id)
            self.assertEqual([stored.engine_id],
                             [one for one in told if one in engines])
            errors = [one for one in told if one not in engines]
            self.assertEqual(
                [(exception.ResourceConflict, stored.engine_id,
                  2 * number + 1)] * (THREADS - 1),
                [(type(one), one.engine_id, one.atomic_key)
                 for one in errors])
            api.resource_update(self.context, resource.id,
                                {'engine_id': None}, stored.atomic_key,
                                stored.engine_id)

    def test_nothing_is_lost_under_the_lock(self):
        """Each adds one in Python to what it has read, holding the lock."""
        resource_id = self.create_resource(rsrc_metadata={'count': 0}).id

        def count(name):
            def run(request):
                for _ in range(ROUNDS):
                    key = self.take(request, resource_id, name)
                    row = api.resource_get(request, resource_id)
                    api.resource_update_and_save(
                        request, resource_id, {'rsrc_metadata': {
                            'count': row.rsrc_metadata['count'] + 1}}, name)
                    api.resource_update(request, resource_id,
                                        {'engine_id': None}, key, name)
            return run
        self.assertEqual([None] * THREADS, self.together(*(
            count('engine %d' % number) for number in range(THREADS))))
        self.assertEqual({'count': THREADS * ROUNDS},
                         self.get(resource_id).rsrc_metadata)

    @staticmethod
    def take(request, resource_id, name):
        """Get the lock, sooner or later; return the key that it has then."""
        key = None
        while True:
            try:
                api.resource_update(request, resource_id,
                                    {'engine_id': name}, key)
                return 1 if key is None else key + 1
            except exception.ResourceConflict as error:
                key = error.atomic_key

    def test_a_blind_write_and_a_lock(self):
        """Either the lock is taken with the new key, or the write is refused.

        Never has an engine the lock of what it has read before it changed.
        """
        for _ in range(ROUNDS):
            resource_id = self.create_resource(atomic_key=1, status='old').id
            locked, saved = self.together(
                lambda request: api.resource_update(
                    request, resource_id, {'engine_id': 'engine'}, 1),
                lambda request: api.resource_update_and_save(
                    request, resource_id, {'status': 'new'}))
            stored = self.get(resource_id)
            self.assertNotEqual(locked is True, hasattr(saved, 'status'))
            self.assertEqual(
                (2, 'engine', 'old') if locked is True else (2, None, 'new'),
                (stored.atomic_key, stored.engine_id, stored.status))

    def test_a_deletion_and_a_lock(self):
        for _ in range(ROUNDS):
            resource_id = self.create_resource(atomic_key=1).id
            locked, deleted = self.together(
                lambda request: api.resource_update(
                    request, resource_id, {'engine_id': 'engine'}, 1),
                lambda request: api.resource_delete(request, resource_id))
            self.assertEqual(
                [(resource_id,)] if locked is True else [], self.select(
                    'SELECT id FROM resource'))
            if locked is True:
                self.assertEqual('engine', deleted.engine_id)
                self.execute('DELETE FROM resource')
            else:
                self.assertIsInstance(locked, exception.NotFound)
                self.assertIsNone(deleted)


class ReplacementTest(RaceTestCase):

    def test_one_replaces(self):
        for _ in range(ROUNDS):
            old = self.create_resource(name='old', atomic_key=1)
            told = self.together(*[
                lambda request: api.resource_create_replacement(
                    request, old.id, {'stack_id': old.stack_id}, 1)]
                * THREADS)
            new, = (row for row in told
                    if not isinstance(row, exception.ResourceConflict))
            self.assertEqual(
                {old.id, new.id}, {number for number, in self.select(
                    "SELECT id FROM resource WHERE stack_id = '%s'" %
                    old.stack_id)})
            self.assertEqual(new.id, self.get(old.id).replaced_by)


class ExchangeTest(RaceTestCase):

    def test_both_ways(self):
        """They do not wait for each other for ever, and none is lost."""
        one, other = self.create_resource(), self.create_resource()

        def exchange(*ids):
            def run(request):
                for _ in range(ROUNDS):
                    api.resource_exchange_stacks(request, *ids)
            return run
        self.assertEqual([None] * 3, self.together(
            exchange(one.id, other.id), exchange(other.id, one.id),
            exchange(one.id, other.id)))
        self.assertEqual([one.stack_id, other.stack_id], [
            self.get(row.id).stack_id for row in (one, other)])


class AttributesTest(RaceTestCase):

    def test_one_sets(self):
        for _ in range(ROUNDS):
            resource_id = self.create_resource(atomic_key=1).id
            ids = [self.create_properties(a=number)
                   for number in range(THREADS)]

            def set_id(attr_id):
                return lambda request: api.resource_attr_id_set(
                    request, resource_id, 1, attr_id)
            told = self.together(*map(set_id, ids))
            self.assertEqual(1, told.count(True))
            winner = ids[told.index(True)]
            self.assertEqual(winner, self.get(resource_id).attr_data_id)
            # Those of the losers are gone, that of the winner is not.
            self.assertEqual({winner}, set(ids) & set(self.attributes()))

    # SQLite has one writer at a time.
    @base.only_on('mysql', 'postgresql')
    def test_deleted_while_another_begins_to_use_them(self):
        """The reference is not committed yet when they are looked for."""
        one = self.create_resource(
            attr_data_id=self.create_properties(a=1))
        other = self.create_resource()
        with (futures.ThreadPoolExecutor(1) as executor,
              self.engine.connect() as conn, conn.begin() as transaction):
            conn.exec_driver_sql(
                'UPDATE resource SET rsrc_prop_data_id = %d WHERE id = %d' %
                (one.attr_data_id, other.id))
            arrived = self.arrival('DELETE FROM resource_properties_data')
            deleted = executor.submit(
                api.resource_attr_data_delete, self.context, one.id,
                one.attr_data_id)
            arrived.wait()
            transaction.commit()
        self.assertIsNone(deleted.result())
        self.assertEqual([one.attr_data_id], self.attributes())
        self.assertIsNone(self.get(one.id).attr_data_id)
        self.assertEqual({'a': 1}, self.get(other.id).rsrc_prop_data.data)

    def arrival(self, statement):
        """Return what is set when a statement is about to be sent."""
        arrived = threading.Event()

        def look(conn, cursor, sent, *args):
            if sent.startswith(statement):
                arrived.set()
        self.listen('before_cursor_execute', look)
        return arrived


class PurgeTest(RaceTestCase):

    # SQLite has one writer at a time.
    @base.only_on('mysql', 'postgresql')
    def test_what_reaches_its_end_meanwhile_stays_whole(self):
        """Heat's own deletes it, and leaves its attributes behind."""
        stack_id = self.create_stack().id
        over, late = (self.create_resource(
            stack_id=stack_id, action='DELETE', status=status,
            attr_data_id=self.create_properties(a=1))
            for status in ('COMPLETE', 'IN_PROGRESS'))
        ends = []

        def end(conn, cursor, statement, *args):
            if statement.startswith('DELETE FROM resource WHERE') and (
                    not ends):
                ends.append(executor.submit(
                    self.execute, "UPDATE resource SET status = 'COMPLETE' "
                    'WHERE id = %d' % late.id))
                if self.driver == 'postgresql':
                    # MySQL has locked all that it has looked at.
                    ends[0].result()
        self.listen('before_cursor_execute', end)
        with futures.ThreadPoolExecutor(1) as executor:
            api.resource_purge_deleted(self.context, stack_id)
        self.assertEqual(1, ends[0].result().rowcount)
        self.assertEqual([(late.id,)],
                         self.select('SELECT id FROM resource'))
        self.assertEqual([late.attr_data_id], self.attributes())
        api.resource_purge_deleted(self.context, stack_id)
        self.assertEqual([], self.attributes())

    def test_several_at_once(self):
        for _ in range(ROUNDS):
            stack_id = self.create_stack().id
            for _ in range(4):
                self.create_resource(
                    stack_id=stack_id, action='DELETE', status='COMPLETE',
                    attr_data_id=self.create_properties(a=1))
            self.assertEqual([None] * 4, self.together(*[
                lambda request: api.resource_purge_deleted(
                    request, stack_id)] * 4))
            self.assertEqual([], self.select('SELECT id FROM resource'))
            self.assertEqual([], self.attributes())
