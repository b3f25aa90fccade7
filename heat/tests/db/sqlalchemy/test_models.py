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

"""The models are what the version scripts make, and their rows are dicts."""

from oslo_db.sqlalchemy import test_migrations
import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy import orm

from heat.db import api
from heat.db.sqlalchemy.migration import indexes
from heat.db.sqlalchemy import models
from heat.tests import base
from heat.tests import databases
from heat.tests import schema


class ModelsMigrationsSyncTest(test_migrations.ModelsMigrationsSync,
                               base.DBTestCase):

    def get_engine(self):
        return self.engine

    def get_metadata(self):
        return models.Base.metadata

    def db_sync(self, engine):
        api.db_sync(engine)

    def include_object(self, object_, name, type_, reflected, compare_to):
        if type_ == 'table':
            return name != schema.VERSION_TABLE
        # No version makes these; and InnoDB made one for a foreign key that
        # has another name since 073.
        return name not in ('resource_data_resource_id_fkey',
                            *map(indexes.name, indexes.INDEXES))


class EveryModelTest(base.DBTestCase):

    def test_rows_are_dicts_and_objects(self):
        """As Heat expects it of each, by the names of its attributes."""
        databases.load(self.engine, '086')
        for mapper in models.Base.registry.mappers:
            keys = set(mapper.column_attrs.keys())
            with orm.Session(self.engine) as session:
                # Heat keeps no rows of some.
                row = session.execute(sa.select(
                    mapper.class_).limit(1)).scalar() or mapper.class_()
            self.assertTrue(row)
            self.assertEqual(keys, set(row.keys()))
            self.assertEqual(keys, set(dict(row)))
            self.assertEqual(dict(row), dict(row.items()))
            for key in keys:
                self.assertIn(key, row)
                self.assertEqual(getattr(row, key), row[key])
                self.assertEqual(row[key], row.get(key))
                self.assertEqual(row[key], dict(row)[key])
            self.assertNotIn('nonsense', row)
            self.assertEqual('b', row.get('nonsense', 'b'))
            row.update({'created_at': None})
            row['updated_at'] = None
            self.assertEqual((None, None), (row.created_at, row.updated_at))


class RowTest(base.APITestCase):

    def setUp(self):
        super().setUp()
        self.stack_id = self.create_stack(name='stack').id

    def store(self, model, **values):
        """Store a row, and return it as it is loaded again."""
        with orm.Session(self.engine) as session, session.begin():
            row = model(**values)
            session.add(row)
            session.flush()
            key = sa.inspect(row).identity
        with orm.Session(self.engine) as session:
            return session.get(model, key)

    def test_answers_as_a_dict_does(self):
        resource = self.store(
            models.Resource, stack_id=self.stack_id, name='server',
            physical_resource_id='a1', requires=[1, 2])
        self.assertTrue(resource)
        self.assertEqual('server', resource['name'])
        self.assertEqual('a1', resource['physical_resource_id'])
        self.assertIsNone(resource.get('status', 'COMPLETE'))
        self.assertIn('engine_id', resource)
        self.assertNotIn('nova_instance', resource)
        values = dict(resource)
        self.assertEqual([1, 2], values['requires'])
        self.assertEqual(
            {attribute.key for attribute in
             sa.inspect(models.Resource).column_attrs}, set(values))

    def test_dict_has_what_was_loaded_with_a_row(self):
        stack = api.stack_get(self.context, self.stack_id, eager_load=True)
        self.assertEqual({}, dict(stack)['raw_template'].template)
        self.assertNotIn('tags', dict(stack))

    def test_what_was_not_loaded_raises_an_error(self):
        for relationship in sa.inspect(models.Stack).relationships:
            self.assertRaises(
                exc.InvalidRequestError, getattr,
                api.stack_get(self.context, self.stack_id), relationship.key)

    def test_no_relationship_loads_by_itself(self):
        self.assertEqual({'raise'}, {
            relationship.lazy for mapper in models.Base.registry.mappers
            for relationship in mapper.relationships})

    def test_null_of_heats_own_releases(self):
        self.insert('raw_template', id=1000, template='null', files='{}',
                    environment=None)
        template = api.raw_template_get(self.context, 1000)
        self.assertEqual((None, {}, None), (
            template.template, template.files, template.environment))

    def test_none_is_stored_as_null(self):
        self.store(models.Resource, stack_id=self.stack_id, needed_by=None,
                   requires=[], properties_data=None)
        self.assertEqual([(None, '[]', None, None)], self.select(
            'SELECT needed_by, requires, properties_data, rsrc_metadata '
            'FROM resource'))

    def test_who_sets_updated_at(self):
        config = self.store(models.SoftwareConfig, tenant='tenant')
        for model, values in (
                (models.Resource, {'stack_id': self.stack_id}),
                (models.SoftwareDeployment, {
                    'server_id': 'a', 'config_id': config.id,
                    'tenant': 'tenant'}),
                (models.RawTemplate, {}),
                (models.Event, {'stack_id': self.stack_id})):
            row = self.store(model, **values)
            self.assertIsNone(row.updated_at)
            with orm.Session(self.engine) as session, session.begin():
                session.add(row)
                row.created_at = None
                session.flush()
                session.refresh(row)
                self.assertEqual(model in (models.RawTemplate, models.Event),
                                 row.updated_at is not None)
