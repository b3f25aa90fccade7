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

"""Purging what belongs to nothing any more, through heat.db.api."""

import datetime
import random
from unittest import mock

from oslo_config import fixture as config_fixture

from heat.db import api
from heat.db import exception
from heat.db.sqlalchemy.maintenance import orphans
from heat.db.sqlalchemy import models
from heat.tests import base
from heat.tests.db.sqlalchemy.maintenance import aged
from heat.tests.db.sqlalchemy.maintenance import test_purge

SHARED = ('resource_properties_data', 'raw_template', 'raw_template_files',
          'user_creds')


class OrphansTestCase(test_purge.PurgeTestCase):

    def setUp(self):
        super().setUp()
        self.database = aged.Database()
        self.stack_id = aged.one_of_all(self.database, aged.LIVE)
        aged.one_of_all(self.database, aged.YOUNG)
        self.store(self.database)
        self.kept = self.keys()

    def add(self, *added):
        """Store rows besides; each is (name of a table, {column: value})."""
        more = aged.Database()
        more._numbers = self.database._numbers
        for name, values in added:
            more.add(name, **values)
        more.store(self.engine)
        return more

    def purge_orphans(self, **kwargs):
        purged = self.purge(with_orphans=True, **kwargs)
        return {name: number for name, number in purged.counts.items()
                if number}


class SharedTest(OrphansTestCase):

    def test_what_nothing_names(self):
        files = self.database.add('raw_template_files')
        self.add(('raw_template_files', {'id': files}),
                 ('raw_template', {'files_id': files}),
                 *((name, {}) for name in SHARED))
        expected = {**dict.fromkeys(SHARED, 1), 'raw_template': 2,
                    'raw_template_files': 2}
        self.assertEqual(expected, self.purge_orphans(dry_run=True))
        self.assertEqual(expected, self.purge_orphans())
        self.assertEqual(self.kept, self.keys())
        self.assertEqual({}, self.purge_orphans())

    def test_what_a_young_one_names(self):
        files = self.database.add('raw_template_files')
        self.add(('raw_template_files', {'id': files}),
                 *(('raw_template', {'files_id': files, 'created_at': time})
                   for time in (aged.OLD, aged.YOUNG, None)))
        for dry_run in True, False:
            self.assertEqual({'raw_template': 1},
                             self.purge_orphans(dry_run=dry_run))

    def test_young_ones_are_kept(self):
        """An engine stores a template before its stack."""
        self.add(*((name, {'created_at': created_at}) for name in SHARED
                   for created_at in (aged.YOUNG, None)))
        before = self.keys()
        self.assertEqual({}, self.purge_orphans())
        self.assertEqual(before, self.keys())

    def test_an_engine_may_be_about_to_name_it(self):
        self.purge(0)
        now = models.now()
        self.add(*(('raw_template', {'created_at': now - age}) for age in (
            datetime.timedelta(0), datetime.timedelta(minutes=50),
            datetime.timedelta(minutes=70))))
        self.assertEqual({'raw_template': 1}, self.purge_orphans(
            age=0, dry_run=True))

    def test_sync_points_of_past_traversals(self):
        for number in range(3):
            self.add(('sync_point', {'stack_id': self.stack_id}))
        self.add(('sync_point', {'stack_id': self.stack_id,
                                 'created_at': aged.YOUNG}))
        self.assertEqual({'sync_point': 3}, self.purge_orphans(dry_run=True))
        self.assertEqual({'sync_point': 3}, self.purge_orphans())
        self.assertEqual(len(self.kept['sync_point']) + 1,
                         len(self.keys()['sync_point']))

    def test_events_beyond_the_limit(self):
        data = self.create_properties(a=1)
        self.execute("UPDATE resource_properties_data SET created_at = '%s'" %
                     aged.OLD)
        self.add(('event', {'stack_id': self.stack_id,
                            'rsrc_prop_data_id': data}),
                 *(('event', {'stack_id': self.stack_id})
                   for _ in range(18)))
        config = self.useFixture(config_fixture.Config())
        for most, number in (20, 1), (5, 15), (0, 0):
            config.config(max_events_per_stack=most)
            for size in (2, 500):
                with mock.patch.object(orphans, 'PAGE', size):
                    self.assertEqual(number, self.purge_orphans(
                        dry_run=True).get('event', 0))
            # The first of them names properties that it shares.
            self.purge_orphans()
            if most:
                self.assertEqual(most, api.event_count_all_by_stack(
                    self.context, self.stack_id))
        # One that something names has stayed, and the other one not.
        self.assertEqual(self.kept['resource_properties_data'],
                         self.keys()['resource_properties_data'])

    def test_events_that_another_purge_deletes_meanwhile(self):
        """The newest ones stay, though both have begun with too many."""
        added = self.add(*(('event', {'stack_id': self.stack_id})
                           for _ in range(20)))
        newest = set(sorted(added.rows['event'])[-5:])
        config = self.useFixture(config_fixture.Config())
        config.config(max_events_per_stack=5)

        def find(limit, gone):
            for number, deletion in enumerate(found(limit, gone)):
                if number == 1:
                    with mock.patch.object(orphans, 'find', found):
                        self.purge_orphans()
                yield deletion
        found = orphans.find
        with mock.patch.object(orphans, 'find', find), (
                mock.patch.object(orphans, 'PAGE', 2)):
            self.purge_orphans()
        self.assertEqual(newest, {
            key for key in self.keys()['event'] if key in added.rows['event']})

    def test_batches_of_any_size(self):
        for size in (1, 2, 3, 500):
            self.add(*((name, {}) for name in SHARED for _ in range(5)))
            with mock.patch.object(orphans, 'PAGE', size):
                self.assertEqual(dict.fromkeys(SHARED, 5),
                                 self.purge_orphans())
            self.assertEqual(self.kept, self.keys())

    def test_not_asked_for(self):
        self.add(*((name, {}) for name in SHARED))
        before = self.keys()
        self.purge()
        self.assertEqual(before, self.keys())

    def test_max_time(self):
        self.add(('raw_template', {}))
        before = self.keys()
        purged = self.purge(with_orphans=True, max_time=0)
        self.assertFalse(purged.is_complete)
        self.assertEqual(before, self.keys())

    def test_project(self):
        error = self.assertRaises(
            exception.InvalidValues, api.purge_deleted, 1,
            project_id='tenant', with_orphans=True)
        self.assertEqual(['with_orphans'], error.keys)

    def test_named_meanwhile(self):
        """What something has begun to name is no orphan any more."""
        template_id = self.create_template().id
        self.execute("UPDATE raw_template SET created_at = '%s'" %
                     aged.OLD)

        def find(limit, gone):
            for deletion in found(limit, gone):
                if deletion.keys:
                    self.create_stack(raw_template_id=template_id)
                yield deletion
        found = orphans.find
        with mock.patch.object(orphans, 'find', find):
            self.assertEqual({}, self.purge_orphans())
        api.raw_template_get(self.context, template_id)


