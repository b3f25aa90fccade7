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
"""Stacks in the middle of a traversal, stored as Heat's engines do."""

import datetime

import sqlalchemy as sa

from heat.db import api
from heat.db.sqlalchemy import models
from heat.tests.cmd import command

TRAVERSAL = '11111111-1111-4111-8111-111111111111'
PAST = '22222222-2222-4222-8222-222222222222'
ALIVE = 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa'
DEAD = 'dddddddd-dddd-4ddd-8ddd-dddddddddddd'
HOUR = 3600


class StuckTestCase(command.CommandTestCase):
    """A test of a stack that works on a graph.

    :ivar ids: {name: id} of its resources
    """

    def setUp(self):
        super().setUp()
        self.ids = {}
        self.create_service(ALIVE, 30)
        self.create_service(DEAD, 3 * HOUR)
        self.stack_id = self.in_progress(name='web')

    def create_service(self, engine_id, ago):
        """Store the service of an engine that has reported seconds ago."""
        api.service_create(self.context, {
            'engine_id': engine_id, 'host': 'host of %s' % engine_id[:4],
            'hostname': 'hostname', 'binary': 'heat-engine',
            'topic': 'engine', 'report_interval': 60,
            'updated_at': self.ago(ago)})

    def ago(self, seconds):
        return models.now() - datetime.timedelta(seconds=seconds)

    def in_progress(self, **values):
        return self.create_stack(**{
            'action': 'CREATE', 'status': 'IN_PROGRESS', 'convergence': True,
            'status_reason': 'Stack CREATE started',
            'current_traversal': TRAVERSAL, **values}).id

    def resource(self, name, status='COMPLETE', stack_id=None, **values):
        template = self.select('SELECT raw_template_id FROM stack')[0][0]
        row = self.create_resource(**{
            'stack_id': stack_id or self.stack_id, 'name': name,
            'action': 'CREATE', 'status': status, 'atomic_key': 1,
            'current_template_id': template, **values})
        self.ids[name] = row.id
        return row.id

    def node(self, text):
        """Return the node that 'name' or '-name', a cleanup, stands for."""
        return [self.ids[text.lstrip('-')], not text.startswith('-')]

    def depend(self, *edges):
        """Store the graph.

        :param edges: such as 'a needs b', or 'b' alone if it needs nothing
        """
        pairs = [edge.split(' needs ') for edge in edges]
        self.write(current_deps={'edges': [
            [self.node(pair[0]), self.node(pair[1]) if pair[1:] else None]
            for pair in pairs]})

    def write(self, **values):
        api.stack_update(self.context, self.stack_id, values, TRAVERSAL)

    def sync_point(self, name, *present, **values):
        """Store a sync point of a node; None is that of the stack."""
        entity_id, is_update = (
            (self.stack_id, True) if name is None else self.node(name))
        api.sync_point_create(self.context, {
            'entity_id': entity_id, 'is_update': is_update,
            'traversal_id': TRAVERSAL, 'stack_id': self.stack_id,
            'atomic_key': len(present), 'input_data': {'input_data': {
                'tuple:(%d, %s)' % tuple(self.node(one)): {'secret': 's3kr3t'}
                for one in present}}, **values})

    def grow_old(self, seconds=3 * HOUR):
        """Let all that is stored be as old as this, but the services."""
        with self.engine.begin() as connection:
            for model in models.Stack, models.Resource, models.SyncPoint:
                connection.execute(sa.update(model.__table__).values(
                    created_at=self.ago(seconds),
                    updated_at=self.ago(seconds)))
