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

"""Nothing writes to a stack around the fence of its traversal."""

import ast
import os
import re

import testtools

import heat
from heat.db import api
from heat.db import exception
from heat.db.sqlalchemy.engine import facade
from heat.db.sqlalchemy import models
from heat.tests import base
from heat.tests.db.sqlalchemy.api import every_call

OLD = '11111111-1111-4111-8111-111111111111'
NEW = '22222222-2222-4222-8222-222222222222'

HEAT = os.path.dirname(heat.__file__)
FENCE = os.path.join('db', 'sqlalchemy', 'api', 'fence.py')
# Stacks lose credentials that are deleted, whatever their traversal.
CREDENTIALS = os.path.join('db', 'sqlalchemy', 'api', 'user_creds.py')
# What is deleted softly is in no traversal.
PURGE = os.path.join('db', 'sqlalchemy', 'maintenance', 'purge_rows.py')
# They migrate the data of all stacks, while nobody works for a traversal that
# they could stop.
VERSION_SCRIPTS = os.path.join('db', 'sqlalchemy', 'migrate_repo')
TESTS = 'tests'

WRITERS = ('update', 'delete', 'bulk_update_mappings', 'swap', 'Swap',
           'change', 'change_if_other', 'Change', 'Delete')

UPDATE_IN_SQL = re.compile(
    r'\b(UPDATE\s+(LOW_PRIORITY\s+|IGNORE\s+|ONLY\s+|OR\s+\w+\s+)*|'
    r'REPLACE\s+INTO\s+|(DELETE\s+FROM|MERGE\s+INTO)\s+)'
    r'(\w+\.)?["`\[]?stack["`\]]?(?![\w"`\]])', re.IGNORECASE)


def is_unfenced(statement):
    """Tell whether a statement changes stacks whatever their traversal."""
    if not UPDATE_IN_SQL.search(statement):
        return False
    where = statement.partition('WHERE')[2]
    return not re.search(r'\bcurrent_traversal\b', where)


def writes_in_source(source):
    """Return the lines of a module that write to stacks that exist."""
    tree = ast.parse(source)
    docstrings = {id(node.body[0].value) for node in ast.walk(tree)
                  if isinstance(node, (ast.Module, ast.ClassDef,
                                       ast.FunctionDef)) and node.body and
                  isinstance(node.body[0], ast.Expr) and
                  isinstance(node.body[0].value, ast.Constant)}
    return sorted({node.lineno for node in ast.walk(tree)
                   if id(node) not in docstrings and _writes(node)})


def _writes(node):
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) and bool(
            UPDATE_IN_SQL.search(node.value))
    if not isinstance(node, ast.Call):
        return False
    name = getattr(node.func, 'attr', getattr(node.func, 'id', None))
    if name not in WRITERS:
        return False
    # sa.update(Stack); Stack.__table__.update(); query(Stack).update();
    # swap.swap(context, Stack, ...); rows.delete(context, Stack, ...).
    return _names_stack(node.func) or any(map(_names_stack, node.args))


def _names_stack(node):
    return any(name in ('Stack', "'stack'") for name in (
        repr(part.value) if isinstance(part, ast.Constant) else
        getattr(part, 'attr', getattr(part, 'id', None))
        for part in ast.walk(node)))


def modules():
    """Yield the path below heat/ and the source of what users run."""
    for directory, _names, files in os.walk(HEAT):
        for name in files:
            path = os.path.join(directory, name)
            below = os.path.relpath(path, HEAT)
            if name.endswith('.py') and not below.startswith(
                    (TESTS + os.sep, VERSION_SCRIPTS + os.sep)):
                with open(path, encoding='utf-8') as source:
                    yield below, source.read()


class SourceTest(testtools.TestCase):

    def test_only_the_fence_writes_to_stacks(self):
        found = {path for path, source in modules()
                 if writes_in_source(source)}
        self.assertEqual({FENCE, CREDENTIALS, PURGE}, found)

    def test_what_is_found(self):
        for line in ('sa.update(Stack).values(name=1)',
                     'update(models.Stack).where(a)',
                     'sa.update(models.Stack.__table__)',
                     'Stack.__table__.update().where(a)',
                     'session.query(Stack).filter(a).update({})',
                     'session.query(models.Stack).update({})',
                     'session.bulk_update_mappings(Stack, [])',
                     "meta.tables['stack'].update()",
                     'rows.change(context, Stack, 1, {})',
                     'swap.swap(context, models.Stack, {})',
                     'write.write(context, rows.Delete(Stack, 1))',
                     'sa.delete(Stack)', 'session.query(Stack).delete()',
                     'conn.execute("UPDATE stack SET a = 1")',
                     "execute('update `stack` set name = 1')",
                     'execute(\'UPDATE "stack" SET name = 1\')',
                     'execute("UPDATE\\n  public.stack SET name = 1")',
                     'x = f"UPDATE stack SET {a}"'):
            self.assertEqual([1], writes_in_source(line), line)

    def test_what_is_not_found(self):
        for source in ('sa.update(Resource).values(name=1)',
                       'sa.select(Stack).where(Stack.id == 1)',
                       'values.update(name=1)', 'session.add(Stack())',
                       '"""Sends one UPDATE stack SET ..."""',
                       'execute("UPDATE stack_tag SET a = 1")',
                       'execute("SELECT * FROM stack")',
                       'def f():\n    """Not UPDATE stack."""'):
            self.assertEqual([], writes_in_source(source), source)


