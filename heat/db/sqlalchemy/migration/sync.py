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

"""Bring a database to a version of the schema."""

import collections
import contextlib
import re
import textwrap
import time

import sqlalchemy as sa

from heat.common.i18n import _
from heat.db import exception
from heat.db.sqlalchemy import ddl
from heat.db.sqlalchemy.ddl import patience
from heat.db.sqlalchemy.engine import galera
from heat.db.sqlalchemy.engine import session
from heat.db.sqlalchemy.migration.apply import apply_version
from heat.db.sqlalchemy.migration import claim
from heat.db.sqlalchemy.migration import migrate_version
from heat.db.sqlalchemy.migration import pending
from heat.db.sqlalchemy.migration import plan

# A version that was applied: its number, the name of its script, the
# statements that changed something, what it told, and the seconds it took. The
# indexes that no version makes come as the last one, without a number.
AppliedVersion = collections.namedtuple(
    'AppliedVersion', 'version name statements told duration')

_CHANGE = re.compile(r'\s*(CREATE|ALTER|DROP|INSERT|UPDATE|DELETE)\b', re.I)

# What is another one in each batch.
_VALUE = re.compile(r"'[^']*'|\b\d+\b")

# Whoever reads it wants to know what it was, not a thousand markers.
_LONGEST_STATEMENT = 2000


class MigrationListener:
    """Is told what db_sync does, as it does it; this one does not listen."""

    def waiting(self, reason):
        """Someone else is at work; a text says who, and how long to wait."""

    def starting(self, name):
        """A version script starts."""

    def statement(self, statement):
        """A statement that changes something is about to be sent."""

    def told(self, text):
        """A version script says what it throws away, before it does."""

    def applied(self, version):
        """An AppliedVersion is in place."""


def db_sync(engine, version=None, lock_timeout=patience.DEFAULT_LOCK_TIMEOUT,
            listener=MigrationListener(), online=False, with_indexes=True,
            repair_stamp=False, orphans=ddl.orphans.REFUSE):
    """Bring a database to a version, one script after the other.

    Others may use the database meanwhile, but for the versions that need
    Heat's services stopped (see db_status). Of several that run this at once,
    one works and the others wait for it. When it fails or is killed, what was
    applied stays, and the next run goes on from there.

    :param engine: a sqlalchemy Engine
    :param version: the number of the version; None is the newest
    :param lock_timeout: for how many seconds to wait for another db_sync, and
        for how many to try to get a lock that some transaction holds
    :param listener: a MigrationListener
    :param online: whether to stop before the first version that needs Heat's
        services stopped
    :param with_indexes: at the newest version, create the indexes that Heat's
        own schema lacks as well
    :param repair_stamp: bring a database to its version that Heat 21 or later
        has stamped as one at 086 before it was
    :param orphans: what to do with rows that refer to rows that are not there
        (of resource_data, resource and event): 'refuse' them, before anything
        is changed, or 'delete' them, before the first version that needs that
    :returns: a list of AppliedVersion, empty if there was nothing to do
    :raises heat.db.exception.MigrationError: an argument makes no sense; the
        version is unknown or lower than the current one; the database is
        newer than this code, has tables but no version or in another schema
        than the first one, tables whose charset is not UTF-8 or that have no
        transactions, a view in place of a table, orphans, a column or an
        index that is in the way of a new one, or content that a script can
        not carry over; nothing has been changed, but for content: then the
        versions before are applied. Or a lock was not to be had
    :raises heat.db.exception.StampedUnseen: Heat 21 or later has stamped the
        database as one at 086, and repair_stamp does not say to repair that
    :raises heat.db.exception.Busy: another db_sync was at work for
        lock_timeout seconds
    :raises oslo_db.exception.DBError: as the database says
    """
    session.require_engine(engine)
    plan.require_sense(orphans, lock_timeout)
    if not isinstance(listener, MigrationListener):
        raise exception.MigrationError(
            _('%.60r is no MigrationListener') % (listener,))
    applied = []
    # Two, because each statement of the second one first asks the first one
    # whether the claim still holds.
    claiming = _current(engine, lock_timeout=lock_timeout)
    changing = _current(engine, lock_timeout=lock_timeout, orphans=orphans)

    def scripts(engine):
        return pending.scripts(engine, version, online, with_indexes,
                               repair_stamp)

    while patience.patiently(claiming, lambda: scripts(claiming) or
                             claim.is_there(claiming)):
        patience.patiently(claiming, lambda: migrate_version.create(claiming))
        with contextlib.suppress(exception.TakenOver):
            with claim.held(claiming, lock_timeout,
                            listener.waiting) as check:
                found = scripts(changing)
                patience.patiently(changing, lambda: plan.foresee(
                    changing, found, orphans))
                for script in found:
                    applied.append(_apply(changing, script, check, listener))
    return applied


def _current(engine, **options):
    """Return an engine whose connections see what all nodes of Galera have."""
    engine = engine.execution_options(**options)
    sa.event.listen(engine, 'engine_connect', galera.stay_current)
    return engine


def _apply(engine, script, check, listener):
    """Apply a version, and return it as an AppliedVersion."""
    listener.starting(script.name)
    start = time.monotonic()
    told = []

    def tell(text):
        listener.told(text)
        told.append(text)

    with _changes(engine, check, listener.statement) as statements:
        apply_version(engine.execution_options(tell=tell), script)
    applied = AppliedVersion(script.version, script.name, statements, told,
                             time.monotonic() - start)
    listener.applied(applied)
    return applied


@contextlib.contextmanager
def _changes(engine, check, listen):
    """Collect the statements that change something, those of batches once.

    They differ in their values alone, and there may be a million.

    :param check: called before each
    :param listen: called with each
    """
    statements = []
    kinds = set()

    def record(conn, cursor, statement, *args):
        if _CHANGE.match(statement):
            check()
            statement = textwrap.shorten(
                statement, _LONGEST_STATEMENT, placeholder=' ...')
            listen(statement)
            kind = _VALUE.sub('?', statement)
            if kind not in kinds:
                kinds.add(kind)
                statements.append(statement)

    sa.event.listen(engine, 'before_cursor_execute', record)
    try:
        yield statements
    finally:
        sa.event.remove(engine, 'before_cursor_execute', record)
