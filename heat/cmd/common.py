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

"""What the commands share: configuration, connection, errors in one line."""

from importlib import metadata
import os
import re
import sys
import traceback
import warnings

from oslo_config import cfg
from oslo_db import exception as db_exception
from oslo_log import log
from sqlalchemy.engine import make_url
import sqlalchemy.exc

from heat.cmd import exits
from heat.cmd import logs
from heat.cmd import output
from heat.common.config import CONF
from heat.common.i18n import _
from heat.db import exception
from heat.db.sqlalchemy.engine.facade import get_engine
from heat.db.sqlalchemy.engine import options
from heat.db.sqlalchemy.engine import sqlite_file
from heat.db.sqlalchemy.engine import url

DATABASE_ERRORS = (db_exception.DBError, sqlalchemy.exc.SQLAlchemyError)


def prepare(argv):
    """Get ready for the configuration and the command line to be parsed.

    :param argv: the arguments; None takes those of the process
    :returns: the arguments
    :raises heat.db.exception.InvalidConnection: an argument is a URL with a
        password
    """
    _mend_streams()
    # Others in this process may have parsed their own.
    CONF.clear()
    log.register_options(CONF)
    argv = sys.argv[1:] if argv is None else argv
    for argument in argv:
        # argparse would quote it as it is.
        if output.line(argument) != argument:
            raise exception.InvalidConnection(
                _('an argument is a URL with a password, or can not be '
                  'printed; the database is named by [database] connection '
                  'in a configuration file, or by OS_DATABASE__CONNECTION'))
    CONF.set_default('connection', options.DEFAULT_CONNECTION,
                     group='database')
    # Rather than to try for minutes, say what is wrong.
    CONF.set_default('max_retries', 0, group='database')
    warnings.simplefilter('ignore', sqlalchemy.exc.SAWarning)
    # What matters is printed; and a log would show tracebacks.
    log.set_defaults(default_log_levels=[
        'sqlalchemy=WARNING', 'heat.db.sqlalchemy.engine.connections=WARNING',
        'alembic=WARNING', 'oslo_db=CRITICAL'])
    return argv


def _mend_streams():
    if sys.stderr is None:
        # print would write on stdout what is for a closed stderr.
        sys.stderr = open(os.devnull, 'w')
    if sys.stdout is None:
        sys.stdout = open(os.devnull, 'w')
    if hasattr(sys.stdout, 'reconfigure'):
        # Escape what the encoding of the terminal, or of cron, lacks.
        sys.stdout.reconfigure(errors='backslashreplace')


def configure(argv, program, *cli_opts):
    """Read the configuration and the command line.

    Without --config-file it is that of the engine, as for Heat's own command.

    :param argv: the arguments, as prepare has returned them
    :param program: the name of the command
    :param cli_opts: options of oslo.config that the command line has
    :raises oslo_config.cfg.Error: as oslo.config says
    """
    CONF.register_cli_opts(cli_opts)
    CONF(argv, project='heat', prog=program, version=_version(),
         default_config_files=cfg.find_config_files('heat', 'heat-engine'))
    logs.set_up(program, reason)


def _version():
    """Return what --version prints; nothing if heat is not installed."""
    try:
        return metadata.version('heat')
    except metadata.PackageNotFoundError:
        return ''


def connected_engine(creates_file=False):
    """Return the Engine for [database] connection, after a first connection.

    :param creates_file: whether to make a file of SQLite that is not there
    :raises heat.db.exception.InvalidConnection: there is no way to
        connect; the text shows no password
    """
    url.check()
    location = CONF.get_location('connection', 'database').location
    if not location.is_user_controlled:
        print(output.line(
            _('No [database] connection is configured: using %s') %
            os.path.abspath(make_url(CONF.database.connection).database)),
            file=sys.stderr)
    if not creates_file:
        _require_file()
    try:
        engine = get_engine()
    except db_exception.DBConnectionError as error:
        raise _not_connected(error) from error
    try:
        engine.connect().close()
    except DATABASE_ERRORS as error:
        raise _not_connected(error) from error
    except Exception as error:
        # The text of a driver's own error may quote what it was given.
        raise exception.InvalidConnection(
            _('can not connect to %(url)s: the driver raises %(class)s; '
              'check what [database] connection has behind the name of the '
              'database') %
            {'url': url.masked(), 'class': type(error).__name__}) from None
    return engine


