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

"""heat-manage purge_deleted --replica."""

import contextlib
import os
import shutil
import sqlite3

import sqlalchemy as sa

from heat.cmd import exits
from heat.tests import base
from heat.tests.cmd import command
from heat.tests.db.sqlalchemy.maintenance import aged

LOOKS = 3


class ReplicaTestCase(command.CommandTestCase):

    def setUp(self):
        super().setUp()
        database = aged.Database()
        for _ in range(2):
            aged.one_of_all(database, aged.OLD)
        database.add('raw_template')
        database.store(self.engine)

    def stacks(self):
        return len(aged.keys(self.engine)['stack'])

    def purge(self, url, *args, before=command.forget_engine):
        """Return the Result of a purge that waits for a replica."""
        return self.run_command(
            'purge_deleted', '-b', '1', '--replica', *args, before=before,
            OS_DATABASE__SLAVE_CONNECTION=url)


class ReplicaTest(ReplicaTestCase):

    def test_one_that_is_not_behind(self):
        """It has what the server has: it is the same database."""
        result = self.purge(self.engine.url.render_as_string(
            hide_password=False) + '?', '--orphans')
        self.assertEqual(0, result.status, result.stderr)
        self.assertNotIn('waiting', result.stderr)
        self.assertEqual(0, self.stacks())

    def test_errors_name_it(self):
        """And before anything is deleted."""
        for url, name, reason in (
                ('mysql+pymysql://heat:secret@127.0.0.1:1/heat',
                 'mysql+pymysql://heat:***@127.0.0.1:1/heat: ', 'refused'),
                ('mysql+pymysql://heat:secret@127.0.0.1',
                 '[database] slave_connection', 'names no database'),
                ('postgresql+psycopg2://127.0.0.1:1/heat?password=secret&'
                 'options=secret', 'psycopg2://127.0.0.1:1/heat: ',
                 'refused'),
                ('secret', '[database] slave_connection', 'is not a URL')):
            result = self.purge(url)
            self.assertEqual((1, ''), (result.status, result.stdout))
            self.assertIn(name, result.stderr)
            self.assertIn(reason, result.stderr)
            self.assertNotIn('secret', result.stderr)
            self.assertEqual(2, self.stacks())

    def test_none_is_configured(self):
        self.assertIn('set [database] slave_connection', self.assert_refused(
            'purge_deleted', '--replica', before=command.forget_engine))
        self.assertEqual(2, self.stacks())


@base.only_on('sqlite')
class BehindTest(ReplicaTestCase):
    """A copy of the file does nothing of what is done to it."""

    def setUp(self):
        super().setUp()
        self.engine.dispose()
        self.replica = os.path.join(self.directory, 'replica.sqlite')
        shutil.copy(self.engine.url.database, self.replica)

    def execute_there(self, statement):
        with contextlib.closing(sqlite3.connect(self.replica)) as conn, conn:
            return conn.execute(statement).fetchall()

    def test_waits(self):
        looks = []

        def look(conn, cursor, statement, *args):
            """Let the replica do what the server did, when it was asked."""
            if 'stack' in statement and (
                    conn.engine.url.database == self.replica):
                looks.append(statement)
                if len(looks) == LOOKS:
                    self.execute_there('DELETE FROM stack')

        def listen():
            command.forget_engine()
            sa.event.listen(sa.engine.Engine, 'before_cursor_execute', look)

        result = self.purge('sqlite:///' + self.replica, before=listen)
        self.assertEqual(0, result.status, result.stderr)
        self.assertEqual([], self.execute_there('SELECT id FROM stack'))
        self.assertEqual(0, self.stacks())

    def test_until_the_time_is_over(self):
        result = self.purge('sqlite:///' + self.replica, '--max-time', '6')
        self.assertEqual(exits.MORE, result.status)
        self.assertEqual(1, result.stderr.count(
            'waiting: the replica has not deleted yet'), result.stderr)
        self.assertEqual(1, self.stacks())

    def test_what_it_refuses(self):
        self.execute_there('ALTER TABLE stack RENAME TO other')
        result = self.purge('sqlite:///' + self.replica)
        self.assertEqual(1, result.status)
        self.assertRegex(
            result.stderr.splitlines()[-1],
            r'\Aheat-manage: sqlite:///%s: no such table: stack\Z' %
            self.replica)

    def test_a_dry_run_does_not_wait(self):
        result = self.purge('sqlite:///' + self.replica, '--dry-run')
        self.assertEqual(0, result.status)
        self.assertEqual(2, self.stacks())
