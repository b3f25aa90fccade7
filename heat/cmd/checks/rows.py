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

"""What the tables hold, and what of it nobody needs."""

from heat.cmd.checks.result import result
from heat.cmd.checks.result import SUCCESS
from heat.cmd.checks.result import WARNING
from heat.common.i18n import _
from heat.db import api

# From these numbers on, someone has to look at it.
MOST_DELETED = 10000
MOST_ORPHANS = 1000

# Of each table, so many rows are looked at, that no check takes long.
EXAMINED = 100000

# Of the largest tables, so many are shown.
LARGEST = 5


def deleted(command):
    """Check that those that are deleted softly are not many."""
    counts = api.db_deleted(command.engine, MOST_DELETED)
    text = _('Rows marked as deleted: %s.') % (
        _numbers(counts, MOST_DELETED) or _('no tables yet'))
    if max(counts.values(), default=0) < MOST_DELETED:
        return result(SUCCESS, text)
    return result(WARNING, text + ' ' + _(
        'heat-manage purge_deleted removes the old ones; run it daily.'))


def orphans(command):
    """Check that those that belong to nothing any more are not many."""
    if command.status is None or command.status.pending:
        return result(
            WARNING, _('Not counted: that needs the newest version.'))
    counts = api.db_orphans(command.engine, MOST_ORPHANS, EXAMINED)
    found = {table: number for table, number in counts.items() if number}
    text = _('Rows that belong to nothing: %(numbers)s, among the '
             '%(examined)d of each table that were looked at.') % {
        'numbers': _numbers(found, MOST_ORPHANS) or _('none'),
        'examined': EXAMINED}
    if max(counts.values()) < MOST_ORPHANS:
        return result(SUCCESS, text)
    return result(WARNING, text + ' ' + _(
        'heat-manage purge_deleted --orphans removes them.'))


def largest(command):
    """Tell which tables are the largest."""
    sizes = api.db_sizes(command.engine)
    if not sizes:
        return result(SUCCESS, _('SQLite keeps no statistics.') if
                      command.engine.name == 'sqlite' else _('No tables yet.'))
    return result(SUCCESS, '; '.join(map(_size, sizes[:LARGEST])) + '.')


def _size(size):
    rows = (_('an unknown number of') if size.rows is None else
            _('about %d') % size.rows)
    return _('%(table)s: %(rows)s rows, %(size).1f MiB') % {
        'table': size.table, 'rows': rows, 'size': size.bytes / 2 ** 20}


def _numbers(counts, most):
    return ', '.join(
        _('%s %d or more') % count if count[1] >= most else '%s %d' % count
        for count in sorted(counts.items()))
