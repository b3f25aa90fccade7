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


"""Heat 25 takes over a database that db_sync has brought to 086.

It is installed in an environment of its own: see tools/heat-venv.sh.
"""

import json
import os
import pickle
import subprocess

import fixtures
import sqlalchemy as sa
from sqlalchemy import orm

from heat.db import api
from heat.db.sqlalchemy.migration import indexes
from heat.db.sqlalchemy import models
from heat.tests import base
from heat.tests import databases
from heat.tests import schema

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
PROGRAMS = os.path.join(ROOT, '.tox', 'heat25', 'bin')
HANDED_OVER = 'c6214ca60943'

# What db_sync makes and Heat does not: 055 makes them, as the other engines
# lack what MySQL makes for a foreign key.
INDEXES_OF_055 = {
    ('stack', 'index', repr(([column], False, None)))
    for column in ('prev_raw_template_id', 'raw_template_id')}

# Prints {table: [row, ...]} of all rows, as dict() makes of them.
READ = '''
import json
import os
import warnings
warnings.simplefilter('ignore')
from heat.db import models
import sqlalchemy as sa
from sqlalchemy import orm
engine = sa.create_engine(os.environ['OS_DATABASE__CONNECTION'])
with orm.Session(engine) as session:
    print(json.dumps({mapper.local_table.name: [
        dict(row)
        for row in session.execute(sa.select(mapper.class_)).scalars()]
        for mapper in models.BASE.registry.mappers}, default=str))
'''


def _sorted(rows):
    return sorted(json.dumps(row, default=str, sort_keys=True)
                  for row in rows)


class Heat25TestCase(base.DBTestCase):

    def run_program(self, name, *args, **options):
        """Run a program of Heat 25, and return what it prints.

        :param options: of [DEFAULT]
        """
        path = os.path.join(PROGRAMS, name)
        self.assertTrue(os.path.exists(path),
                        'run tools/heat-venv.sh: there is no ' + path)
        env = {name: value for name, value in os.environ.items()
               if not name.startswith(('OS_', 'PYTHON'))}
        env['OS_DATABASE__CONNECTION'] = self.engine.url.render_as_string(
            hide_password=False)
        env.update({'OS_DEFAULT__' + option.upper(): value
                    for option, value in options.items()})
        result = subprocess.run(
            (path,) + args, env=env, text=True, capture_output=True,
            cwd=self.useFixture(fixtures.TempDir()).path)
        self.assertEqual(0, result.returncode, result.stderr)
        return result.stdout


class Heat25Test(Heat25TestCase):

    def heats_db_sync(self):
        self.run_program('heat-manage', 'db_sync')
        self.assertEqual([(HANDED_OVER,)], self.select(
            'SELECT version_num FROM alembic_version'))

    def describe(self):
        """Return what a schema is, whatever keys and indexes are called.

        Its own tables are compared; migrate_version is not one of them.
        """
        return {
            (table, kind) + ((name, self._column(what)) if kind == 'column'
                             else (repr(what),))
            for (table, kind, name), what in
            schema.describe(self.engine).items()
            if table in models.Base.metadata.tables and
            kind not in ('sequence', 'table')}

    def _column(self, what):
        """A sequence has another name, and then it is in no column."""
        type_, nullable, default, _autoincrement = what
        return type_, nullable, str(default).startswith('nextval') or default

    def test_same_schema_as_heat_makes_from_nothing(self):
        self.heats_db_sync()
        theirs = self.describe()
        self.assertEqual(86, api.db_version(self.engine))
        self.assertEqual([], [line for line in api.db_drift(self.engine)
                              if not line.startswith('missing index ix_')])
        databases.empty(self.engine)
        api.db_sync(self.engine, with_indexes=False)
        self.heats_db_sync()
        self.assertEqual(
            set() if self.driver == 'mysql' else INDEXES_OF_055,
            theirs ^ self.describe())

    def test_takes_over(self):
        """From the oldest database, through this package, to Heat 25."""
        databases.load(self.engine, '046')
        api.db_sync(self.engine)
        ours = self.describe()
        self.heats_db_sync()
        self.assertEqual(set(), ours ^ self.describe())
        self.assertEqual([], api.db_drift(self.engine))
        self.assertEqual([], api.db_sync(self.engine))
        self.assert_same_rows()

    def test_reads_what_it_has_read_before(self):
        databases.load(self.engine, '086')
        api.db_sync(self.engine)
        self.heats_db_sync()
        self.assert_same_rows()

    def test_index_in_a_database_that_heat_made(self):
        self.heats_db_sync()
        step, = api.db_sync(self.engine)
        self.assertEqual('indexes', step.name)
        self.heats_db_sync()
        self.assertEqual([], indexes.missing(self.engine))
        self.assertEqual([], api.db_drift(self.engine))

    def test_repairs_what_heat_has_stamped_unseen(self):
        databases.load(self.engine, '046')
        api.db_sync(self.engine, 62)
        self.heats_db_sync()
        self.assertEqual(62, api.db_version(self.engine))
        api.db_sync(self.engine, repair_stamp=True)
        self.heats_db_sync()
        self.assertEqual([], api.db_drift(self.engine))
        self.assert_same_rows()

    def assert_same_rows(self):
        """Assert that Heat reads by its models what ours read."""
        theirs = json.loads(self.run_program('python', '-c', READ))
        with orm.Session(self.engine) as session:
            ours = {
                mapper.local_table.name: [
                    self._values(row) for row in session.execute(
                        sa.select(mapper.class_)).scalars()]
                for mapper in models.Base.registry.mappers}
        self.assertEqual(set(theirs), set(ours))
        for table in ours:
            self.assertEqual(_sorted(theirs[table]), _sorted(ours[table]))

    def _values(self, row):
        values = dict(row)
        if values.get('resource_properties') is not None:
            # The tests know where they come from.
            values['resource_properties'] = pickle.loads(
                values['resource_properties'])
        return values
