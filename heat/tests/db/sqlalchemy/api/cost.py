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
        return getattr(self, '_cost_on_' + self.driver)(function)

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

    def _cost_on_sqlite(self, function):
        """Count instructions of its virtual machine."""
        hundreds = []
        with autocommit.connection() as connection:
            file = connection.connection.dbapi_connection
        file.set_progress_handler(lambda: hundreds.append(1), 100)
        function()
        file.set_progress_handler(None, 100)
        return len(hundreds)

    def _cost_on_mysql(self, function):
        before = self._rows_read()
        function()
        return self._rows_read() - before

    def _rows_read(self):
        with autocommit.connection() as connection:
            return sum(int(row[1]) for row in connection.exec_driver_sql(
                "SHOW SESSION STATUS LIKE 'Handler_read%%'"))

    def _cost_on_postgresql(self, function):
        function()
