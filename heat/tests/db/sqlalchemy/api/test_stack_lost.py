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

"""Stacks are created and deleted, and the connection is lost."""

import datetime

from oslo_db import exception as db_exception

from heat.db import api
from heat.db import exception
from heat.db.sqlalchemy.engine import facade
from heat.tests.db.sqlalchemy.api import test_lost_connections as lost
from heat.tests.db.sqlalchemy.api.test_lost_connections import OLD
from heat.tests.db.sqlalchemy.api.test_lost_connections import OTHER
from heat.tests.db.sqlalchemy.api.test_lost_connections import STALE
from heat.tests.db.sqlalchemy.api.test_lost_connections import UPDATE
from heat.tests import proxied


class CreateTest(proxied.EachPlaceTestCase):

    def create(self, then=lambda: None, **values):
        template_id = self.create_template().id
        self.lose(self.when, b'INSERT INTO stack', then=then)
        return self.create_stack(
            name='new', raw_template_id=template_id, **values)

    def stacks(self):
        return self.select('SELECT id, name FROM stack')

    def test_created_once(self):
        stack = self.create(current_deps=[[[1, True], None]])
        self.assertEqual([(stack.id, 'new')], self.stacks())
        self.assertEqual(stack.created_at, api.stack_get(
            self.context, stack.id).created_at)

    def test_id_of_the_caller(self):
        self.assertEqual(OLD, self.create(id=OLD).id)
        self.assertEqual([(OLD, 'new')], self.stacks())

    def test_id_of_another_stack(self):
        template_id = self.create_template().id

        def create_other():
            self.execute('DELETE FROM stack')
            self.insert('stack', id=OLD, name='other', disable_rollback=False,
                        raw_template_id=template_id)
        self.assertRaises(db_exception.DBDuplicateEntry, self.create,
                          create_other, id=OLD)
        self.assertEqual([(OLD, 'other')], self.stacks())


class DeleteTest(lost.LostConnectionTestCase):

    scenarios = proxied.EachPlaceTestCase.scenarios

    def setUp(self):
        super().setUp()
        self.stack_id = self.create_stack(
            name='old', current_traversal=OLD).id
        self.insert('resource', id=1, nova_instance='x',
                    stack_id=self.stack_id)

    def requests(self):
        return UPDATE, b'DELETE FROM resource', self.commit

    def restore(self):
        self.execute('UPDATE stack SET deleted_at = NULL')

    def delete(self, exp_trvsl=OLD):
        return api.stack_delete(self.context, self.stack_id, exp_trvsl)

    def test_right(self):
        for request in self.requests():
            for exp_trvsl in (OLD, api.ANY_TRAVERSAL):
                self.lose(self.when, request)
                self.assertIsNone(self.delete(exp_trvsl))
                self.assertIsNone(api.stack_get(self.context, self.stack_id))
                self.assertEqual([], self.select('SELECT id FROM resource'))
                self.assertRaises(exception.NotFound, self.delete)
                self.restore()

    def test_stale(self):
        self.lose(self.when, UPDATE)
        error = self.assertRaises(exception.ConcurrentTransition,
                                  self.delete, STALE)
        self.assertEqual(OLD, error.actual)
        self.assertEqual(1, len(self.select('SELECT id FROM resource')))

    def test_deleted_by_other_meanwhile(self):
        deleted_at = datetime.datetime(2015, 1, 1)

        def delete_by_other():
            self.execute("UPDATE stack SET deleted_at = '%s'" % deleted_at)
        for request in (UPDATE, b'DELETE FROM resource'):
            self.lose(self.when, request, then=delete_by_other)
            self.assertRaises(exception.NotFound, self.delete)
            self.assertEqual([(deleted_at,)], self.select(
                'SELECT deleted_at FROM stack'))
            self.restore()

    def test_other_traversal_meanwhile(self):
        self.lose(self.when, UPDATE,
                  then=lambda: self.start_other_traversal(self.stack_id))
        error = self.assertRaises(exception.ConcurrentTransition, self.delete)
        self.assertEqual(OTHER, error.actual)
        self.assertEqual(1, len(self.select('SELECT id FROM resource')))

    def test_callers_transaction_is_not_repeated(self):
        def delete():
            with facade.context_manager.writer.using(self.context):
                self.delete()
        self.lose(self.when, UPDATE)
        self.assertRaises(db_exception.DBConnectionError, delete)
        self.assertEqual(
            self.stack_id, api.stack_get(self.context, self.stack_id).id)
        self.assertEqual(1, len(self.select('SELECT id FROM resource')))
