#!/usr/bin/env python3
#
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

"""Check that tests can get databases from a server: mysql or postgresql.

Does what oslo.db does for a test: logs in as openstack_citest, makes a
database, and drops it. Exit status 1 and one line on stderr if it cannot.
"""

import sys

from oslo_db.sqlalchemy import provision
import sqlalchemy as sa

# What a new database must be able to store.
ENCODING = {
    'mysql': 'SELECT @@character_set_server',
    'postgresql': 'SELECT pg_encoding_to_char(encoding) FROM pg_database '
                  "WHERE datname = 'template1'",
}


def main():
    name = sys.argv[1]
    try:
        backend = provision.Backend.backend_for_database_type(name)
        with backend.engine.connect() as conn:
            encoding = conn.execute(sa.text(ENCODING[name])).scalar()
        if not encoding.lower().startswith('utf8'):
            sys.exit('%s makes databases with the encoding %s, not UTF-8' %
                     (name, encoding))
        database = provision._random_ident()
        backend.create_named_database(database)
        backend.drop_named_database(database)
    except Exception as error:
        sys.exit('%s: %s' % (name, ' '.join(str(error).split())))


if __name__ == '__main__':
    main()
