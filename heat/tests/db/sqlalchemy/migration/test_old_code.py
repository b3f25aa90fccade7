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

"""Engines of the version before work on while a database is at this one.

The statements are those of Heat at 054, which does not know the new columns.
"""

import datetime

import sqlalchemy as sa

from heat.common import context
from heat.db import api
from heat.db import exception
from heat.tests import base
from heat.tests import databases

THEN = datetime.datetime(2015, 1, 2, 3, 4, 5)
TRAVERSAL = '6fa3c7a5-7e04-4a9e-9d6b-0f2f4b6c1d11'


class OldCodeTest(base.DBTestCase):

    def setUp(self):
        super().setUp()
        self.context = context.RequestContext(tenant_id='tenant')
        databases.load(self.engine, '054')
        # What an engine knows that was started at 054.
        self.metadata = sa.MetaData()
        self.metadata.reflect(self.engine)
        api.db_sync(self.engine)

    def _table(self, name):
        return self.metadata.tables[name]

    def _send(self, statement):
        with self.engine.begin() as conn:
            return conn.execute(statement)

    def _rows(self, query):
        with self.engine.connect() as conn:
            return conn.execute(query).mappings().all()

    def _insert(self, table, **values):
        """Insert a row, as an engine does that leaves no column out."""
        columns = self._table(table).columns
        missing = set(columns.keys()) - set(values)
        generated = {column.name for column in columns if column.primary_key
                     and isinstance(column.type, sa.Integer)}
        result = self._send(self._table(table).insert().values(
            {**dict.fromkeys(missing - generated), **values}))
        return result.inserted_primary_key[0]

    def _create_stack(self, **values):
        template = self._insert('raw_template', created_at=THEN,
                                template='{"a": 1}', files='{}')
        return self._insert('stack', **{
            'id': 'old', 'created_at': THEN, 'name': 'web', 'timeout': 60,
            'raw_template_id': template, 'owner_id': None, 'tenant': 'tenant',
            'action': 'CREATE', 'status': 'IN_PROGRESS', 'parameters': '{}',
            'status_reason': 'started', 'disable_rollback': True,
            'backup': False, 'nested_depth': 0, 'convergence': False,
            **values})

    def _update(self, stack_id, **values):
        stack = self._table('stack')
        self.assertEqual(1, self._send(stack.update().where(
            stack.c.id == stack_id).values(updated_at=THEN, **values)
        ).rowcount)

    def test_insert(self):
        stack = api.stack_get(self.context, self._create_stack(),
                              eager_load=True)
        self.assertEqual(
            ('web', 'CREATE', 'IN_PROGRESS', 'started', 60, {}, THEN, False,
             {'a': 1}),
            (stack.name, stack.action, stack.status, stack.status_reason,
             stack.timeout, stack.parameters, stack.created_at, stack.backup,
             stack.raw_template.template))
        self.assertEqual((None, None, None), (
            stack.current_traversal, stack.current_deps,
            stack.prev_raw_template_id))

    def test_update(self):
        stack_id = self._create_stack()
        template = self._insert('raw_template', template='{"b": 2}')
        self._update(stack_id, name='shop', action='UPDATE', status='FAILED',
                     status_reason='no host', raw_template_id=template)
        stack = api.stack_get(self.context, stack_id)
        self.assertEqual(
            ('shop', 'UPDATE', 'FAILED', 'no host', template, THEN, None),
            (stack.name, stack.action, stack.status, stack.status_reason,
             stack.raw_template_id, stack.updated_at, stack.current_traversal))

    def test_stacks_of_before(self):
        stack = self._table('stack')
        for row in self._rows(stack.select()):
            self._update(row['id'], status='COMPLETE')
            found = api.stack_get(self.context, row['id'], show_deleted=True,
                                  tenant_safe=False)
            self.assertEqual((row['name'], 'COMPLETE', None),
                             (found.name, found.status,
                              found.current_traversal))

    def test_new_code_writes_to_what_old_code_made(self):
        stack_id = self._create_stack()
        for values in {'status': 'COMPLETE'}, {'current_traversal': TRAVERSAL}:
            api.stack_update(self.context, stack_id, values, exp_trvsl=None)
        self.assertRaises(exception.ConcurrentTransition, api.stack_update,
                          self.context, stack_id, {'status': 'FAILED'})
        # The old code goes on, and leaves alone what it does not know.
        stack = self._table('stack')
        row, = self._rows(stack.select().where(stack.c.id == stack_id))
        self.assertEqual('COMPLETE', row['status'])
        self._update(stack_id, status='FAILED')
        stack = api.stack_get(self.context, stack_id)
        self.assertEqual(('FAILED', TRAVERSAL),
                         (stack.status, stack.current_traversal))

    def test_soft_delete(self):
        stack_id = self._create_stack()
        self._update(stack_id, deleted_at=THEN)
        self.assertIsNone(api.stack_get(self.context, stack_id))
        self.assertEqual(THEN, api.stack_get(
            self.context, stack_id, show_deleted=True).deleted_at)

    def test_select(self):
        stack_id = self._create_stack()
        stack, template = self._table('stack'), self._table('raw_template')
        row, = self._rows(sa.select(stack, template.c.template).join(
            template, stack.c.raw_template_id == template.c.id).where(
            stack.c.id == stack_id, stack.c.deleted_at.is_(None)))
        self.assertEqual(('old', 'web', '{"a": 1}'),
                         (row['id'], row['name'], row['template']))

    def test_templates(self):
        template = self._insert('raw_template', template='{}')
        self.assertEqual({}, api.raw_template_get(
            self.context, template).template)
        table = self._table('raw_template')
        self.assertEqual(1, self._send(
            table.delete().where(table.c.id == template)).rowcount)
        self.assertRaises(exception.NotFound, api.raw_template_get,
                          self.context, template)

    def test_what_belongs_to_a_stack(self):
        stack_id = self._create_stack()
        for table, values in (
                ('stack_tag', {'tag': 'a'}),
                ('stack_lock', {'engine_id': 'engine'}),
                ('event', {'uuid': 'event', 'resource_name': 'server',
                           'resource_properties': b'\x80\x02}q\x00.'}),
                ('resource', {'id': 'resource', 'name': 'server',
                              'rsrc_metadata': '{}'})):
            self._insert(table, stack_id=stack_id, created_at=THEN, **values)
            rows = self._table(table)
            condition = rows.c.stack_id == stack_id
            row, = self._rows(rows.select().where(condition))
            self.assertEqual(values, {key: row[key] for key in values})
            self.assertEqual(
                1, self._send(rows.delete().where(condition)).rowcount)
