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

"""The version of a database, in the table that sqlalchemy-migrate made."""

from oslo_db import exception as db_exception
import sqlalchemy as sa

from heat.common.i18n import _
from heat.db import exception
from heat.db.sqlalchemy.engine import session
from heat.db.sqlalchemy.migration import alembic_version
from heat.db.sqlalchemy.migration import repository
from heat.db.sqlalchemy.migration.repository import INIT_VERSION
from heat.db.sqlalchemy.migration import search_path

TABLE = sa.Table(
    'migrate_version', sa.MetaData(),
    sa.Column('repository_id', sa.String(250), primary_key=True),
    sa.Column('repository_path', sa.Text),
    sa.Column('version', sa.Integer),
    mysql_charset='utf8')
_NO_DATABASE_OF_HEAT = _(
    'it is not a database of Heat, or a broken copy of one; use an empty one, '
    'or restore a backup')
_IS_HEAT = TABLE.c.repository_id == repository.ID


def db_version(engine):
    """Return the version of a database; 45 if it is empty.

    Changes nothing.

    :param engine: a sqlalchemy Engine
    :raises heat.db.exception.UnknownVersion: there are tables, but no
        version; or Heat 26 or later has been here; or what says the version
        is damaged
    :raises heat.db.exception.MigrationError: engine is none; or the tables are
        not in the first schema of PostgreSQL's search_path
    :raises oslo_db.exception.DBError: as the database says
    """
    session.require_engine(engine)
    with engine.connect() as conn:
        search_path.require_first(conn)
        inspector = sa.inspect(conn)
        tables = set(inspector.get_table_names())
        is_stamped = alembic_version.read(conn, tables) is not None
        version = None
        if TABLE.name in tables:
            version = _stored(conn)
        elif TABLE.name in inspector.get_view_names():
            raise exception.UnknownVersion(
                _('migrate_version is a view: %s') % _NO_DATABASE_OF_HEAT)
    if version is not None:
        return version
    if is_stamped:
        return alembic_version.version(tables)
    if tables - {TABLE.name, alembic_version.TABLE}:
        raise exception.UnknownVersion(
            _('the database has tables, but no version in migrate_version: '
              '%s') % _NO_DATABASE_OF_HEAT)
    return INIT_VERSION


def _stored(conn):
    """Return the version in the table, None if it has none of Heat.

    All that is there is read and compared here: the database may take Heat
    for heat, and text for numbers.
    """
    rows = conn.exec_driver_sql('SELECT * FROM %s' % TABLE.name)
    if not set(rows.keys()).issuperset(TABLE.columns.keys()):
        raise exception.UnknownVersion(
            _('the table migrate_version has other columns (%(columns)s): '
              '%(what)s') % {'columns': ', '.join(rows.keys()),
                             'what': _NO_DATABASE_OF_HEAT})
    for row in rows:
        name = row.repository_id
        if isinstance(name, bytes):
            # The charset of the database is binary.
            name = name.decode(errors='replace')
        if name == repository.ID:
            return _number(row.version)
        if str(name).strip().lower() == repository.ID:
            raise exception.UnknownVersion(
                _('migrate_version has the repository_id "%s", not heat: '
                  'mend it, or restore a backup') % name)


def _number(version):
    if not isinstance(version, int):
        raise exception.UnknownVersion(
            _('the version that migrate_version has for heat is %r, which is '
              'no number: mend it, or restore a backup') % (version,))
    return version


def create(engine):
    """Make the table, unless it is there or someone else makes it."""
    try:
        TABLE.create(engine, checkfirst=True)
    except db_exception.DBError:
        if not sa.inspect(engine).has_table(TABLE.name):
            raise


def start(engine):
    """Give an empty database its first version, unless it has one.

    :param engine: a sqlalchemy Engine or a Recorder
    """
    # Who asks for the version only does not need it.
    from heat.db.sqlalchemy import ddl

    def missing(schema):
        is_there = schema.has_table(TABLE.name)
        if not is_there:
            yield sa.schema.CreateTable(TABLE)
        if not is_there or not schema.finds(sa.select(TABLE).where(_IS_HEAT)):
            yield TABLE.insert().values(
                repository_id=repository.ID, version=INIT_VERSION,
                repository_path=repository.PATH)

    ddl.apply(engine, missing, lambda schema: schema.create_table(TABLE))


def store(engine, version):
    """Store that a version was applied.

    :param engine: a sqlalchemy Engine or a Recorder
    :raises heat.db.exception.MigrationError: the version before is not
        what is stored
    """
    # Who asks for the version only does not need it.
    from heat.db.sqlalchemy import ddl

    step = TABLE.update().where(
        _IS_HEAT, TABLE.c.version == version - 1).values(version=version)
    if not ddl.update_row(engine, step):
        raise exception.MigrationError(
            _('version %d was applied, but someone else has changed '
              'migrate_version meanwhile; run db_sync again') % version)
