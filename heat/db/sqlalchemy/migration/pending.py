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

"""Which version scripts there are to apply."""

import itertools

from heat.common.i18n import _
from heat.db import exception
from heat.db.sqlalchemy.engine import galera
from heat.db.sqlalchemy.engine import session
from heat.db.sqlalchemy.migration import alembic_version
from heat.db.sqlalchemy.migration import charset
from heat.db.sqlalchemy.migration import indexes
from heat.db.sqlalchemy.migration import migrate_version
from heat.db.sqlalchemy.migration import repository
from heat.db.sqlalchemy.migration.repository import INIT_VERSION
from heat.db.sqlalchemy.migration import storage

# On each node, MariaDB 10.11 lets a change of a table wait, at its end, for
# all who write to tables that refer to it. One of them may be a transaction
# from another node, which waits for its turn behind the change: for ever.
_ON_CLUSTER = _('while other nodes of the Galera cluster write to tables that '
                'refer to those that it changes, it can stop the cluster')
_EMPTY = 'placeholder'


def scripts(engine, version=None, online=False, with_indexes=True,
            repair_stamp=False):
    """Return the VersionScripts to apply, in their order.

    :param online: whether to leave out the first one that needs Heat's
        services stopped, and all after it
    :param with_indexes: as for db_sync
    :param repair_stamp: as for db_sync
    :raises heat.db.exception.MigrationError: as db_sync, before it
        changes anything
    """
    current = migrate_version.db_version(engine)
    found = between(engine.name, current, version)
    if not repair_stamp:
        alembic_version.require_no_stamp(engine, current)
    _require_utf8(engine)
    if found:
        storage.require_transactions(engine)
    last = last_step(engine.name, current, found) if with_indexes else []
    if last and (found or indexes.missing(engine)):
        found += last
    found = marked(engine, found)
    if online:
        found = list(itertools.takewhile(
            lambda script: not script.needs_stopped_services, found))
    return found


def marked(engine, scripts):
    """Mark VersionScripts that need Heat's services stopped on a cluster.

    On what is no node of a Galera cluster they stay as they are.

    :returns: a list of VersionScript
    """
    with session.connection(engine) as conn:
        is_node = galera.is_node(conn)
    return [script._replace(needs_stopped_services=_ON_CLUSTER)
            if is_node and not script.needs_stopped_services and
            not script.name.endswith(_EMPTY) else script
            for script in scripts]


def last_step(backend, current, found):
    """Return the step that makes indexes, which can be repeated at any time.

    :param found: the VersionScripts before it
    :returns: a list; empty if they do not lead to the last version
    """
    reached = found[-1].version if found else current
    if reached != repository.LAST_VERSION:
        return []
    return [repository.VersionScript(
        None, 'indexes', indexes.create, _(
            'it builds indexes, and nothing can be written to the database '
            'meanwhile') if backend == 'sqlite' else None)]


def between(backend, current, version):
    """Return the VersionScripts that lead from one version to another."""
    _require_number(current)
    if version is not None:
        _require_number(version)
    known = repository.scripts(backend)
    target = _checked_target(current, version, newest=max(known))
    return [known[number] for number in range(current + 1, target + 1)]


def _require_number(version):
    if type(version) is not int:
        raise exception.MigrationError(
            _('a version is a number such as 55, not %.60r') % (version,))
    # Python does not print what is too long.
    if version.bit_length() > 31:
        raise exception.MigrationError(_('a version has not so many digits'))


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
    """Refuse what would not hold a key or a text in UTF-8."""
    found = charset.db_charset(engine).not_utf8
    if found:
        raise exception.MigrationError(
            _('tables or columns with a charset that is not UTF-8: %s; '
              'convert them as the documentation of heat-status says, and '
              'run db_sync again') % ', '.join(found))
