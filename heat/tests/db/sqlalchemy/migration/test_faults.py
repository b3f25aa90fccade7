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

"""What db_sync does when the database fails it, or was left half way."""

import contextlib
import re

from oslo_db import exception as db_exception
import sqlalchemy as sa

from heat.db import api
from heat.db import exception
from heat.tests import base
from heat.tests import clients
from heat.tests.cmd import test_db_sync_options
from heat.tests import databases
from heat.tests import schema


class FaultsTestCase(base.DBTestCase):

    def load(self, version):
        databases.empty(self.engine)
        databases.load(self.engine, version)

    def describe(self):
        return schema.describe(self.engine), schema.rows(self.engine)

    def undisturbed(self, version):
        """Return what db_sync makes of a database, and load it again."""
        self.load(version)
        api.db_sync(self.engine)
        expected = self.describe()
        self.load(version)
        return expected

    def assert_finishes(self, expected, version=None):
        """Assert that db_sync makes what it makes of an undisturbed one."""
        api.db_sync(self.engine, version)
        for wanted, found in zip(expected, self.describe()):
            self.assertEqual({}, schema.difference(wanted, found))


@base.only_on('mysql', 'postgresql')
class LostConnectionTest(FaultsTestCase):

    def test_a_change_fails(self):
        expected = self.undisturbed('046')
        for start in ('UPDATE stack ',
                      'CREATE TABLE stack_tag', 'ALTER TABLE stack DROP',
                      'ALTER TABLE stack ADD COLUMN prev_raw_template_id',
                      'ALTER TABLE stack ADD CONSTRAINT',
                      'UPDATE migrate_version SET version=%(version)s'):
            self.load('046')
            with self._hit(start):
                self.assertRaises(db_exception.DBError,
                                  api.db_sync, self.engine)
            self.assertIsNone(api.db_status(self.engine).claim)
            self.assert_finishes(expected)

    def test_a_claim_is_made_or_given_up_again(self):
        expected = self.undisturbed('054')
        for start in 'INSERT INTO', 'DELETE FROM':
            self.load('054')
            with self._hit(start + ' migrate_version'):
                self.assert_finishes(expected)

    def test_what_comes_of_it_is_told(self):
        """Whatever is sent, and also where SQLAlchemy's filters are not."""
        for start in {'mysql': ('SHOW CREATE TABLE', 'SET @heat_sql_mode',
                                'SET SESSION', 'CREATE INDEX'),
                      'postgresql': ('SELECT a.attname', 'SET lock_timeout',
                                     'RESET lock_timeout', 'CREATE INDEX'),
                      }[self.driver]:
            for moment in 'before_cursor_execute', 'after_cursor_execute':
                self.load('054')
                with self._hit(start, moment):
                    self.assertRaises(db_exception.DBConnectionError,
                                      api.db_sync, self.engine)

    @contextlib.contextmanager
    def _hit(self, start, moment='before_cursor_execute'):
        """Let the server end a connection that sends a statement."""
        hits = []

        def hit(conn, cursor, statement, *args):
            if statement.lstrip().startswith(start) and not hits:
                hits.append(statement)
                self._end(conn.connection.connection)

        sa.event.listen(self.engine, moment, hit)
        try:
            yield
        finally:
            sa.event.remove(self.engine, moment, hit)
        self.assertEqual(1, len(hits), start)

    def _end(self, connection):
        other = sa.create_engine(self.engine.url)
        kill, number = {
            'mysql': ('KILL CONNECTION %d', 'thread_id'),
            'postgresql': ('SELECT pg_terminate_backend(%d)',
                           'get_backend_pid')}[self.driver]
        with other.connect() as conn:
            conn.exec_driver_sql(kill % getattr(connection, number)())
        other.dispose()


@base.only_on('sqlite')
class DiskFullTest(FaultsTestCase):

    def test_disk_full(self):
        expected = self.undisturbed('046')
        pages = self.select('PRAGMA page_count')[0][0]
        failed = [more for more in range(0, 120, 6)
                  if self._fails_at(pages + more)]
        # It failed at several places, and finished with what it needs.
        self.assertGreater(len(failed), 3)
        self.assertLess(len(failed), 20)
        self.load('046')
        self.assertTrue(self._fails_at(pages + failed[-1]))
        self.assert_finishes(expected)

    def _fails_at(self, pages):
        """Go on, with a file of at most so many pages."""
        def limit(connection, record):
            connection.execute('PRAGMA max_page_count = %d' % pages)

        self.engine.dispose()
        sa.event.listen(self.engine, 'connect', limit)
        try:
            api.db_sync(self.engine)
            return False
        except db_exception.DBError as error:
            self.assertIn('database or disk is full', str(error))
            return True
        finally:
            sa.event.remove(self.engine, 'connect', limit)
            self.engine.dispose()
            self.assertEqual([('ok',)],
                             self.select('PRAGMA integrity_check'))


