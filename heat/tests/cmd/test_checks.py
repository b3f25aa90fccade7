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

"""What heat-status says of rows and of servers."""

import types

from oslo_utils import timeutils

from heat.cmd.checks import rows
from heat.cmd.checks import server
from heat.cmd import common
from heat.common.config import CONF
from heat.db import api
from heat.tests import at
from heat.tests import base

SUCCESS, WARNING = 0, 1


class CheckTestCase(base.APITestCase):

    def setUp(self):
        super().setUp()
        # It registers what is set here.
        common.prepare([])
        self.command = types.SimpleNamespace(
            engine=self.engine, status=api.db_status(self.engine))

    def set(self, **options):
        for name, value in options.items():
            CONF.set_override(name, value, 'database')
            self.addCleanup(CONF.clear_override, name, 'database')

    def assert_result(self, code, text, check):
        result = check(self.command)
        self.assertEqual(code, result.code, result.details)
        self.assertIn(text, result.details)


class RowsTest(CheckTestCase):

    def create_orphans(self, number):
        for _number in range(number):
            self.create_template()

    def test_deleted(self):
        for number in range(3):
            api.service_delete(self.context, api.service_create(
                self.context, {
                    'id': 'service-%d' % number, 'engine_id': 'engine',
                    'host': 'host', 'hostname': 'host', 'binary': 'engine',
                    'topic': 'topic', 'report_interval': 60}).id)
        self.assert_result(SUCCESS, ': service 3, stack 0.', rows.deleted)
        self.patch(rows, 'MOST_DELETED', 3)
        self.assert_result(
            WARNING, ': service 3 or more, stack 0. heat-manage '
            'purge_deleted removes', rows.deleted)

    def test_orphans(self):
        self.create_orphans(2)
        self.create_properties(a=1)
        self.assert_result(
            SUCCESS, ': raw_template 2, resource_properties_data 1, among '
            'the 100000 ', rows.orphans)
        self.patch(rows, 'MOST_ORPHANS', 2)
        self.assert_result(WARNING, ': raw_template 2 or more, ',
                           rows.orphans)

    def test_version_that_is_not_the_newest(self):
        self.command.status = None
        self.assert_result(WARNING, 'Not counted', rows.orphans)

    @base.only_on('sqlite')
    def test_largest_without_statistics(self):
        self.assert_result(SUCCESS, 'SQLite keeps no statistics.',
                           rows.largest)

    @base.only_on('postgresql')
    def test_largest_before_statistics(self):
        self.execute('CREATE TABLE restored (id INTEGER)')
        self.addCleanup(self.execute, 'DROP TABLE restored')
        self.patch(rows, 'LARGEST', 100)
        self.assert_result(SUCCESS, 'restored: an unknown number of rows, 0.',
                           rows.largest)

    @base.only_on('mysql', 'postgresql')
    def test_largest(self):
        self.create_orphans(3)
        with self.engine.connect().execution_options(
                isolation_level='AUTOCOMMIT') as conn:
            conn.exec_driver_sql({'mysql': 'ANALYZE TABLE raw_template'}.get(
                self.driver, 'ANALYZE raw_template')).close()
        self.patch(rows, 'LARGEST', 100)
        self.assert_result(SUCCESS, 'raw_template: about 3 rows, 0.',
                           rows.largest)


class ServerTest(CheckTestCase):

    def create_engine(self, number, **values):
        api.service_create(self.context, {
            'id': 'service-%d' % number, 'engine_id': 'engine', 'host': 'h',
            'hostname': 'h', 'binary': 'b', 'topic': 't',
            'report_interval': 60, **values})

    @base.only_on('sqlite')
    def test_connections_without_a_server(self):
        self.set(max_overflow=100000)
        self.assert_result(SUCCESS, 'SQLite has no limit.',
                           server.connections)

    @base.only_on('mysql', 'postgresql')
    def test_connections(self):
        for number in range(3):
            self.create_engine(number)
        self.create_engine(3, created_at=timeutils.parse_strtime(
            '2015-01-01 00:00:00', '%Y-%m-%d %H:%M:%S'))
        self.set(max_pool_size=2, max_overflow=3)
        self.assert_result(SUCCESS, '3 engines are alive, and each may open '
                           '5 connections ', server.connections)
        self.set(max_overflow=90)
        self.assert_result(WARNING, ' 92 connections', server.connections)
        self.set(max_overflow=-1)
        self.assert_result(WARNING, 'sets no limit', server.connections)

    @base.only_on('mysql', 'postgresql')
    def test_connections_of_an_engine_that_is_to_start(self):
        self.set(max_overflow=100000)
        self.assert_result(WARNING, '0 engines are alive, and each may open '
                           '100005 ', server.connections)

    def test_durability(self):
        self.assert_result(SUCCESS, 'A COMMIT waits', server.durability)

    @base.only_on('postgresql')
    def test_commit_that_does_not_wait(self):
        self.command.engine = self.useFixture(at.At(
            self.engine.url.update_query_dict(
                {'options': '-c synchronous_commit=off'}))).engine
        self.assert_result(WARNING, 'synchronous_commit = off: a crash',
                           server.durability)

    def test_reads(self):
        self.assert_result(SUCCESS, 'Galera cluster only',
                           server.cluster_reads)
