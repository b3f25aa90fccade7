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


"""Telling what a Heat that uses Alembic has left: 21.0.0 and later.

It looks for migrate_version, but not at the number there: whatever a database
is at, it gets the stamp of one at 086 and is never brought there.
"""

import sqlalchemy as sa

from heat.common.i18n import _
from heat.db import exception
from heat.db.sqlalchemy.migration import repository

TABLE = 'alembic_version'

# The only revision of Heat 21 to 25: the schema of 086.
HANDED_OVER = 'c6214ca60943'

# What the revisions of Heat 26 and later add.
_LATER = {
    'd2db381e3324': _('Heat 26 or later, with sync_point.extra_data'),
    '88be64598c0f': _('Heat 26 or later, with the table resource_snapshot'),
    '97b2a986f922': _('Heat 26 or later, with snapshot.action'),
}

# Of what 063 to 085 have made, and what 086 has dropped.
_MADE = {'raw_template_files', 'resource_properties_data', 'sync_point'}
_DROPPED = {'watch_data', 'watch_rule'}


def revision(engine):
    """Return HANDED_OVER, or None if there is no stamp of Alembic.

    :param engine: a sqlalchemy Engine
    :raises heat.db.exception.UnknownVersion: the revision is another one
    :raises oslo_db.exception.DBError: as the database says
    """
    with engine.connect() as conn:
        return read(conn, sa.inspect(conn).get_table_names())


def read(conn, tables):
    """The same, for those who know the names of the tables."""
    if TABLE not in tables:
        return None
    found = [row[0] for row in
             conn.exec_driver_sql('SELECT * FROM %s' % TABLE)]
    if not found:
        # A Heat has died before its stamp, and will make it again.
        return None
    if found == [HANDED_OVER]:
        return HANDED_OVER
    if len(found) == 1 and found[0] in _LATER:
        raise exception.UnknownVersion(
            _('the database is at the Alembic revision %(revision)s: '
              '%(who)s; use the heat-manage of that release') %
            {'revision': found[0], 'who': _LATER[found[0]]})
    raise exception.UnknownVersion(
        _('alembic_version has %(found)s where Heat 21 to 25 have '
          '%(known)s; use the heat-manage of the release that wrote it') %
        {'found': ', '.join(map(repr, found)),
         'known': HANDED_OVER})


def version(tables):
    """Return the version of a database that migrate_version does not tell.

    Heat 25 makes it at once, as it is at the last version.

    :param tables: the names of its tables
    :raises heat.db.exception.UnknownVersion: it is at an earlier one
    """
    missing = sorted(_MADE - set(tables))
    left = sorted(_DROPPED & set(tables))
    if missing or left:
        raise exception.UnknownVersion(
            _('alembic_version says %(revision)s, but the schema is older '
              'than 086 (%(why)s), and migrate_version does not say how old; '
              'restore its row for heat, and run db_sync --repair-stamp') %
            {'revision': HANDED_OVER, 'why': ', '.join(
                [_('without %s') % name for name in missing] +
                [_('with %s') % name for name in left])})
    return repository.LAST_VERSION


def require_no_stamp(engine, current):
    """Refuse a database that Heat 21 or later has taken for one at 086.

    :param current: the version that it is at
    :raises heat.db.exception.StampedUnseen: it is one
    """
    if revision(engine) and current < repository.LAST_VERSION:
        raise exception.StampedUnseen(current, HANDED_OVER)
