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
"""A tenant has one live stack of a name at each owner."""

import collections
import datetime
import functools
import threading
import uuid

from heat.common import context
from heat.db import api
from heat.db import exception
from heat.db.sqlalchemy.engine import facade
from heat.tests import at
from heat.tests import base
from heat.tests import proxied
from heat.tests import remote

ROUNDS = 5
CREATORS = 5
OTHER = '33333333-3333-4333-8333-333333333333'
INSERT = 'INSERT INTO stack'
WITHDRAW = 'DELETE FROM stack WHERE'


class StackNameTestCase(base.APITestCase):

    def setUp(self):
        super().setUp()
        self.template_id = self.create_template().id

    def create(self, name='web', **values):
        return self.create_stack(
            name=name, raw_template_id=self.template_id, **values).id

    def insert_other(self, **values):
        """Insert a stack as one who does not look."""
        self.insert('stack', id=OTHER, tenant='tenant',
                    disable_rollback=False, raw_template_id=self.template_id,
                    **{'name': 'web', **values})

    def assert_exists(self, stack_id, **values):
        before = self.ids()
        error = self.assertRaises(exception.StackExists, self.create, **values)
        self.assertEqual(('web', stack_id),
                         (error.stack_name, error.stack_id))
        self.assertIsInstance(error, exception.LostSwap)
        self.assertEqual(before, self.ids())

    def ids(self):
        return sorted(self.select('SELECT id FROM stack'))


class StackNameTest(StackNameTestCase):

    def test_twice(self):
        self.assert_exists(self.create())

    def test_twice_at_an_owner(self):
        top = self.create()
        nested = self.create(owner_id=top)
        self.assert_exists(nested, owner_id=top)
        self.assert_exists(top)

    def test_twice_without_a_tenant(self):
        self.assert_exists(self.create(tenant=None), tenant=None)

    def test_backup(self):
        top = self.create()
        self.create('web*', owner_id=top, backup=True)
        self.assertRaises(exception.StackExists, self.create, 'web*',
                          owner_id=top, backup=True)

    def test_others_may_have_it(self):
        top = self.create()
        for values in ({'tenant': 'other'}, {'tenant': None},
                       {'owner_id': top}, {'name': 'Web'},
                       {'name': 'web '}, {'name': 'w\u00e9b'},
                       {'deleted_at': datetime.datetime(2015, 1, 1)}):
            self.create(**values)

    def test_no_name_is_none(self):
        self.assertNotEqual(self.create(None), self.create(None))

    def test_again_when_it_is_deleted(self):
        self.context.show_deleted = True
        api.stack_delete(self.context, self.create())
        self.create()

    def test_owner_that_is_not_to_be_seen(self):
        foreign = self.create(tenant='other')
        deleted = self.create(deleted_at=datetime.datetime(2015, 1, 1))
        before = self.ids()
        for owner_id in (foreign, deleted, 'nobody', ''):
            for name in ('nested', None):
                error = self.assertRaises(
                    exception.InvalidValues, self.create, name,
                    owner_id=owner_id)
                self.assertEqual(['owner_id'], error.keys)
        self.assertEqual(before, self.ids())

    def test_owner_that_is_to_be_seen(self):
        project = self.create(tenant='other', stack_user_project_id='tenant')
        self.create('nested', owner_id=project)
        self.context.show_deleted = True
        self.create('nested', owner_id=self.create(
            deleted_at=datetime.datetime(2015, 1, 1)))
        admin = context.RequestContext(is_admin=True)
        api.stack_create(admin, {
            'tenant': 'third', 'owner_id': project, 'name': 'nested',
            'disable_rollback': False, 'raw_template_id': self.template_id})

    def test_statements(self):
        top = self.create()
        for values, expected in (
                ({'name': 'new'}, 'SIS'), ({'name': None}, 'I'),
                ({'name': None, 'owner_id': top}, 'SI'),
                ({'owner_id': top}, 'SIS')):
            with base.recorded_statements(self.engine) as statements:
                self.create(**values)
            self.assertEqual(expected, self.shape(statements))
        with base.recorded_statements(self.engine) as statements:
            self.assertRaises(exception.StackExists, self.create)
        self.assertEqual('S', self.shape(statements))

    def shape(self, statements):
        return ''.join(sent[0] for sent in statements
                       if 'stack' in sent and sent[0] in 'SID')

    def test_in_a_callers_transaction(self):
        stack_id = self.create()

        def create_twice():
            with facade.context_manager.writer.using(self.context):
                self.create('other')
                self.create()
        error = self.assertRaises(exception.StackExists, create_twice)
        self.assertEqual(stack_id, error.stack_id)
        self.assertEqual([(stack_id,)], self.ids())


class ClocksApartTest(StackNameTestCase):
    """The host of the second stack is an hour behind that of the first."""

    HOURS = [datetime.datetime(2015, 1, 1, hour) for hour in (2, 1)]

    def test_if_the_oldest_stays_both_do(self):
        for number, created_at in enumerate(self.HOURS):
            self.insert('stack', id='stack %d' % number, tenant='tenant',
                        name='web', created_at=created_at,
                        disable_rollback=False,
                        raw_template_id=self.template_id)
            self.assertEqual('stack %d' % number, api.stack_get_by_name(
                self.context, 'web').id)
        self.assertEqual(2, len(self.ids()))

    def test_here_the_first_does(self):
        first = self.create(created_at=self.HOURS[0])
        self.assert_exists(first, created_at=self.HOURS[1])


