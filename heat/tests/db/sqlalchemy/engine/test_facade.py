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
"""Engines that Heat makes, and who listens to them."""

import logging
import os
import stat

import fixtures
from oslo_db import exception as db_exception
import sqlalchemy as sa
import testtools

from heat.db import api
from heat.db import exception
from heat.db.sqlalchemy.engine import autocommit
from heat.tests import at
from heat.tests import base


class ListenersTest(base.APITestCase):

    def test_before_and_after_each_statement(self):
        stack_id = self.create_stack().id
        heard = []

        def before(conn, cursor, statement, parameters, context, many):
            heard.append(statement)
            context.heard = statement
            return statement + ' -- traced', parameters

        def after(conn, cursor, statement, parameters, context, many):
            heard.append((context.heard, statement))

        self.listen('before_cursor_execute', before, retval=True)
        self.listen('after_cursor_execute', after)
        self.assertIs(True, api.stack_update(
            self.context, stack_id, {'name': 'new'}))
        self.assertEqual('new', api.stack_get(self.context, stack_id).name)
        self.assertEqual(0, len(heard) % 2)
        self.assertIn('UPDATE stack', heard[0])
        for statement, later in zip(heard[::2], heard[1::2]):
            self.assertEqual((statement, statement + ' -- traced'), later)

    def test_log(self):
        """As with [database] connection_debug = 50."""
        log = self.useFixture(fixtures.FakeLogger(
            'sqlalchemy.engine', level=logging.INFO))
        stack_id = self.create_stack().id
        api.stack_update(self.context, stack_id, {'name': 'new'})
        api.stack_get(self.context, stack_id)
        api.event_create(self.context, {'stack_id': stack_id})
        for start in 'UPDATE stack', 'SELECT stack.', 'INSERT INTO event':
            self.assertIn(start, log.output)

    def test_errors(self):
        heard = []
        self.listen('handle_error', heard.append)
        stack_id = self.create_stack().id
        self.assertRaises(exception.InvalidValues, api.stack_update,
                          self.context, stack_id, {'raw_template_id': 0})
        self.assertEqual(1, len(heard))

    def test_parameters_are_not_shown(self):
        template_id = self.create_template().id
        for engine in self.engine, autocommit.get_engine():
            with engine.connect() as connection:
                error = self.assertRaises(
                    db_exception.DBDuplicateEntry, connection.execute,
                    sa.text('INSERT INTO raw_template (id, template) '
                            'VALUES (:id, :template)'),
                    {'id': template_id, 'template': 'sekret'})
                self.assertNotIn('sekret', str(error))


class FileTest(testtools.TestCase):

    def test_is_made_for_its_owner_alone(self):
        directory = self.useFixture(fixtures.TempDir()).path
        for name, url in (('x', 'sqlite:///%s/x'),
                          ('y z', 'sqlite:///file:%s/y%%20z?uri=true')):
            api.db_sync(self.useFixture(at.At(url % directory)).engine)
            self.assertEqual(0o600, stat.S_IMODE(os.stat(
                os.path.join(directory, name)).st_mode))

    def test_stays_as_it_is(self):
        path = os.path.join(self.useFixture(fixtures.TempDir()).path, 'x')
        open(path, 'w').close()
        os.chmod(path, 0o640)
        api.db_sync(self.useFixture(at.At('sqlite:///' + path)).engine)
        self.assertEqual(0o640, stat.S_IMODE(os.stat(path).st_mode))
