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

"""Whether the schema is the one that this release needs."""

from heat.cmd.checks.result import FAILURE
from heat.cmd.checks.result import result
from heat.cmd.checks.result import some
from heat.cmd.checks.result import SUCCESS
from heat.cmd.checks.result import WARNING
from heat.cmd import output
from heat.common.i18n import _
from heat.db import api
from heat.db import exception


def version(command):
    """Check that no version is pending; keep the status for other checks."""
    try:
        status = command.status = api.db_status(command.engine)
    except exception.MigrationError as error:
        return result(FAILURE, str(error))
    if not status.pending:
        text = _('The database is at version %(version)d, the newest.')
    elif status.half_applied:
        text = _('The database is at version %(version)d, and a part of the '
                 'next one is there already. Pending: %(pending)s. Run '
                 '%(command)s: it goes on from there.')
    else:
        text = _('The database is at version %(version)d. Pending: '
                 '%(pending)s. Run %(command)s before the new services '
                 'start.')
    text = text % {'version': status.version,
                   'pending': ', '.join(status.pending),
                   'command': 'heat-manage db_sync' + (
                       ' --repair-stamp' if status.alembic else '')}
    if status.claim:
        text += ' ' + _('At work on it now: %s.') % status.claim
    return result(FAILURE if status.pending else SUCCESS, text)


def hand_over(command):
    """Check what Heat 21 and later make, or have made, of it."""
    status = command.status
    if status is None:
        return result(
            WARNING, _('Not checked: that needs a version that is known.'))
    words = ' '.join(output.hand_over(status))
    if not words:
        return result(SUCCESS, _('It is empty or at 086: Heat 21 to 25 can '
                                 'take over.'))
    if not status.pending:
        return result(SUCCESS, words)
    return result(FAILURE if status.alembic else WARNING, words)


def charset(command):
    """Check that all texts are UTF-8, and the keys of one collation."""
    if command.engine.name != 'mysql':
        return result(SUCCESS, _('Matters on MariaDB and MySQL only.'))
    found = api.db_charset(command.engine)
    if found.not_utf8:
        return result(
            FAILURE, _('Not UTF-8: %s. Dump the database, replace the charset '
                       'by utf8mb3 in the dump, and load it again.') %
            some(found.not_utf8))
    if len(found.keys) > 1:
        return result(WARNING, _keys_differ(found.keys))
    return result(
        SUCCESS, _('All texts are UTF-8; collation of the keys: %s.') %
        (', '.join(found.keys) or _('no keys yet')))


def drift(command):
    """Check that the schema is as Heat expects."""
    if command.status is None or command.status.pending:
        return result(
            WARNING, _('Not compared: that needs the newest version.'))
    differences = api.db_drift(command.engine)
    if differences:
        return result(
            WARNING, _('The schema is not as Heat expects: %s. heat-manage '
                       'db_check lists all.') % some(differences, '; '))
    return result(SUCCESS, _('The schema is as expected.'))


def _keys_differ(keys):
    """Tell which key columns have another collation than the most."""
    most = max(keys, key=lambda collation: len(keys[collation]))
    others = ['%s: %s' % (collation, some(names))
              for collation, names in sorted(keys.items())
              if collation != most]
    return _('The keys do not all have one collation: foreign keys between '
             'them are refused, and joins can not use indexes. Most have '
             '%(most)s, but %(others)s.') % {
        'most': most, 'others': '; '.join(others)}
