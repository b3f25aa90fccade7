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

"""Purging what was deleted softly, through heat.db.api."""

from concurrent import futures
import random
from unittest import mock

from heat.db import api
from heat.db import exception
from heat.db.sqlalchemy.maintenance import purge_rows
from heat.db.sqlalchemy.maintenance import purge_run
from heat.tests import base
from heat.tests.db.sqlalchemy.api import test_wrong_arguments
from heat.tests.db.sqlalchemy.maintenance import aged

LIMIT = aged.NOW - (aged.NOW - aged.OLD) / 2


class PurgeTestCase(base.APITestCase):

    def store(self, database):
        self.database = database
        database.store(self.engine)

    def purge(self, age=50, *args, **kwargs):
        return api.purge_deleted(age, *args, **kwargs)

    def keys(self):
        return aged.keys(self.engine)

    def small(self, module, **numbers):
        """Let there be less of something at a time."""
        for name, number in numbers.items():
            patch = mock.patch.object(module, name, number)
            patch.start()
            self.addCleanup(patch.stop)

    def assert_purged(self, purged, before, project=None):
        """Assert that just that is gone which has to be, and is counted."""
        after = self.keys()
        self.assertEqual(self.database.left(LIMIT, project), after)
        gone = aged.difference(before, after)
        self.assertEqual(
            {name: gone[name] for name in purged.counts}, purged.counts)
        self.assertTrue(purged.is_complete)


class EverythingTest(PurgeTestCase):

    def test_all_that_belongs_to_a_stack(self):
        database = aged.Database()
        aged.one_of_all(database, aged.OLD)
        database.add('service', deleted_at=aged.OLD)
        self.store(database)
        purged = self.purge()
        self.assertEqual({
            'service': 1, 'stack': 1, 'resource_data': 1, 'resource': 1,
            'event': 2, 'sync_point': 1, 'snapshot': 1, 'stack_tag': 1,
            'stack_lock': 1, 'resource_properties_data': 2, 'raw_template': 3,
            'raw_template_files': 1, 'user_creds': 1}, purged.counts)
        self.assertEqual((True, 0), purged[1:])
        self.assertEqual([], [name for name, found in self.keys().items()
                              if found])

    def test_what_is_live_or_young(self):
        database = aged.Database()
        for deleted_at in aged.LIVE, aged.YOUNG:
            aged.one_of_all(database, deleted_at)
            database.add('service', deleted_at=deleted_at)
        self.store(database)
        before = self.keys()
        purged = self.purge()
        self.assertEqual(before, self.keys())
        self.assertEqual({0}, set(purged.counts.values()))

    def test_any_database(self):
        """Also in batches and transactions of any size."""
        for seed in range(2):
            rng = random.Random(seed)
            self.small(purge_run, PAGE=rng.choice([1, 2, 1000]))
            self.small(purge_rows, MOST=rng.choice([7, 1000]),
                       MOST_AT_ONCE=rng.choice([3, 500]))
            self.store(aged.random(rng))
            for project in ('unknown', 'other', None):
                before = self.keys()
                counted = self.purge(project_id=project, dry_run=True,
                                     batch_size=rng.choice([1, 4, 100]))
                self.assertEqual(before, self.keys())
                purged = self.purge(project_id=project,
                                    batch_size=rng.choice([1, 4, 100]))
                self.assertEqual(counted, purged, (seed, project))
                self.assert_purged(purged, before, project)
            self.assertGreater(sum(purged.counts.values()), 0)
            self.fixture.delete_from_schema(self.engine)

    def generate_fixtures(self):
        self.fixture = super().generate_fixtures()
        return self.fixture


class KeptTest(PurgeTestCase):

    def test_live_stack_below_a_deleted_one(self):
        database = aged.Database()
        parent = aged.one_of_all(database, aged.OLD)
        child = aged.one_of_all(database, aged.LIVE, owner_id=parent)
        aged.one_of_all(database, aged.YOUNG, owner_id=parent)
        self.store(database)
        listener = Listener()
        before = self.keys()
        purged = self.purge(listener=listener)
        self.assert_purged(purged, before)
        self.assertEqual((1, [(child, parent)]), (purged.live, listener.found))

    def test_age_is_to_the_second(self):
        database = aged.Database()
        for _ in range(2):
            aged.one_of_all(database, aged.OLD)
        self.store(database)
        for age, granularity, number in (
                (101, 'days', 0), (101 * 24, 'hours', 0),
                (101 * 24 * 60, 'minutes', 0),
                (101 * 24 * 3600, 'seconds', 0),
                (0, 'seconds', 2)):
            self.assertEqual(number, self.purge(age, granularity).counts[
                'stack'], granularity)


class Listener(api.PurgeListener):
    """Notes what it is told.

    :param then: called after each batch
    """

    def __init__(self, then=lambda: None):
        self.batches, self.found, self._then = [], [], then

    def batch(self, counts, deleted_at):
        self.batches.append((sum(counts.values()), deleted_at))
        self._then()

    def kept(self, *ids):
        self.found.append(ids)


