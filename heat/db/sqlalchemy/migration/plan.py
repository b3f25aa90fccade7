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

"""What db_sync would do."""

import collections

from sqlalchemy.engine import make_url

from heat.common.i18n import _
from heat.db import exception
from heat.db.sqlalchemy import ddl
from heat.db.sqlalchemy.ddl import change
from heat.db.sqlalchemy.ddl import patience
from heat.db.sqlalchemy.engine import session
from heat.db.sqlalchemy.migration import alembic_version
from heat.db.sqlalchemy.migration.apply import apply_version
from heat.db.sqlalchemy.migration import claim
from heat.db.sqlalchemy.migration import indexes
from heat.db.sqlalchemy.migration import migrate_version
from heat.db.sqlalchemy.migration import owner
from heat.db.sqlalchemy.migration import pending
from heat.db.sqlalchemy.migration import repository
from heat.db.sqlalchemy.migration.repository import INIT_VERSION

# A version that is to be applied: its number, the name of its script, why
# Heat's services have to be stopped for it (None if they have not), what it
# throws away, in words, and the statements that it takes, for the client of
# the database. The indexes that no version makes come as the last one, without
# a number.
PlannedVersion = collections.namedtuple(
    'PlannedVersion', 'version name needs_stopped_services told statements')

# version: what the database has; newest: what this code has; pending: the
# names of the scripts in between; needs_stopped_services: {name: why} of those
# that a running Heat does not survive; half_applied: whether a part of the
# first of them is there already; claim: None, or who is at work on it, in
# words; missing_indexes: the names of those that no version makes; alembic:
# None, or the revision that Heat 21 to 25 have stamped it with, whatever its
# version.
Status = collections.namedtuple(
    'Status', 'version newest pending needs_stopped_services half_applied '
    'claim missing_indexes alembic')

_DRIVERS = {'mysql': 'mysql+pymysql', 'postgresql': 'postgresql+psycopg2',
            'sqlite': 'sqlite'}


def db_plan(engine, version=None, with_indexes=True, repair_stamp=False,
            orphans=ddl.orphans.REFUSE,
            lock_timeout=patience.DEFAULT_LOCK_TIMEOUT):
    """Return what db_sync would send to a database, and send nothing.

    What db_sync does to rows in batches is one statement here. Reads the
    tables whose rows it counts.

    :param engine: a sqlalchemy Engine
    :param version: the number of the version; None is the newest
    :param with_indexes: as for db_sync
    :param repair_stamp: as for db_sync
    :param orphans: as for db_sync
    :param lock_timeout: for how many seconds to wait for someone who has
        locked a table that is to be read
    :returns: a list of PlannedVersion, empty if there is nothing to do
    :raises heat.db.exception.MigrationError: as db_sync
    :raises oslo_db.exception.DBError: as the database says
    """
    session.require_engine(engine)
    require_sense(orphans, lock_timeout)
    engine = engine.execution_options(lock_timeout=lock_timeout)
    return patience.patiently(engine, lambda: foresee(
        engine, pending.scripts(engine, version, with_indexes=with_indexes,
                                repair_stamp=repair_stamp),
        orphans, tells=True))


def foresee(engine, scripts, orphans, tells=False):
    """Let versions be written down for a database as it is now.

    So what would stop one of them is found before the first one changes
    anything.

    :param scripts: VersionScripts, in their order
    :param orphans: as for db_sync
    :param tells: whether to count what they throw away; that reads tables
    :returns: a list of PlannedVersion
    :raises heat.db.exception.MigrationError: what one of them would raise;
        the text has the orphans of all
    :raises oslo_db.exception.DBError: as the database says
    """
    refused = []
    # In no transaction: on SQLite, others could not commit meanwhile.
    with change.connection(engine) as conn:
        schema = ddl.SimulatedSchema(engine.dialect, ddl.Schema(conn))
        planned = [_planned(script, schema, refused, orphans=orphans,
                            tells=tells) for script in scripts]
    refused += owner.refused(engine, [
        statement for script in planned for statement in script.statements])
    if refused:
        ddl.refusal.stop(refused)
    return planned


