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

"""heat-manage service, as scripts know it."""

import datetime

from heat.db import api
from heat.db.sqlalchemy.maintenance import services
from heat.db.sqlalchemy import models
from heat.tests.cmd import command
from heat.tests.cmd import test_hostile_input

HEADER = ('Hostname         Binary           Engine_Id' + 28 * ' ' +
          'Host       Topic      Status     Updated At\n')


class ServiceTest(command.CommandTestCase):

    def create(self, engine_id, ago=None, **values):
        """Store a service that was created, or has reported, seconds ago."""
        if ago is not None:
            values['updated_at'] = models.now() - datetime.timedelta(
                seconds=ago)
        return api.service_create(self.context, {
            'engine_id': engine_id, 'host': 'host', 'hostname': 'hostname',
            'binary': 'heat-engine', 'topic': 'engine',
            'report_interval': 60, **values})

    def engines(self):
        return {service.engine_id
                for service in api.service_get_all(self.context)}

    def test_list_none(self):
        self.assertEqual(HEADER, self.assert_done('service', 'list'))

    def test_list(self):
        alive = self.create('alive', 60)
        self.create('dead', 180)
        header, *lines = self.assert_done('service', 'list').splitlines()
        self.assertEqual(HEADER, header + '\n')
        self.assertEqual(
            {'hostname         heat-engine      alive' + 32 * ' ' +
             'host       engine     up         %s' % alive.updated_at},
            {line for line in lines if ' dead ' not in line})
        self.assertEqual(['down'], [line.split()[5] for line in lines
                                    if ' dead ' in line])

    def test_list_as_json(self):
        created = self.create('new')
        self.assertEqual({'services': [{
            'id': created.id, 'hostname': 'hostname', 'binary': 'heat-engine',
            'engine_id': 'new', 'host': 'host', 'topic': 'engine',
            'report_interval': 60, 'created_at': str(created.created_at),
            'updated_at': None, 'status': 'up'}]},
            self.assert_done_as_json('service', 'list'))

    def test_clean(self):
        for ago in (0, 100, 150, 10 ** 7):
            self.create('after %d' % ago, ago)
        self.create('new')
        long_ago = datetime.datetime(2015, 1, 1)
        self.create('never heard of', created_at=long_ago)
        *removed, last = self.assert_done('service', 'clean').splitlines()
        self.assertEqual('Dead engines are removed.', last)
        self.assertEqual(3, len(removed))
        self.assertIn('Removed: hostname heat-engine never heard of, last '
                      'heard of at 2015-01-01 00:00:00', removed)
        self.assertEqual({'after 0', 'after 100', 'new'}, self.engines())
        self.assertEqual([(3,)], self.select(
            'SELECT count(*) FROM service WHERE deleted_at IS NOT NULL'))
        self.assertEqual(last + '\n', self.assert_done('service', 'clean'))

    def test_clean_as_json(self):
        dead = self.create('dead', 10 ** 6)
        removed, = self.assert_done_as_json('service', 'clean')['removed']
        self.assertEqual((dead.id, 'down'),
                         (removed['id'], removed['status']))

    def test_one_that_reports_meanwhile_stays(self):
        dead = self.create('dead', 10 ** 6)
        late = [self.create('late', 10 ** 6).id]

        def report(conn, cursor, statement, *args):
            if late and statement.startswith('UPDATE service'):
                api.service_update(self.context, late.pop(),
                                   {'deleted_at': None})

        self.listen('before_cursor_execute', report)
        self.assertEqual([dead.id], [
            row.id for row in services.service_clean(self.context)])
        self.assertEqual({'late'}, self.engines())

    def test_hostile_names(self):
        self.create('dead', 10 ** 6, hostname=test_hostile_input.HOSTILE[:-1])
        for action in 'list', 'clean':
            self.assertIn(test_hostile_input.ESCAPED[:-4],
                          self.assert_done('service', action))


class RefusedTest(command.CommandTestCase):

    def test_what_makes_no_sense(self):
        for argv in ((), ('remove',), ('list', 'clean'), ('',)):
            result = self.run_command('service', *argv)
            self.assertEqual((2, ''), (result.status, result.stdout))
            self.assertNotIn('Traceback', result.stderr)

    def test_older_database(self):
        self.execute('UPDATE migrate_version SET version = 85 '
                     "WHERE repository_id = 'heat'")
        self.addCleanup(self.execute, 'UPDATE migrate_version SET version = '
                        "86 WHERE repository_id = 'heat'")
        for action in 'list', 'clean':
            self.assertIn('run heat-manage db_sync',
                          self.assert_refused('service', action))
