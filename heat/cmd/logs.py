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

"""Where the log of a command goes, and what is told besides."""

import logging
import sys

from oslo_config import cfg
from oslo_log import log

from heat.cmd import output
from heat.common.config import CONF
from heat.common.i18n import _
from heat.db.sqlalchemy.engine import facade
from heat.db.sqlalchemy.engine import url

PLACES = ('log_config_append', 'log_file', 'log_dir')


def set_up(program, reason):
    """Let the log go where the configuration says, otherwise to stderr.

    The file of a log may be another user's, as after root has run the same
    command. That stops nobody who has not asked for this file.

    :param program: the name of the command
    :param reason: a function of an error that returns what a driver says
    :raises Exception: what the command line says can not be done
    """
    if not (CONF.log_file or CONF.log_dir):
        # On stdout are the results.
        CONF.set_default('use_stderr', True)
    try:
        log.setup(CONF, 'heat')
    except (OSError, log.LogConfigError) as error:
        if any(_is_argument(name) for name in PLACES):
            raise
        output.tell(program, _('no log is written: %s') % error)
        for name in PLACES:
            CONF.set_override(name, None)
        CONF.set_override('use_stderr', True)
        log.setup(CONF, 'heat')
    if not CONF.use_stderr:
        facade.LOG.logger.addHandler(_Waiting(program, reason))


def _is_argument(name):
    found = CONF.get_location(name)
    return found and found.location is cfg.Locations.command_line


class _Waiting(logging.Handler):
    """Says on stderr, once, that the database does not answer yet.

    With max_retries = -1 a command waits for ever, and looks as if it hung.
    """

    def __init__(self, program, reason):
        super().__init__(logging.WARNING)
        self._program = program
        self._reason = reason

    def emit(self, record):
        facade.LOG.logger.removeHandler(self)
        output.tell(self._program, _(
            '%(url)s does not answer: %(reason)s; it is asked again, as often '
            'as [database] max_retries says') % {
                'url': url.masked(),
                'reason': self._reason(sys.exc_info()[1])})