class DryRunTest(OrphansTestCase):
    """What is counted is what is deleted, also with stacks beside."""

    def assert_counted(self):
        before = self.keys()
        counted = self.purge(with_orphans=True, dry_run=True)
        self.assertEqual(before, self.keys())
        purged = self.purge(with_orphans=True)
        self.assertEqual(counted, purged)
        self.assertEqual(aged.difference(before, self.keys()), {
            **dict.fromkeys(before, 0), **purged.counts})

    def test_any_database(self):
        for seed in range(3):
            self.fixture.delete_from_schema(self.engine)
            more = aged.random(random.Random(seed))
            for stack_id, in list(more.rows['stack']):
                # A resource has a node to update it, and one to clean it up.
                for is_update in False, True:
                    more.add('sync_point', stack_id=stack_id, entity_id='1',
                             is_update=is_update)
            more.store(self.engine)
            self.assert_counted()

    def test_events_of_stacks_that_go(self):
        # It registers the option.
        self.purge_orphans()
        config = self.useFixture(config_fixture.Config())
        config.config(max_events_per_stack=3)
        for deleted_at in aged.LIVE, aged.YOUNG, aged.OLD:
            more = aged.Database()
            more._numbers = self.database._numbers
            stack_id = aged.one_of_all(more, deleted_at)
            for _ in range(5):
                more.add('event', stack_id=stack_id)
            # What an event names that is beyond the limit is not counted.
            for row in more.rows['event'].values():
                row['rsrc_prop_data_id'] = None
            more.store(self.engine)
        self.assert_counted()

    def generate_fixtures(self):
        self.fixture = super().generate_fixtures()
        return self.fixture


# Only these let a session do without.
@base.only_on('sqlite', 'mysql')
class ChildrenTest(OrphansTestCase):
    """A database without foreign keys, as Heat's own on SQLite."""

    SWITCH = {'sqlite': 'PRAGMA foreign_keys = %d',
              'mysql': 'SET foreign_key_checks = %d'}

    def test_without_their_stack(self):
        more = aged.Database()
        more._numbers = self.database._numbers
        aged.one_of_all(more, aged.LIVE)
        # What belongs to a resource goes with it.
        expected = {name: len(rows) for name, rows in more.rows.items()
                    if rows and name not in ('stack', 'resource_data')}
        more.rows['stack'].clear()
        with self.engine.connect() as conn:
            conn.exec_driver_sql(self.SWITCH[self.driver] % 0)
            for table in reversed(orphans.TABLES):
                for row in more.rows[table.name].values():
                    conn.execute(table.insert(), row)
            if conn.in_transaction():
                conn.get_transaction().commit()
            conn.exec_driver_sql(self.SWITCH[self.driver] % 1)
        self.assertEqual(expected, self.purge_orphans(dry_run=True))
        self.assertEqual(expected, self.purge_orphans())
        self.assertEqual(self.kept, self.keys())
