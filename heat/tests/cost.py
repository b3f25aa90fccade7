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
"""What calls cost the server, as it counts it itself."""

from heat.db.sqlalchemy.engine import autocommit
from heat.tests import base


class CostTestCase(base.APITestCase):
    """The only connection is that of the test: what it costs is counted."""

    def cost(self, function):
        """Call a function, and return what it cost.

        :returns: rows read on MySQL, hundreds of instructions on SQLite; None
            on PostgreSQL, which counts for single statements alone
        """
        if self.driver != 'postgresql':
            return cost(self.driver, function)
        function()

    def analyze(self, *models):
        """Let the server know what is stored, and not what a test before had.

        Costs are counted for a connection: afterwards there is no other.
        """
        for table in [model.__tablename__ for model in models]:
            if self.driver == 'mysql':
                # Of some pages only, the statistics are another each time.
                self.execute('ALTER TABLE %s STATS_SAMPLE_PAGES = 10000' %
                             table)
            self.execute('%s %s' % ('ANALYZE TABLE' if self.driver == 'mysql'
                                    else 'ANALYZE', table))
        if self.driver == 'sqlite':
            # The next test has the same file, and other rows.
            self.addCleanup(self.execute, 'DELETE FROM sqlite_stat1')
        self.engine.dispose()


def cost(driver, function):
    """Call a function, and return what it cost on the only connection.

    :returns: rows read on MySQL; rows and entries of indexes read in the
        whole database on PostgreSQL; hundreds of instructions on SQLite
    """
    if driver == 'sqlite':
        return _instructions(function)
    read = {'mysql': _read_on_mysql, 'postgresql': _read_on_postgresql}[driver]
    before = read()
    function()
    return read() - before


def _instructions(function):
    """Count instructions of SQLite's virtual machine."""
    hundreds = []
    with autocommit.connection() as connection:
        file = connection.connection.dbapi_connection
    file.set_progress_handler(lambda: hundreds.append(1), 100)
    function()
    file.set_progress_handler(None, 100)
    return len(hundreds)


def _read_on_mysql():
    with autocommit.connection() as connection:
        return sum(int(row[1]) for row in connection.exec_driver_sql(
            "SHOW SESSION STATUS LIKE 'Handler_read%%'"))


def _read_on_postgresql():
    with autocommit.connection() as connection:
        # Otherwise it may tell a second later.
        connection.exec_driver_sql('SELECT pg_stat_force_next_flush()')
        return int(connection.exec_driver_sql(
            'SELECT (SELECT sum(seq_tup_read) FROM pg_stat_user_tables) + '
            '(SELECT sum(idx_tup_read) FROM pg_stat_user_indexes)').scalar())