class StatementsTest(every_call.EveryCallTestCase):
    """What the functions of heat.db.api send, all of them."""

    def test_every_update_names_the_traversal(self):
        for prepare in self.every_call():
            call, world = prepare()
            with base.recorded_statements(self.engine) as statements:
                call.make(world.context)
            self.assertEqual(bool(call.sent), bool(statements), call.name)
            self.assertEqual(
                call.is_unfenced, any(map(is_unfenced, statements)),
                call.name)


class FencedTest(base.APITestCase):

    def sent(self, name, *args):
        stack_id = self.create_stack(name='name', current_traversal=OLD).id
        with base.recorded_statements(self.engine) as statements:
            getattr(api, name)(self.context, stack_id, *args)
        return statements

    def test_fenced_updates_are_seen(self):
        for name, args in (('stack_update', ({'name': 'a'}, OLD)),
                           ('stack_delete', (OLD,))):
            update, = filter(UPDATE_IN_SQL.search, self.sent(name, *args))
            self.assertIn('current_traversal', update.partition('WHERE')[2])

    def test_any_traversal_is_the_exception(self):
        for name, args in (('stack_update', ({'name': 'a'},)),
                           ('stack_delete', ())):
            unfenced, = filter(is_unfenced, self.sent(
                name, *args, api.ANY_TRAVERSAL))
            self.assertTrue(unfenced.startswith('UPDATE stack SET'))

    def test_name_in_set_is_no_fence(self):
        self.assertTrue(is_unfenced(
            'UPDATE stack SET current_traversal=? WHERE stack.id = ?'))
        self.assertTrue(is_unfenced('UPDATE stack SET name=?'))
        self.assertFalse(is_unfenced(
            'UPDATE stack SET name=? WHERE stack.current_traversal IS NULL'))
        self.assertFalse(is_unfenced('UPDATE resource SET name=?'))


class FlushTest(base.APITestCase):
    """The unit of work of SQLAlchemy, which names no traversal."""

    def setUp(self):
        super().setUp()
        self.stack_id = self.create_stack(
            name='before', current_traversal=OLD).id

    def assertRefused(self, change):
        """A change in a caller's transaction is an error when flushed."""
        rows = self.select('SELECT * FROM stack')

        def flush():
            with facade.context_manager.writer.using(self.context) as session:
                change(session, api.stack_get(self.context, self.stack_id,
                                              eager_load=True))

        error = self.assertRaises(exception.UnfencedWrite, flush)
        self.assertIn('stack_update', str(error))
        self.assertIn(self.stack_id, str(error))
        self.assertEqual(rows, self.select('SELECT * FROM stack'))

    def test_set_attributes_are_refused(self):
        def set_status(session, stack):
            stack.status = 'x'

        def set_traversal(session, stack):
            stack.current_traversal = NEW
            session.flush()

        def set_template(session, stack):
            stack.raw_template = models.RawTemplate(template={})

        for change in (set_status, set_traversal, set_template):
            self.assertRefused(change)

    def test_refused_with_all_else_of_the_transaction(self):
        def set_status(session, stack):
            self.create_template()
            stack.status = 'x'
        before = self.select('SELECT id FROM raw_template')
        self.assertRefused(set_status)
        self.assertEqual(before, self.select('SELECT id FROM raw_template'))

    def test_set_before_a_fenced_write(self):
        def set_and_update(session, stack):
            stack.status = 'x'
            api.stack_update(self.context, self.stack_id, {'name': 'a'}, OLD)
        self.assertRefused(set_and_update)

    def test_merged_stack_is_refused(self):
        detached = api.stack_get(self.context, self.stack_id)
        detached.status = 'x'
        self.assertRefused(lambda session, stack: session.merge(detached))

    def test_deleted_stack_is_refused(self):
        self.assertRefused(lambda session, stack: session.delete(stack))

    def test_a_loaded_stack_that_is_not_changed_is_not_refused(self):
        with facade.context_manager.writer.using(self.context) as session:
            stack = api.stack_get(self.context, self.stack_id)
            stack.name = stack.name
            session.flush()
        self.assertIsNone(api.stack_get(
            self.context, self.stack_id).updated_at)

    def test_new_stack_may_be_changed_until_it_is_stored(self):
        with facade.context_manager.writer.using(self.context) as session:
            stack = models.Stack(
                raw_template=models.RawTemplate(), tenant='tenant',
                disable_rollback=False)
            session.add(stack)
            stack.name = 'new'
        self.assertEqual('new', api.stack_get(self.context, stack.id).name)

    def test_changed_template_of_a_loaded_stack_is_written(self):
        with facade.context_manager.writer.using(self.context):
            stack = api.stack_get(self.context, self.stack_id,
                                  eager_load=True)
            stack.raw_template.template = {'new': True}
        self.assertEqual({'new': True}, api.raw_template_get(
            self.context, stack.raw_template_id).template)