class BatchesTest(PurgeTestCase):

    def test_many_events(self):
        database = aged.Database()
        stack_id = aged.one_of_all(database, aged.OLD)
        for _ in range(3000):
            database.add('event', stack_id=stack_id)
        self.store(database)
        before = self.keys()
        listener = Listener()
        self.assert_purged(self.purge(listener=listener), before)
        totals = [0, *(total for total, _ in listener.batches)]
        self.assertEqual(4, len(listener.batches))
        for one, other in zip(totals, totals[1:]):
            self.assertLessEqual(other - one, 1010)
        self.assertEqual({aged.OLD}, {at for _, at in listener.batches})

    def test_stopped_between_batches(self):
        class Stopped(Exception):
            pass

        def stop():
            raise Stopped
        self.store(aged.random(random.Random(0)))
        before = self.keys()
        self.small(purge_rows, MOST=10)
        self.assertRaises(Stopped, self.purge, listener=Listener(stop))
        self.assertNotEqual(before, self.keys())
        self.purge()
        self.assertEqual(self.database.left(LIMIT), self.keys())

    def test_max_time(self):
        self.store(aged.random(random.Random(0)))
        before = self.keys()
        for dry_run in False, True:
            purged = self.purge(max_time=0, dry_run=dry_run)
            self.assertFalse(purged.is_complete)
        self.assertEqual(before, self.keys())
        # The break would last longer than there is time.
        purged = self.purge(max_time=50, sleep=100, batch_size=1)
        self.assertFalse(purged.is_complete)
        before = self.keys()
        self.assert_purged(self.purge(max_time=50), before)

    def test_statements(self):
        """They do not grow with the number of stacks of a batch."""
        database = aged.Database()
        for _ in range(40):
            aged.one_of_all(database, aged.OLD)
        self.store(database)
        with base.recorded_statements(self.engine) as statements:
            self.purge()
        self.assertLess(len(statements), 70)


class AtOnceTest(PurgeTestCase):

    def test_two_purges(self):
        self.store(aged.random(random.Random(0), 30))
        before = self.keys()
        one, other = self.at_once(*[lambda: self.purge(batch_size=2)] * 2)
        self.assertEqual(self.database.left(LIMIT), self.keys())
        gone = aged.difference(before, self.keys())
        self.assertEqual(gone['stack'],
                         one.counts['stack'] + other.counts['stack'])

    def test_while_engines_work(self):
        """Stacks come and go, and events come late."""
        with futures.ThreadPoolExecutor(1) as pool:
            working = pool.submit(self.work)
            while not working.done():
                self.purge(0)
        for stack_id in working.result():
            self.assertEqual(1, api.event_count_all_by_stack(
                self.context, stack_id))
        self.purge(0)
        found = self.keys()
        self.assertEqual([5, 5, 5, 5], [len(found[name]) for name in (
            'stack', 'raw_template', 'event', 'resource_properties_data')])

    def work(self):
        """Return the ids of stacks that are not deleted."""
        kept = []
        for number in range(15):
            stack = self.create_stack(name='name %d' % number)
            if number % 3:
                api.stack_delete(self.context, stack.id)
            else:
                kept.append(stack.id)
            self.report(stack.id)
        return kept

    def report(self, stack_id):
        data = self.create_properties(a=1)
        try:
            api.event_create(self.context, {
                'stack_id': stack_id, 'rsrc_prop_data_id': data})
        except exception.InvalidValues:
            # It is purged.
            with self.engine.begin() as conn:
                conn.exec_driver_sql(
                    'DELETE FROM resource_properties_data WHERE id = %d' %
                    data)


class WrongArgumentsTest(PurgeTestCase):

    # What is right.
    RIGHT = {
        'age': lambda kind: type(kind) is int and 0 <= kind < 2 ** 31,
        'granularity': lambda kind: False,
        'project_id': lambda kind: kind is None or isinstance(kind, str),
        'batch_size': lambda kind: type(kind) is int and 0 < kind < 2 ** 31,
        'max_time': lambda kind: kind is None,
        'sleep': lambda kind: False}

    def test_every_kind(self):
        database = aged.Database()
        aged.one_of_all(database, aged.OLD, tenant='mine')
        self.store(database)
        before = self.keys()
        for name, is_right in self.RIGHT.items():
            for kind in test_wrong_arguments.KINDS:
                if type(kind) in (int, float) and kind >= 0 or is_right(kind):
                    # What is right purges nothing, or is tried elsewhere.
                    continue
                error = self.assertRaises(
                    exception.InvalidValues, api.purge_deleted,
                    **{'age': 1, 'project_id': 'mine', name: kind})
                self.assertEqual([name], error.keys)
                self.assertTrue(str(error).isprintable())
        self.assertEqual(before, self.keys())

    def test_projects_that_are_none(self):
        database = aged.Database()
        aged.one_of_all(database, aged.OLD, tenant='mine')
        self.store(database)
        for project in ('', 'Mine', 'mine ', 'm%', "' OR 1=1 --", '1'):
            self.assertEqual(0, self.purge(project_id=project).counts[
                'stack'])

    def test_numbers(self):
        for name, kinds in (('age', (2 ** 31, 1.5, -1, '90')),
                            ('batch_size', (0, 2 ** 31, 1.5, '20')),
                            ('max_time', (float('inf'), float('nan'))),
                            ('sleep', (float('inf'), None))):
            for kind in kinds:
                error = self.assertRaises(
                    exception.InvalidValues, api.purge_deleted,
                    **{'age': 1, name: kind})
                self.assertEqual([name], error.keys)
        error = self.assertRaises(exception.InvalidValues, self.purge,
                                  2 ** 31 - 1)
        self.assertIn('before the year 1: age', str(error))
