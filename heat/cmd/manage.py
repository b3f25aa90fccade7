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

"""heat-manage: what an operator does with Heat's database.

Exit status: 0 done; 1 refused or failed, with one line on stderr that says
why (and a traceback only with --debug); 2 a command line that makes no sense.
"""

import os
import sys
import traceback

from oslo_config import cfg
from oslo_db import exception as db_exception
from oslo_log import log
from sqlalchemy.engine import make_url
import sqlalchemy.exc

from heat.common.config import CONF
from heat.common import exception
from heat.common.i18n import _
from heat.db import api

DATABASE_ERRORS = (db_exception.DBError, sqlalchemy.exc.SQLAlchemyError)


def db_sync():
    """Bring the database to a version of the schema."""
    version = _version_number(CONF.command.version)
    engine = _connect()
    api.db_sync(engine, version, report=_print_applied)
    print(_('The database is at version %d.') % api.db_version(engine))


def db_version():
    """Print the version of the database."""
    print(api.db_version(_connect()))


def _connect():
    engine = api.get_engine()
    location = CONF.get_location('connection', 'database').location
    if not location.is_user_controlled:
        print(_('No [database] connection is configured: using %s') %
              os.path.abspath(make_url(CONF.database.connection).database),
              file=sys.stderr)
    try:
        engine.connect().close()
    except DATABASE_ERRORS as error:
        raise exception.InvalidConnection(
            _('can not connect to %(url)s: %(reason)s; check [database] '
              'connection and the server') %
            {'url': _masked_url(), 'reason': _reason(error)}) from error
    except Exception as error:
        # The text of a driver's own error may quote what it was given.
        raise exception.InvalidConnection(
            _('can not connect to %(url)s: the driver raises %(class)s; '
              'check what [database] connection has behind the name of the '
              'database') %
            {'url': _masked_url(), 'class': type(error).__name__}) from error
    return engine


def _version_number(text):
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()):
        raise exception.MigrationError(
            _('a version is a number such as 55, not "%s"') % text)
    return int(text)


def _print_applied(applied):
    print('%-32s %6.2f s' % (applied.name, applied.duration), flush=True)


def _add_commands(subparsers):
    parser = subparsers.add_parser('db_sync', help=db_sync.__doc__)
    parser.set_defaults(run=db_sync)
    parser.add_argument(
        'version', nargs='?', metavar='VERSION',
        help=_('the number of the version; the newest if not given'))
    parser = subparsers.add_parser('db_version', help=db_version.__doc__)
    parser.set_defaults(run=db_version)


def main(argv=None):
    """Run a command and return its exit status.

    :param argv: the arguments; None takes those of the process
    """
    try:
        _configure(argv)
        CONF.command.run()
    except Exception as error:
        if CONF.debug:
            traceback.print_exc()
        print('heat-manage: %s' % _one_line(error), file=sys.stderr)
        return 1


def _configure(argv):
    CONF.register_cli_opt(cfg.SubCommandOpt(
        'command', title=_('commands'), handler=_add_commands))
    # Rather than to try for minutes, say what is wrong.
    CONF.set_default('max_retries', 0, group='database')
    # What matters is printed; and a log would show tracebacks.
    log.set_defaults(default_log_levels=['sqlalchemy=WARNING',
                                         'oslo_db=CRITICAL'])
    CONF(argv, project='heat')
    log.setup(CONF, 'heat')


def _one_line(error):
    if isinstance(error, DATABASE_ERRORS):
        return '%s: %s' % (_masked_url(), _reason(error))
    text = ' '.join(str(error).split())
    if isinstance(error, (exception.HeatException, cfg.Error)):
        return text
    return _('%(class)s: %(text)s; --debug shows where') % {
        'class': type(error).__name__, 'text': text}


def _reason(error):
    """Return what the driver says, in one line and without the statement."""
    cause = error
    while cause is not None:
        error = cause
        cause = (getattr(error, 'inner_exception', None) or
                 getattr(error, 'orig', None))
    # PyMySQL has a number before the text.
    return ' '.join(str(error.args[-1] if error.args else error).split())


def _masked_url():
    url = make_url(CONF.database.connection)
    # A password may be among the arguments behind the ?, too.
    return url.set(query={}).render_as_string(hide_password=True)


if __name__ == '__main__':
    sys.exit(main())
