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

"""Ending the session of a connection that was lost, and no other."""

import fixtures
from oslo_db import exception as db_exception

from heat.db.sqlalchemy.engine import autocommit
from heat.db.sqlalchemy.engine import lost
from heat.tests import at
from heat.tests import base

OWN_NUMBER = {'mysql': 'SELECT CONNECTION_ID()',
              'postgresql': 'SELECT pg_backend_pid()'}


@base.only_on('mysql', 'postgresql')
class LostTest(base.APITestCase):

    def setUp(self):
        super().setUp()
        # The connections of the test itself do not know.
        self.other = self.useFixture(
            at.At(self.engine.url)).engine.connect()
        self.addCleanup(self.other.close)
        self.session = self.other.info[lost.KEY]

    def end(self, session):
        """Return what is returned, and the statements that it took."""
        with base.recorded_statements(autocommit.get_engine()) as statements:
            with autocommit.connection() as connection:
                return lost.end_session(connection, session), statements

    def assert_lives(self):
        self.assertEqual(self.session.number, self.other.exec_driver_sql(
            OWN_NUMBER[self.driver]).scalar())

    def test_connections_know_their_sessions(self):
        self.assert_lives()
        with autocommit.connection() as connection:
            session = connection.info[lost.KEY]
            self.assertEqual(session.number, connection.exec_driver_sql(
                OWN_NUMBER[self.driver]).scalar())
        self.assertEqual(self.session.server, session.server)
        self.assertNotEqual(self.session, session)

    def test_is_ended(self):
        self.assertIs(True, self.end(self.session)[0])
        self.assertRaises(db_exception.DBConnectionError, self.assert_lives)

    def test_has_ended(self):
        self.other.invalidate()
        self.end(self.session)
        done, statements = self.end(self.session)
        self.assertIs(True, done)
        self.assertEqual(1, len(statements))

    def test_another_session_with_its_number(self):
        former = {'mysql': '127.0.0.1:1', 'postgresql': '2015-01-01'}
        self.assertIs(True, self.end(self.session._replace(
            mark=former[self.driver]))[0])
        self.assert_lives()

    def test_another_server(self):
        self.assertEqual((False, []), self.end(
            self.session._replace(server='another')))
        self.assert_lives()

    def test_unknown(self):
        self.assertEqual((False, []), self.end(None))

    def test_does_not_end(self):
        self.useFixture(fixtures.MonkeyPatch(
            'heat.db.sqlalchemy.engine.lost.PATIENCE', -1))
        error = self.assertRaises(db_exception.DBConnectionError, self.end,
                                  self.session)
        self.assertIn(str(self.session.number), str(error))
        self.assert_lives()
