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

"""The models are what the version scripts make, on every engine."""

from oslo_db.sqlalchemy import test_migrations

from heat.db import api
from heat.db.sqlalchemy import models
from heat.tests import base
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
        if type_ == 'index' and self.driver == 'mysql' and not reflected:
            # There InnoDB's own index for the foreign key takes their place.
            return name not in ('ix_stack_raw_template_id',
                                'ix_stack_prev_raw_template_id')
        return True