class ReadOnlyTest(test_db_sync_options.OptionsTestCase):

    REASONS = {'sqlite': 'attempt to write a readonly database',
               'mysql': 'Cannot execute statement in a READ ONLY transaction',
               'postgresql': 'in a read-only transaction'}

    def test_one_clear_line_and_nothing_changed(self):
        for version in None, '046', '054':
            databases.empty(self.engine)
            if version:
                databases.load(self.engine, version)
            before = self.describe()
            line = self.assert_refused('db_sync', connection=self.read_only())
            self.assertIn(self.REASONS[self.driver], line)
            self.assertEqual(before, self.describe())


@base.only_on('sqlite')
class KilledCopyTest(FaultsTestCase):
    """Heat's own scripts copied stack on SQLite, and were killed at it."""

    # Rows that were copied, and how many of the statements after them.
    PLACES = ((0, 0), (13, 0), (1000, 0), (1000, 1), (1000, 2), (1000, 3),
              (1000, 4))
    AFTER_THE_COPY = ('DROP TABLE stack',
                      'ALTER TABLE stack__tmp__ RENAME TO stack',
                      'CREATE INDEX ix_stack_name ON stack (name)',
                      'CREATE INDEX ix_stack_tenant ON stack (tenant)')

    def test_055(self):
        self._test_every_place(lambda: self.load('054'), '055')

    def test_054(self):
        def prepare():
            self.load('046')
            api.db_sync(self.engine, 53)
            self.execute("UPDATE stack SET tags = '[\"a\", \"b\"]' "
                         'WHERE backup = 0')

        self._test_every_place(prepare, '054', self._sql('054', 'stack_tag'),
                               *(
            "INSERT INTO stack_tag (tag, stack_id) SELECT '%s', id FROM stack "
            'WHERE backup = 0' % tag for tag in 'ab'))

    def _test_every_place(self, prepare, made, *before_the_copy):
        """Go on from each place that a script was killed at.

        :param prepare: makes the database at the version before
        :param made: the version that the script made
        """
        create = re.sub('"?stack"?', 'stack__tmp__', self._sql(made, 'stack'),
                        count=1)
        prepare()
        columns = ', '.join(
            column['name'] for column in
            sa.inspect(self.engine).get_columns('stack')
            if re.search(r'\b%s\b' % column['name'], create))
        api.db_sync(self.engine, int(made))
        expected = self.describe()
        for rows, more in self.PLACES:
            prepare()
            clients.feed(self.engine, ';\n'.join((
                *before_the_copy, create,
                'INSERT INTO stack__tmp__ ({0}) SELECT {0} FROM stack LIMIT '
                '{1}'.format(columns, rows), *self.AFTER_THE_COPY[:more])))
            self.assertTrue(api.db_status(self.engine).half_applied)
            self.assert_finishes(expected, int(made))

    def _sql(self, version, table):
        self.load(version)
        return self.select('SELECT sql FROM sqlite_master '
                           "WHERE name = '%s'" % table)[0][0]

    def describe(self):
        tables, rows = super().describe()
        # Numbers and times of what was moved twice are others.
        rows['stack_tag'] = sorted((row['stack_id'], row['tag'])
                                   for row in rows.get('stack_tag', ()))
        return tables, rows


class WrongColumnTest(FaultsTestCase):

    COLUMNS = (('current_traversal', 'TEXT'),
               ('current_traversal', 'VARCHAR(20)'),
               ('prev_raw_template_id', 'BIGINT'),
               ('prev_raw_template_id', 'VARCHAR(36)'),
               ('current_deps', 'VARCHAR(255)'))

    def test_is_named_and_nothing_is_changed(self):
        expected = self.undisturbed('054')
        for column, kind in self.COLUMNS:
            self.execute('ALTER TABLE stack ADD %s %s' % (column, kind))
            before = self.describe()
            self.assertRaisesRegex(
                exception.MigrationError,
                r'\Acolumn %s of table stack is there already, as %s.*; '
                r'drop it and run db_sync again\Z' % (
                    column, re.escape(kind).replace(
                        'VARCHAR', '(VARCHAR|CHARACTER VARYING)')),
                api.db_sync, self.engine)
            self.assertEqual(before, self.describe())
            self.execute('ALTER TABLE stack DROP COLUMN ' + column)
        self.assert_finishes(expected)
