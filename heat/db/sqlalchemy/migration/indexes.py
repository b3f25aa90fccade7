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


"""The indexes that Heat's schema lacks.

No version makes them: the last one is Heat's own. So any database at the
newest version may lack them, whoever brought it there, and db_sync makes them
at the end. It is enough to add one to the list.
"""

import collections

from heat.db.sqlalchemy import ddl
from heat.db.sqlalchemy.engine import session

# on_mysql: False if InnoDB makes it, for a foreign key.
Index = collections.namedtuple('Index', 'table columns on_mysql options',
                               defaults=(False, {}))

INDEXES = (
    # To delete a row of one table, the server looks for rows of another that
    # still refer to it. And what belongs to a stack is found by these.
    Index('event', ('rsrc_prop_data_id',)),
    Index('raw_template', ('files_id',)),
    Index('resource', ('attr_data_id',)),
    Index('resource', ('current_template_id',)),
    Index('resource', ('rsrc_prop_data_id',)),
    Index('resource', ('stack_id',)),
    Index('resource_data', ('resource_id',)),
    Index('snapshot', ('stack_id',)),
    Index('software_deployment', ('config_id',)),
    Index('stack', ('prev_raw_template_id',)),
    Index('stack', ('raw_template_id',)),
    Index('stack', ('user_creds_id',)),
    Index('stack_tag', ('stack_id',)),
    Index('sync_point', ('stack_id',)),
    # The oldest events of a stack go first. InnoDB drops what it made for
    # the foreign key, which would do as well, when the other one is made.
    Index('event', ('stack_id', 'id'), True),
    # Servers tell Heat of themselves by what they are called in Nova.
    Index('resource', ('nova_instance',), True, {'mysql_length': 64}),
    # What was deleted some time ago is purged.
    Index('stack', ('deleted_at',), True),
    # These are listed in this order. MySQL's utf8 takes three bytes a
    # character, and a part of a key may have 767 bytes.
    Index('stack', ('tenant', 'created_at', 'id'), True,
          {'mysql_length': {'tenant': 255}}),
    Index('stack', ('created_at', 'id'), True),
    Index('event', ('stack_id', 'created_at', 'id'), True),
    Index('software_config', ('tenant', 'created_at', 'id'), True),
    # For those at the top alone, of which there are few among nested ones:
    # Heat counts a tenant's before it makes a stack, and most lists are of
    # these. No UPDATE changes what it is of.
    Index('stack', ('tenant', 'owner_id', 'created_at', 'id'), True,
          {'mysql_length': {'tenant': 255}}),
    # And an administrator's, of those of all tenants.
    Index('stack', ('owner_id', 'created_at', 'id'), True),
    # A deployment belongs to either of two projects. Heat counts a project's
    # before it makes one.
    Index('software_deployment', ('stack_user_project_id',), True),
)


def name(index):
    """Return the name that db_sync gives to an Index."""
    return '_'.join(('ix', index.table, *index.columns))


def missing(engine, schema=None):
    """Return what is missing in a database at the newest version.

    An index on more columns that begin with the same serves as well, whatever
    its name. One SELECT for each table, and on PostgreSQL one for each index
    that serves.

    :param engine: a sqlalchemy Engine, or a Recorder
    :param schema: a ddl.Schema of the database; None is to connect
    :returns: a list of Index
    :raises oslo_db.exception.DBError: as the database says
    """
    if schema is None:
        with session.connection(engine) as conn, conn.begin():
            return missing(engine, ddl.Schema(conn))
    return lacking(engine, {table: _indexes(schema, table)
                            for table in {index.table for index in INDEXES}})


def lacking(engine, present):
    """Return what is missing beside the indexes that are known to be there.

    :param engine: a sqlalchemy Engine, or a Recorder
    :param present: {name of a table: [the columns of an index, ...]}; of
        tables that it does not name, nothing is missing
    :returns: a list of Index
    """
    return [index for index in INDEXES
            if (index.on_mysql or engine.name != 'mysql')
            and index.table in present and not any(
                tuple(columns[:len(index.columns)]) == index.columns
                for columns in present[index.table])]


def create(engine):
    """Create what is missing, while others use the tables.

    :param engine: a sqlalchemy Engine, or a Recorder
    :raises heat.db.exception.MigrationError: there is another index of the
        name; or as ddl.apply
    :raises oslo_db.exception.DBError: as the database says
    """
    is_recorder = isinstance(engine, ddl.Recorder)
    for index in missing(engine, engine.schema if is_recorder else None):
        ddl.create_index(engine, name(index), index.table, *index.columns,
                         mysql_lock='NONE', **index.options)


def _indexes(schema, table):
    """Return the columns of each index of a table that can be used."""
    return [columns for name, columns in schema.indexes(table).items()
            if not schema.is_invalid_index(name)]
