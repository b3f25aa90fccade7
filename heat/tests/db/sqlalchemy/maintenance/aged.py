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

"""A database that has stacks of all ages, and what of it a purge leaves."""

import collections
import datetime
import itertools

from heat.db.sqlalchemy import models
from heat.db.sqlalchemy.models.base import new_uuid

NOW = models.now()
OLD = NOW - datetime.timedelta(days=100)
YOUNG = NOW - datetime.timedelta(days=10)
LIVE = None
TRAVERSAL = '11111111-1111-4111-8111-111111111111'

# Of each table that may name rows which others name, too.
SHARED = {
    'stack': {'raw_template_id': 'raw_template',
              'prev_raw_template_id': 'raw_template',
              'user_creds_id': 'user_creds'},
    'resource': {'rsrc_prop_data_id': 'resource_properties_data',
                 'attr_data_id': 'resource_properties_data',
                 'current_template_id': 'raw_template'},
    'event': {'rsrc_prop_data_id': 'resource_properties_data'},
    'raw_template': {'files_id': 'raw_template_files'},
}
CHILDREN = ('resource', 'event', 'sync_point', 'snapshot', 'stack_tag',
            'stack_lock')

# What a column has in which something must be.
_VALUES = {'disable_rollback': False, 'engine_id': 'engine', 'host': 'host',
           'hostname': 'host', 'binary': 'heat-engine', 'topic': 'engine',
           'report_interval': 60, 'tenant': 'tenant', 'atomic_key': 0,
           'template': {}, 'is_update': True, 'created_at': OLD}
_TABLES = {table.name: table
           for table in models.Base.metadata.sorted_tables}


class Database:
    """Rows by the name of their table, and by their key."""

    def __init__(self):
        self.rows = {name: {} for name in _TABLES}
        # Others may let the server give numbers.
        self._numbers = itertools.count(100001)

    def add(self, name, **values):
        """Add a row, and return its id."""
        table = _TABLES[name]
        row = {column.key: _VALUES.get(column.key) for column in table.c}
        for column in table.primary_key:
            if column.key != 'is_update':
                row[column.key] = (new_uuid() if column.type.python_type is str
                                   else next(self._numbers))
        row.update(values)
        if 'uuid' in row:
            row['uuid'] = new_uuid()
        key = tuple(row[column.key] for column in table.primary_key)
        self.rows[name][key] = row
        return key[0]

    def store(self, engine):
        with engine.begin() as conn:
            for table in models.Base.metadata.sorted_tables:
                rows = list(self.rows[table.name].values())
                if rows:
                    conn.execute(table.insert(), rows)

    def left(self, limit, project=None):
        """Return {name of a table: keys} of what a purge leaves.

        :param limit: the time before which it has to be deleted
        """
        left = {name: dict(rows) for name, rows in self.rows.items()}
        gone = collections.defaultdict(list)

        def remove(name, is_gone):
            for key, row in self.rows[name].items():
                if is_gone(row):
                    gone[name].append(left[name].pop(key))

        def is_old(row):
            return row['deleted_at'] is not None and row['deleted_at'] < limit

        remove('service', is_old)
        remove('stack', lambda row: is_old(row) and project in (
            None, row['tenant']))
        stacks = {row['id'] for row in gone['stack']}
        for name in CHILDREN:
            remove(name, lambda row: row['stack_id'] in stacks)
        resources = {row['id'] for row in gone['resource']}
        remove('resource_data', lambda row: row['resource_id'] in resources)
        for target in ('resource_properties_data', 'user_creds',
                       'raw_template', 'raw_template_files'):
            was_named = self._named(target, gone)
            is_named = self._named(target, {
                name: rows.values() for name, rows in left.items()})
            remove(target, lambda row: row['id'] in was_named - is_named)
        return {name: set(rows) for name, rows in left.items()}

    def _named(self, target, rows):
        return {row[column] for name, columns in SHARED.items()
                for column, other in columns.items() if other == target
                for row in rows.get(name, ())} - {None}


def keys(engine):
    """Return {name of a table: keys} of what is stored."""
    with engine.connect() as conn:
        return {table.name: {tuple(row) for row in conn.execute(
            table.select().with_only_columns(*table.primary_key))}
            for table in models.Base.metadata.sorted_tables}


def difference(before, after):
    """Return {name of a table: number} of the keys that are gone."""
    return {name: len(before[name]) - len(after[name]) for name in before}


def one_of_all(database, deleted_at, **values):
    """Add a stack that has something of everything; return its id."""
    files, creds, template, previous, other, data, attributes = (
        database.add('raw_template_files'), database.add('user_creds'),
        *(database.add('raw_template') for _ in range(3)),
        *(database.add('resource_properties_data') for _ in range(2)))
    database.rows['raw_template'][(template,)]['files_id'] = files
    stack_id = database.add(
        'stack', raw_template_id=template, prev_raw_template_id=previous,
        user_creds_id=creds, deleted_at=deleted_at,
        current_traversal=TRAVERSAL, **values)
    resource_id = database.add(
        'resource', stack_id=stack_id, rsrc_prop_data_id=data,
        attr_data_id=attributes, current_template_id=other)
    database.add('resource_data', resource_id=resource_id, key='key')
    for properties in data, None:
        database.add('event', stack_id=stack_id, rsrc_prop_data_id=properties)
    database.add('sync_point', stack_id=stack_id, traversal_id=TRAVERSAL)
    for name in ('snapshot', 'stack_tag', 'stack_lock'):
        database.add(name, stack_id=stack_id)
    return stack_id


def random(rng, stacks=15):
    """Return a Database of which nobody knows who names what."""
    database = Database()

    def some(name, number, **columns):
        """Add rows that have something of what is in lists."""
        return [database.add(name, **{
            column: rng.choice(values) for column, values in columns.items()})
            for _ in range(number)]

    files = some('raw_template_files', stacks // 2)
    creds = some('user_creds', stacks // 2)
    data = some('resource_properties_data', 2 * stacks)
    templates = some('raw_template', 2 * stacks, files_id=[None, *files])
    times = [LIVE, YOUNG, OLD, OLD, OLD - datetime.timedelta(days=1)]
    some('service', 5, deleted_at=times)
    ids = some('stack', stacks, raw_template_id=templates, deleted_at=times,
               prev_raw_template_id=[None, *templates],
               user_creds_id=[None, *creds], tenant=['tenant', 'other'])
    for row in database.rows['stack'].values():
        row['owner_id'] = rng.choice([None, *ids])
    resources = some(
        'resource', stacks, stack_id=ids, rsrc_prop_data_id=[None, *data],
        attr_data_id=[None, *data], current_template_id=[None, *templates])
    some('resource_data', stacks, resource_id=resources)
    some('event', 4 * stacks, stack_id=ids, rsrc_prop_data_id=[None, *data])
    for name in ('sync_point', 'snapshot', 'stack_tag'):
        some(name, stacks, stack_id=ids)
    for stack_id in ids[::2]:
        database.add('stack_lock', stack_id=stack_id)
    return database
