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

"""What Heat's own 056, 065 and 079 left when they were killed.

057 is in heat/tests/db/sqlalchemy/ddl/test_rekey_table.py.
"""

import re

from heat.db import api
from heat.tests import base
from heat.tests import clients
from heat.tests.db.sqlalchemy.migration import test_faults

LIVE = ('FROM stack WHERE stack.raw_template_id = raw_template.id '
        'AND stack.deleted_at IS NULL')

# What it sent, in short, one after the other.
ENVIRONMENTS = (
    'ALTER TABLE raw_template ADD environment %(text)s',
    'ALTER TABLE raw_template ADD predecessor INTEGER',
    'ALTER TABLE raw_template ADD CONSTRAINT predecessor_fkey_ref '
    'FOREIGN KEY (predecessor) REFERENCES raw_template (id)',
    'UPDATE raw_template SET environment = (SELECT parameters ' + LIVE + ') '
    'WHERE id < 9',
    'UPDATE raw_template SET environment = (SELECT parameters ' + LIVE + ')',
    'ALTER TABLE stack DROP COLUMN parameters',
)
COPY = (
    'INSERT INTO new_raw_template SELECT NULL, '
    "(SELECT nullif(json_quote(parameters), 'null') " + LIVE + '), '
    'raw_template.* FROM raw_template')
ENVIRONMENTS_ON_SQLITE = (
    '%(new_raw_template)s',
    '%(new_stack)s',
    COPY + ' WHERE id < 9',
    'DELETE FROM new_raw_template',
    COPY,
    'INSERT INTO new_stack (%(columns)s) SELECT %(columns)s FROM stack',
    'DROP TABLE stack',
    'ALTER TABLE new_stack RENAME TO stack',
    'CREATE INDEX ix_stack_name ON stack (name)',
    'CREATE INDEX ix_stack_tenant ON stack (tenant)',
    'DROP TABLE raw_template',
    'ALTER TABLE new_raw_template RENAME TO raw_template',
)
ROOTS = (
    'ALTER TABLE resource ADD root_stack_id VARCHAR(36)',
    'UPDATE resource SET root_stack_id = stack_id WHERE stack_id = '
    '(SELECT MIN(id) FROM stack WHERE owner_id IS NULL)',
    'UPDATE resource SET root_stack_id = stack_id WHERE stack_id IN '
    '(SELECT id FROM stack WHERE owner_id IS NULL)',
    'CREATE INDEX ix_resource_root_stack_id ON resource '
    '(root_stack_id%(prefix)s)',
)
PROPERTIES = (
    'CREATE TABLE resource_properties_data (id %(key)s, '
    'data %(text)s, encrypted BOOLEAN, created_at %(time)s, '
    'updated_at %(time)s%(primary)s',
    'ALTER TABLE resource ADD rsrc_prop_data_id INTEGER',
    'ALTER TABLE resource ADD CONSTRAINT rsrc_rsrc_prop_data_ref FOREIGN KEY '
    '(rsrc_prop_data_id) REFERENCES resource_properties_data (id)',
    'ALTER TABLE event ADD rsrc_prop_data_id INTEGER',
    'ALTER TABLE event ADD CONSTRAINT ev_rsrc_prop_data_ref FOREIGN KEY '
    '(rsrc_prop_data_id) REFERENCES resource_properties_data (id)',
)
PROPERTIES_ON_SQLITE = (
    PROPERTIES[0],
    'DROP INDEX ix_resource_root_stack_id',
    'ALTER TABLE resource RENAME TO migration_tmp',
    '%(resource)s',
    'INSERT INTO resource SELECT NULL, * FROM migration_tmp',
    'DROP TABLE migration_tmp',
    'CREATE INDEX ix_resource_root_stack_id ON resource (root_stack_id)',
    'ALTER TABLE event RENAME TO migration_tmp',
    '%(event)s',
    'INSERT INTO event SELECT NULL, * FROM migration_tmp',
    'DROP TABLE migration_tmp',
)
WORDS = {
    'sqlite': {'text': 'TEXT', 'key': 'INTEGER NOT NULL', 'time': 'DATETIME',
               'prefix': '', 'primary': ', PRIMARY KEY (id))'},
    'mysql': {'text': 'LONGTEXT', 'key': 'INTEGER NOT NULL AUTO_INCREMENT',
              'time': 'DATETIME', 'prefix': '(36)',
              'primary': ', PRIMARY KEY (id)) ENGINE=InnoDB CHARSET=utf8mb3'},
    'postgresql': {'text': 'TEXT', 'key': 'SERIAL', 'time': 'TIMESTAMP',
                   'prefix': '', 'primary': ', PRIMARY KEY (id))'},
}


class HalfDoneTest(test_faults.FaultsTestCase):

    scenarios = base.DBTestCase.scenarios

    def _prepare(self, start, version):
        self.load(start)
        api.db_sync(self.engine, version)

    def _test_every_place(self, start, version, statements, **words):
        """Go on from each place that Heat's own script was killed at.

        :param start: one of Heat's databases
        :param version: what the script came after
        """
        self._prepare(start, version)
        words = {**WORDS[self.driver], **(
            self._tables() if self.driver == 'sqlite' else {})}
        api.db_sync(self.engine)
        expected = self.describe()
        for count in range(1, len(statements) + 1):
            self._prepare(start, version)
            clients.feed(self.engine, ';\n'.join([
                'PRAGMA legacy_alter_table = ON' * (self.driver == 'sqlite'),
                *(text % words for text in statements[:count]), '']))
            self.assertTrue(api.db_status(self.engine).half_applied, count)
            self.assert_finishes(expected)

    def _tables(self):
        """Return the statements that make the tables as they were to be."""
        found = dict(self.select(
            "SELECT name, sql FROM sqlite_master WHERE type = 'table'"))

        def table(name, new_name, *columns):
            return re.sub(r'"?%s"? \(' % name, '%s (%s, ' % (
                new_name, ', '.join(columns)), found[name], count=1)

        reference = ('rsrc_prop_data_id INTEGER CONSTRAINT %s REFERENCES '
                     'resource_properties_data (id)')
        return {
            'new_raw_template': table(
                'raw_template', 'new_raw_template',
                'predecessor INTEGER REFERENCES raw_template (id)',
                'environment TEXT'),
            'new_stack': re.sub(r'"?stack"? \(', 'new_stack (', re.sub(
                r'\bparameters TEXT,?', '', found['stack']), count=1),
            'columns': ', '.join(
                name for _, name, *_ in self.select(
                    'PRAGMA table_info(stack)') if name != 'parameters'),
            'resource': table('resource', 'resource',
                              reference % 'rsrc_rsrc_prop_data_ref'),
            'event': table('event', 'event',
                           reference % 'ev_rsrc_prop_data_ref'),
        }

    def test_056(self):
        self._test_every_place('055', 55, ENVIRONMENTS_ON_SQLITE if
                               self.driver == 'sqlite' else ENVIRONMENTS)

    def test_065(self):
        self._test_every_place('062', 64, ROOTS)

    def test_079(self):
        self._test_every_place('071', 78, PROPERTIES_ON_SQLITE if
                               self.driver == 'sqlite' else PROPERTIES)