def require_sense(orphans, lock_timeout):
    """Refuse what is no way to treat orphans, or no number of seconds.

    :raises heat.db.exception.MigrationError: orphans is not refuse or delete,
        or lock_timeout no number, or less than 0
    """
    if orphans not in ddl.orphans.WAYS:
        raise exception.MigrationError(
            _('orphans are treated in one of these ways: %(ways)s; not '
              '%(way).60r') % {'ways': ', '.join(ddl.orphans.WAYS),
                               'way': orphans})
    if type(lock_timeout) not in (int, float) or not lock_timeout >= 0:
        raise exception.MigrationError(
            _('lock_timeout is a number of seconds, not %.60r') %
            (lock_timeout,))


def db_plan_offline(backend, start, version=None, with_indexes=True):
    """Return what db_sync would send to a database at some version.

    :param backend: 'mysql', 'postgresql' or 'sqlite'
    :param start: the version of the database, to which db_sync has brought
        it; 45 is an empty one
    :param version: the number of the version to reach; None is the newest
    :param with_indexes: as for db_sync
    :returns: a list of PlannedVersion
    :raises heat.db.exception.MigrationError: backend or a version is unknown,
        or the one to reach lower than the one to start from
    """
    if backend not in list(_DRIVERS):
        raise exception.MigrationError(
            _('there is no plan for %.60r; there is one for mysql, '
              'postgresql and sqlite') % (backend,))
    dialect = make_url(_DRIVERS[backend] + '://').get_dialect()()
    scripts = pending.between(backend, start, version)
    if with_indexes:
        scripts += pending.last_step(backend, start, scripts)
    schema = _at_version(start, dialect)
    return [_planned(script, schema) for script in scripts]


def db_status(engine, lock_timeout=patience.DEFAULT_LOCK_TIMEOUT):
    """Return the Status of a database: the version, and what is pending.

    Changes nothing.

    :param engine: a sqlalchemy Engine
    :param lock_timeout: as for db_plan
    :raises heat.db.exception.DatabaseTooNew: this code does not know the
        version
    :raises heat.db.exception.UnknownVersion: there are tables, but no
        version
    :raises heat.db.exception.MigrationError: as db_sync
    :raises oslo_db.exception.DBError: as the database says
    """
    session.require_engine(engine)
    require_sense(ddl.orphans.REFUSE, lock_timeout)
    engine = engine.execution_options(lock_timeout=lock_timeout)
    return patience.patiently(engine, lambda: _status(engine))


def _status(engine):
    version = migrate_version.db_version(engine)
    scripts = pending.marked(
        engine, pending.between(engine.name, version, None))
    return Status(
        version, max([version] + [script.version for script in scripts]),
        [script.name for script in scripts],
        {script.name: script.needs_stopped_services for script in scripts
         if script.needs_stopped_services},
        bool(scripts) and _is_half_applied(engine, scripts[0]),
        claim.at_work(engine),
        [indexes.name(index) for index in indexes.missing(engine)]
        if version == repository.LAST_VERSION else [],
        alembic_version.revision(engine))


def _planned(script, schema, refused=None, **options):
    """Record a version; the SimulatedSchema is at it afterwards.

    :param refused: a list that gets what the Recorder has in refused
    :param options: of the Recorder
    """
    recorder = ddl.Recorder(schema, **options)
    apply_version(recorder, script)
    if refused is not None:
        refused += recorder.refused
    return PlannedVersion(
        script.version, script.name, script.needs_stopped_services,
        recorder.told, recorder.statements)


def _at_version(version, dialect, live=None):
    """Return the SimulatedSchema of a database at a version.

    :param live: a Schema, whose rows, collation and names of keys it has
    """
    schema = ddl.SimulatedSchema(
        dialect, collation=live and live.collation('stack'))
    for script in pending.between(dialect.name, INIT_VERSION, version):
        _planned(script, schema)
    schema.take_rows(live)
    schema.take_names(live)
    return schema


def _is_half_applied(engine, script):
    """Tell whether a script finds other than what the one before has left."""
    with change.connection(engine) as conn:
        live = ddl.Schema(conn)
        expected = _at_version(script.version - 1, engine.dialect, live)
        return _statements(script, expected) != _statements(
            script, ddl.SimulatedSchema(engine.dialect, live))


def _statements(script, schema):
    return [statement for statement in _planned(script, schema).statements
            if not isinstance(statement, ddl.ForeignStatement)]
