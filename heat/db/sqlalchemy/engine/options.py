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
"""The options of [database], as whoever owns the process has set them."""

from oslo_config import cfg
from oslo_db import options

# For a first try: a file in the current directory.
DEFAULT_CONNECTION = 'sqlite:///heat.sqlite'

# Read in place of oslo.db's own defaults, which stay as they are.
_DEFAULTS = {
    # A call that the database keeps refusing gives up within ten seconds.
    'db_max_retries': 10,
    'db_max_retry_interval': 1,
    # oslo.db's 0 sets the level of SQLAlchemy's logger.
    'connection_debug': -1,
}
_OSLO_DEFAULTS = {option.name: option.default
                  for option in options.database_opts}


def get(name):
    """Return an option of [database]; oslo.db's are registered if need be.

    :raises oslo_config.cfg.Error: as oslo.config says
    """
    cfg.CONF.register_opts(options.database_opts, 'database')
    value = cfg.CONF.database[name]
    if name in _DEFAULTS and not _is_set(name, value):
        return _DEFAULTS[name]
    return value


def _is_set(name, value):
    """Tell whether a user has set an option, or code to another value.

    oslo.config does not forget where it was set when that is cleared.
    """
    location = cfg.CONF.get_location(name, 'database').location
    return location.is_user_controlled or value != _OSLO_DEFAULTS[name]