def _require_file():
    """Refuse a file of SQLite that is not there."""
    for name in url.OPTIONS:
        if CONF.database[name] and sqlite_file.is_missing(
                make_url(CONF.database[name])):
            raise exception.InvalidConnection(
                _('%(url)s: there is no such file (the current directory is '
                  '%(directory)s); check [database] %(name)s, or let '
                  'heat-manage db_sync make it') %
                {'url': url.masked(name), 'name': name,
                 'directory': os.getcwd()})


def _not_connected(error):
    return exception.InvalidConnection(
        _('can not connect to %(url)s: %(reason)s; check [database] '
          'connection and the server') %
        {'url': url.masked(), 'reason': reason(error)})


def newest_engine(needs_indexes=False):
    """Return the Engine of a database that is at the newest version.

    :param needs_indexes: tell of those that are missing
    :raises heat.db.exception.MigrationError: it is at another one
    :raises heat.db.exception.InvalidConnection: as connected_engine
    """
    from heat.db.sqlalchemy.migration import plan
    engine = connected_engine()
    status = plan.db_status(engine)
    if status.pending:
        raise exception.MigrationError(
            _('the database is at version %(version)d, and this command '
              'works at %(newest)d: run heat-manage db_sync%(option)s first') %
            {**status._asdict(),
             'option': ' --repair-stamp' if status.alembic else ''})
    if needs_indexes and status.missing_indexes:
        output.tell('heat-manage', _(
            'this may take many times as long as with the indexes that '
            'heat-manage db_sync makes: %s') %
            ', '.join(status.missing_indexes))
    return engine


def run(program, body, interrupted, failed=exits.FAILED):
    """Run what a program does, and return its exit status.

    What fails says why in one line on stderr.

    :param body: returns the exit status; called with nothing
    :param interrupted: what to tell after a SIGINT
    :param failed: the exit status after an error
    """
    try:
        status = body()
        sys.stdout.flush()
        return status
    except KeyboardInterrupt:
        output.tell(program, interrupted)
        return exits.INTERRUPTED
    except BrokenPipeError:
        return exits.NO_READER
    except Exception as error:
        report(program, error)
        return failed
    finally:
        output.drop_unwritten()


def report(program, error):
    """Print one line on stderr for an error, with --debug a traceback too."""
    output.tell(program, words(error))


def words(error):
    """Return what an error says, without a password; trace it with --debug."""
    if CONF.debug:
        traceback.print_exception(error)
    if isinstance(error, DATABASE_ERRORS):
        text = '%s: %s' % (
            url.masked(getattr(error, 'option', 'connection')),
            reason(error))
        if isinstance(error, db_exception.DBConnectionError):
            text += _('; the connection was lost: run it again, and it goes '
                      'on from there')
        return text
    if isinstance(error, OSError) and error.filename:
        return '%s: %s' % (error.filename, error.strerror)
    text = ' '.join(str(error).split())
    if isinstance(error, cfg.ConfigFileParseError):
        # It ends with the line of the file, which may hold any secret.
        return re.sub(r""": ['"].*""", '', text)
    if isinstance(error, (exception.HeatException, cfg.Error)):
        return text
    return _('%(class)s: %(text)s; --debug shows where') % {
        'class': type(error).__name__, 'text': text}


def reason(error):
    """Return what a driver says, in one line and without the statement."""
    cause = error
    while cause is not None:
        error = cause
        cause = (getattr(error, 'inner_exception', None) or
                 getattr(error, 'orig', None))
    # PyMySQL has a number before the text.
    text = str(error.args[-1] if error.args else error)
    return url.without_arguments(' '.join(text.split()))
