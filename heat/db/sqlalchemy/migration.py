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

"""Bring a database to a version of the schema, and say which one it has."""

import collections
import os
import time
import warnings

import sqlalchemy as sa

from heat.common import exception
from heat.common.i18n import _

REPOSITORY = os.path.join(os.path.dirname(__file__), 'migrate_repo')
REPOSITORY_ID = 'heat'

# The version of an empty database: the first script makes 46.
INIT_VERSION = 45

# As sqlalchemy-migrate makes it.
_migrate_version = sa.Table(
    'migrate_version', sa.MetaData(),
    sa.Column('repository_id', sa.String(250), primary_key=True),
    sa.Column('repository_path', sa.Text),
    sa.Column('version', sa.Integer))
_is_heat = _migrate_version.c.repository_id == REPOSITORY_ID

# A version that was applied: its number, the name of its script and the
# seconds it took.
AppliedVersion = collections.namedtuple(
    'AppliedVersion', 'version name duration')


def db_version(engine):
    """Return the version of a database; 45 if it is empty.

    Changes nothing.

    :param engine: a sqlalchemy Engine
    :raises heat.common.exception.MigrationError: there are tables, but no
        version; or a Heat that uses Alembic has been here
    :raises oslo_db.exception.DBError: as the database says
    """
    with engine.connect() as conn:
        tables = set(sa.inspect(conn).get_table_names())
        if 'alembic_version' in tables:
            raise exception.MigrationError(
                _('the database has a table alembic_version: a newer Heat '
                  'has been here; use that release'))
        version = None
        if _migrate_version.name in tables:
            version = conn.execute(
                sa.select(_migrate_version.c.version).where(_is_heat)
            ).scalar()
    if version is not None:
        return version
    if tables - {_migrate_version.name}:
        raise exception.MigrationError(
            _('the database has tables, but no version in migrate_version: '
              'it is not a database of Heat, or a broken copy of one; use an '
              'empty one, or restore a backup'))
    return INIT_VERSION


def db_sync(engine, version=None, report=None):
    """Bring a database to a version, one script after the other.

    When it fails or is killed, what was applied stays, and the next run goes
    on from there.

    :param engine: a sqlalchemy Engine
    :param version: the number of the version; None is the newest
    :param report: called with each AppliedVersion as soon as it is in place
    :returns: a list of AppliedVersion, empty if there was nothing to do
    :raises heat.common.exception.MigrationError: the version is unknown or
        lower than the current one, the database is newer than this code, has
        tables but no version, tables whose charset is not UTF-8, or content
        that a script can not carry over; unless a script says so, nothing
        has been changed
    :raises oslo_db.exception.DBError: as the database says
    """
    current = db_version(engine)
    scripts = _scripts()
    target = _checked_target(current, version, newest=max(scripts))
    _require_utf8(engine)
    applied = []
    if current == INIT_VERSION < target:
        _start_version_control(engine)
    for number in range(current + 1, target + 1):
        script = scripts[number]
        start = time.monotonic()
        script.run(engine, 'upgrade')
        _store_version(engine, number)
        name = os.path.splitext(os.path.basename(script.path))[0]
        applied.append(AppliedVersion(
            number, name, time.monotonic() - start))
        if report is not None:
            report(applied[-1])
    return applied


def _scripts():
    """Return the version scripts of sqlalchemy-migrate's repository."""
    with warnings.catch_warnings():
        # It is slow to import, and imports the deprecated pkg_resources.
        warnings.simplefilter('ignore')
        from migrate.versioning import repository
    versions = repository.Repository(REPOSITORY).versions.versions
    return {int(number): found.script()
            for number, found in versions.items()}


def _checked_target(current, version, newest):
    if current > newest:
        raise exception.DatabaseTooNew(current, newest)
    if current < INIT_VERSION:
        raise exception.MigrationError(
            _("the database is at version %d, older than Juno (46); bring it "
              "there with Juno's own heat-manage first") % current)
    if version is None:
        return newest
    if version > newest:
        raise exception.MigrationError(
            _('there is no version %(version)d; the newest is %(newest)d') %
            {'version': version, 'newest': newest})
    if version < current:
        raise exception.MigrationError(
            _('the database is at version %(current)d, and there is no way '
              'down to %(version)d; restore a backup instead') %
            {'current': current, 'version': version})
    return version


def _require_utf8(engine):
    """Refuse tables in which a key or a text would not be UTF-8."""
    if engine.name != 'mysql':
        return
    with engine.connect() as conn:
        tables = conn.execute(sa.text(
            'SELECT table_name FROM information_schema.tables '
            'WHERE table_schema = DATABASE() '
            "AND table_collation NOT LIKE 'utf8%' "
            "AND table_name <> 'migrate_version' ORDER BY table_name"
        )).scalars().all()
    if tables:
        raise exception.MigrationError(
            _('tables with a charset that is not UTF-8: %s; convert each '
              'with ALTER TABLE ... CONVERT TO CHARACTER SET utf8') %
            ', '.join(tables))


def _start_version_control(engine):
    with engine.begin() as conn:
        _migrate_version.create(conn, checkfirst=True)
        if not conn.execute(sa.select(_migrate_version).where(_is_heat)
                            ).first():
            conn.execute(_migrate_version.insert().values(
                repository_id=REPOSITORY_ID, repository_path=REPOSITORY,
                version=INIT_VERSION))


def _store_version(engine, number):
    with engine.begin() as conn:
        stored = conn.execute(_migrate_version.update().where(
            _is_heat, _migrate_version.c.version == number - 1
        ).values(version=number))
        if stored.rowcount != 1:
            raise exception.MigrationError(
                _('version %d was applied, but someone else has changed '
                  'migrate_version meanwhile; run db_sync again') % number)