class OtherMeanwhileTest(StackNameTestCase):
    """Another stack of the name is stored between the statements."""

    def when(self, start, function):
        """Call a function once, before a statement that begins so."""
        todo = [function]

        def look(conn, cursor, statement, *args):
            if statement.startswith(start) and todo:
                todo.pop()()
        self.listen('before_cursor_execute', look)

    def test_it_stays(self):
        self.when(INSERT, self.insert_other)
        error = self.assertRaises(exception.StackExists, self.create)
        self.assertEqual(OTHER, error.stack_id)
        self.assertEqual([(OTHER,)], self.ids())

    def test_it_goes(self):
        self.when(INSERT, self.insert_other)
        self.when(WITHDRAW, lambda: self.execute(
            "DELETE FROM stack WHERE id = '%s'" % OTHER))
        self.assertEqual([(self.create(),)], self.ids())

    def test_it_is_deleted(self):
        self.when(INSERT, self.insert_other)
        self.when(WITHDRAW, lambda: self.execute(
            "UPDATE stack SET deleted_at = '2015-01-01 00:00:00'"))
        self.assertEqual(2, len({self.create(), OTHER} & {
            stack_id for stack_id, in self.ids()}))

    def test_it_is_anothers(self):
        self.when(INSERT, lambda: self.insert_other(owner_id='nobody'))
        self.assertEqual(2, len({self.create(), OTHER} & {
            stack_id for stack_id, in self.ids()}))


class StackNameRaceTest(StackNameTestCase):

    def test_threads(self):
        for number in range(ROUNDS):
            self.assert_one(self.race('web %d' % number))

    def test_all_see_each_other(self):
        """Each is stored before any looks: all have to withdraw."""
        together = threading.Barrier(CREATORS)
        steps = collections.Counter()

        def wait(conn, cursor, statement, *args):
            creator = threading.current_thread()
            if creator is threading.main_thread():
                return
            steps[creator] += 'stack' in statement
            # An INSERT, and the SELECT after it.
            if 'stack' in statement and steps[creator] in (2, 3):
                together.wait(60)
        self.listen('before_cursor_execute', wait)
        with base.recorded_statements(self.engine) as statements:
            self.assert_one(self.race('web'))
        self.assertLessEqual(CREATORS, len([
            sent for sent in statements if sent.startswith(WITHDRAW)]))

    def race(self, name):
        """Return what each of several creators at once was told."""
        return self.at_once(*[functools.partial(
            create_once, self.template_id, name)] * CREATORS)

    def test_processes(self):
        creators = [remote.Remote(Creator, self.engine.url)
                    for _ in range(CREATORS)]
        for one in creators:
            self.addCleanup(one.close)
        for number in range(ROUNDS):
            for one in creators:
                one.tell('create', self.template_id, 'web %d' % number)
            self.assert_one([one.hear() for one in creators])

    def assert_one(self, told):
        """Assert that exactly one was created, and all others know it."""
        self.assertEqual(CREATORS, len(told), told)
        created, = [stack_id for outcome, stack_id in told
                    if outcome == 'created']
        self.assertEqual(CREATORS - 1, len([
            stack_id for outcome, stack_id in told if outcome == 'exists']))
        self.assertIn((created,), self.ids())
        self.execute("DELETE FROM stack WHERE id = '%s'" % created)
        self.assertEqual([], self.ids())


class Creator:
    """One who creates stacks, in a process of its own."""

    def __init__(self, url):
        self.at = at.At(url)
        self.at.setUp()

    def create(self, template_id, name):
        return create_once(template_id, name)


def create_once(template_id, name):
    try:
        return 'created', api.stack_create(at.request(), {
            'tenant': at.TENANT, 'disable_rollback': False, 'name': name,
            'raw_template_id': template_id}).id
    except exception.StackExists as error:
        return 'exists', error.stack_id


class LostConnectionTest(proxied.EachPlaceTestCase, StackNameTestCase):

    def test_other_meanwhile(self):
        self.lose(self.when, INSERT.encode(), then=self.insert_other)
        self.assert_exists_only()

    def test_withdrawal(self):
        """It is made good on, whatever came of the first attempt."""
        self.proxy.cut('after', INSERT.encode(), then=self.insert_other)
        self.lose(self.when, WITHDRAW.encode())
        self.assert_exists_only()

    def test_withdrawal_while_the_other_goes(self):
        self.proxy.cut('after', INSERT.encode(), then=self.insert_other)
        self.lose(self.when, WITHDRAW.encode(), then=lambda: self.execute(
            "DELETE FROM stack WHERE id = '%s'" % OTHER))
        stack_id = self.create(id=str(uuid.uuid4()))
        self.assertEqual([(stack_id,)], self.ids())

    def test_looks(self):
        self.lose(self.when, b'SELECT (SELECT', times=2)
        self.assertEqual([(self.create(),)], self.ids())

    def assert_exists_only(self):
        error = self.assertRaises(exception.StackExists, self.create)
        self.assertEqual(OTHER, error.stack_id)
        self.assertEqual([(OTHER,)], self.ids())
