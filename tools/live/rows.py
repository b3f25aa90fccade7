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

"""What is stored, as whoever checks the engines reads it."""

import json

from oslo_db import api
import sqlalchemy as sa

from live import templates

_LEFT = {
    'resources that are locked':
        'SELECT COUNT(*) FROM resource WHERE engine_id IS NOT NULL',
    'stacks that are locked': 'SELECT COUNT(*) FROM stack_lock',
    'sync points': 'SELECT COUNT(*) FROM sync_point',
    'templates that nothing uses':
        'SELECT COUNT(*) FROM raw_template t WHERE NOT EXISTS (SELECT 1 FROM '
        'stack s WHERE t.id IN (s.raw_template_id, s.prev_raw_template_id)) '
        'AND NOT EXISTS (SELECT 1 FROM resource r WHERE '
        'r.current_template_id = t.id)',
}
_LEFT_AFTER_DELETION = {
    'live stacks': 'SELECT COUNT(*) FROM stack WHERE deleted_at IS NULL',
    'resources': 'SELECT COUNT(*) FROM resource',
    'resource data': 'SELECT COUNT(*) FROM resource_data',
}


def _is_lost(error):
    """Tell whether the session of a read has ended."""
    return getattr(error, 'connection_invalidated', False)


class Rows:
    """The rows of a database.

    :param engine: one whose connections commit each statement
    """

    def __init__(self, engine):
        self.engine = engine

    @api.wrap_db_retry(max_retries=5, exception_checker=_is_lost)
    def select(self, statement, **parameters):
        """Return rows; what a fault has ended is asked again."""
        with self.engine.connect() as connection:
            return connection.execute(
                sa.text(statement), parameters).fetchall()

    def state(self, stack_id):
        """Return the action and the status of a stack that is not deleted."""
        found = self.select('SELECT action, status FROM stack WHERE '
                            'id = :id AND deleted_at IS NULL', id=stack_id)
        return ' '.join(found[0]) if found else None

    def is_amid(self, stack_id):
        """Tell whether some resources of a stack are done, and not all."""
        found = {status for status, in self.select(
            'SELECT status FROM resource WHERE stack_id = :id '
            "AND action <> 'INIT'", id=stack_id)}
        return 'COMPLETE' in found and self.state(stack_id).endswith(
            'IN_PROGRESS')

    def progress(self, stack_id=None):
        """Return numbers that change when engines do something.

        :param stack_id: with this stack and those in it; None: with any
        """
        return self.select(
            'SELECT (SELECT COUNT(*) FROM heat_audit a WHERE %(these)s), '
            '(SELECT SUM(atomic_key) FROM resource a WHERE %(these)s), '
            '(SELECT SUM(atomic_key) + COUNT(*) FROM sync_point a WHERE '
            '%(these)s)' % {'these': '1 = 1' if stack_id is None else (
                'stack_id IN (SELECT id FROM stack WHERE '
                ':id IN (id, owner_id))')}, id=stack_id)[0]

    def count_workers(self):
        return self.select('SELECT COUNT(*) FROM service')[0][0]

    def count_writes(self):
        return self.progress()[0]

    def marker(self, stack_id):
        """Return what the template of a stack has as marker."""
        (text,), = self.select(
            'SELECT t.template FROM raw_template t JOIN stack s '
            'ON s.raw_template_id = t.id WHERE s.id = :id', id=stack_id)
        return json.loads(text)['description']

    def differences(self, stack_id, size):
        """Return lines that say where a stack is not as its template says."""
        marker = self.marker(stack_id)
        wanted = templates.make(marker, size)['resources']
        found = self._resources(stack_id)
        lines = list(_differences(found, {
            name: None if one['type'] == templates.FILE else marker
            for name, one in wanted.items()}))
        for nested_id, name in self.select(
                'SELECT id, parent_resource_name FROM stack WHERE '
                'owner_id = :id AND deleted_at IS NULL', id=stack_id):
            lines += ['%s: %s' % (name, line) for line in _differences(
                self._resources(nested_id),
                dict.fromkeys(templates.IN_NESTED, marker))]
            if not self.state(nested_id).endswith('COMPLETE'):
                lines.append('%s: %s' % (name, self.state(nested_id)))
        return ['stack %s at %s: %s' % (stack_id, marker, line)
                for line in lines]

    def _resources(self, stack_id):
        return self.select(
            'SELECT r.name, r.action, r.status, d.value FROM resource r '
            "LEFT JOIN resource_data d ON d.resource_id = r.id AND "
            "d.\"key\" = 'value' WHERE r.stack_id = :id".replace(
                '"', '`' if self.engine.name == 'mysql' else '"'),
            id=stack_id)

    def left(self, deleted=False):
        """Return how many rows are there that nothing needs, by what they are.

        :param deleted: whether all stacks are to be deleted
        """
        counts = {what: self.select(statement)[0][0] for what, statement in
                  {**_LEFT, **(_LEFT_AFTER_DELETION if deleted else {})
                   }.items()}
        return {what: count for what, count in counts.items() if count}


def _differences(found, wanted):
    names = [row.name for row in found]
    for name in sorted({*names, *wanted}):
        if names.count(name) != (name in wanted):
            yield '%d resources %s' % (names.count(name), name)
    for row in found:
        if row.status != 'COMPLETE' or row.action == 'DELETE':
            yield '%s is %s %s' % (row.name, row.action, row.status)
        elif row.action != 'ROLLBACK' and (
                wanted.get(row.name) not in (None, row.value)):
            # To roll back, engines make what is gone again without its data.
            yield '%s is at %s' % (row.name, row.value)
