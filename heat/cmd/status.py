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

"""heat-status: whether a database is ready for this release of Heat.

Exit status, as that of other services: 0 all is well; 1 something is to be
looked at; 2 something stops the upgrade; 255 the checks could not be made,
with one line on stderr that says why (and a traceback only with --debug).
"""

import sys

from oslo_log import log
from oslo_upgradecheck import upgradecheck

from heat.cmd import common
from heat.cmd import output
from heat.common.config import CONF
from heat.common.i18n import _
from heat.db import api
from heat.db import crypt
from heat.db import exception
from heat.db import options

SUCCESS = upgradecheck.Code.SUCCESS
WARNING = upgradecheck.Code.WARNING
FAILURE = upgradecheck.Code.FAILURE
NOT_CHECKED = 255

# Of many names, so many are shown.
SHOWN = 10


class Checks(upgradecheck.UpgradeCommands):
    """What 'heat-status upgrade check' looks at; changes nothing."""

    def check(self):
        """Make all checks and print their results.

        :returns: the highest code of a check, or NOT_CHECKED
        """
        try:
            log.setup(CONF, 'heat')
            self._engine = common.connected_engine()
            return super().check()
        except Exception as error:
            common.report('heat-status', error)
            return NOT_CHECKED

    def _check_version(self):
        self._status = None
        try:
            status = self._status = api.db_status(self._engine)
        except exception.MigrationError as error:
            return _result(FAILURE, str(error))
        if not status.pending:
            code = SUCCESS
            text = _('The database is at version %(version)d, the newest.')
        elif status.half_applied:
            code = FAILURE
            text = _('The database is at version %(version)d, and a part of '
                     'the next one is there already. Pending: %(pending)s. '
                     'Run %(command)s: it goes on from there.')
        else:
            code = FAILURE
            text = _('The database is at version %(version)d. Pending: '
                     '%(pending)s. Run %(command)s before the new services '
                     'start.')
        text = text % {'version': status.version,
                       'pending': ', '.join(status.pending),
                       'command': 'heat-manage db_sync' + (
                           ' --repair-stamp' if status.alembic else '')}
        if status.claim:
            text += ' ' + _('At work on it now: %s.') % status.claim
        return _result(code, text)

    def _check_hand_over(self):
        if self._status is None:
            return _result(
                WARNING, _('Not checked: that needs a version that is known.'))
        words = ' '.join(output.hand_over(self._status))
        if not words:
            return _result(SUCCESS, _('It is empty or at 086: Heat 21 to 25 '
                                      'can take over.'))
        if not self._status.pending:
            return _result(SUCCESS, words)
        return _result(FAILURE if self._status.alembic else WARNING, words)

    def _check_charset(self):
        if self._engine.name != 'mysql':
            return _result(
                SUCCESS, _('Matters on MariaDB and MySQL only.'))
        charset = api.db_charset(self._engine)
        if charset.not_utf8:
            return _result(
                FAILURE, _('Not UTF-8: %s. Dump the database, replace the '
                           'charset by utf8mb3 in the dump, and load it '
                           'again.') % _some(charset.not_utf8))
        if len(charset.keys) > 1:
            return _result(WARNING, _keys_differ(charset.keys))
        return _result(
            SUCCESS, _('All texts are UTF-8; collation of the keys: %s.') %
            (', '.join(charset.keys) or _('no keys yet')))

    def _check_drift(self):
        if self._status is None or self._status.pending:
            return _result(
                WARNING, _('Not compared: that needs the newest version.'))
        drift = api.db_drift(self._engine)
        if drift:
            return _result(
                WARNING, _('The schema is not as Heat expects: %s. '
                           'heat-manage db_check lists all.') %
                _some(drift, '; '))
        return _result(SUCCESS, _('The schema is as expected.'))

    def _check_deleted(self):
        counts = api.db_deleted(self._engine)
        text = ', '.join('%s %d' % count for count in sorted(counts.items()))
        return _result(SUCCESS, _('Rows marked as deleted: %s.') %
                       (text or _('no tables yet')))

    def _check_key(self):
        try:
            key = crypt.keys()[0]
        except exception.InvalidEncryptionKey as error:
            return _result(FAILURE, str(error))
        if key == options.PUBLISHED_KEY.encode():
            return _result(
                WARNING, _('auth_encryption_key is the default that Heat '
                           'publishes: whoever has a copy of the database '
                           'can decrypt the secrets in it. A key of your own '
                           'makes those unreadable that are encrypted '
                           'already, unless the engines read the old one '
                           'from auth_encryption_previous_keys.'))
        if len(key) < crypt.KEY_SIZES[0]:
            return _result(
                WARNING, _('auth_encryption_key has %d characters; Heat '
                           'asks for 32.') % len(key))
        return _result(
            SUCCESS, _('auth_encryption_key is not the published default.'))

    # Others need to know what the check of the version found.
    _upgrade_checks = (
        (_('Schema version'), _check_version),
        (_('Hand-over to Alembic'), _check_hand_over),
        (_('Charset and collation'), _check_charset),
        (_('Schema drift'), _check_drift),
        (_('Soft-deleted rows'), _check_deleted),
        (_('Encryption key'), _check_key),
    )


def _result(code, text):
    return upgradecheck.Result(code, output.line(text))


def _some(names, separator=', '):
    shown = separator.join(names[:SHOWN])
    if len(names) > SHOWN:
        shown += separator + _('and %d more') % (len(names) - SHOWN)
    return shown


def _keys_differ(keys):
    """Tell which key columns have another collation than the most."""
    most = max(keys, key=lambda collation: len(keys[collation]))
    others = ['%s: %s' % (collation, _some(names))
              for collation, names in sorted(keys.items())
              if collation != most]
    return _('The keys do not all have one collation: foreign keys between '
             'them are refused, and joins can not use indexes. Most have '
             '%(most)s, but %(others)s.') % {
        'most': most, 'others': '; '.join(others)}


def main(argv=None):
    """Run the checks and return the exit status.

    :param argv: the arguments; None takes those of the process
    """
    try:
        return upgradecheck.main(CONF, 'heat', Checks(), common.prepare(argv))
    except Exception as error:
        common.report('heat-status', error)
        return NOT_CHECKED


if __name__ == '__main__':
    sys.exit(main())
