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

"""Tests of Heat's database layer.

Those that need a database run on every engine: load_tests multiplies them by
their scenarios, and lets tests that need the same database follow each other.
"""

import os

# Read by oslo.db as soon as its fixtures are imported. By default it would
# use SQLite in memory, which has neither files nor a second connection.
os.environ.setdefault('OS_TEST_DBAPI_ADMIN_CONNECTION', ';'.join((
    'sqlite:////tmp/openstack_citest.db',
    'mysql+pymysql://openstack_citest:openstack_citest@localhost',
    'postgresql+psycopg2://openstack_citest:openstack_citest@localhost/'
    'postgres')))

from oslo_db.sqlalchemy import test_fixtures  # noqa: E402

load_tests = test_fixtures.optimize_package_test_loader(__file__)
