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
"""The options that the database layer reads, registered when it reads them.

Most of them are Heat's own. Heat declares them with help texts of its own, and
oslo.config refuses two options of one name that are not the same in all. So
nothing is registered on import, nor ever where the application has an option
of that name: then its own is read. What oslo.db reads, in [database], it
declares itself.
"""

import importlib

from oslo_config import cfg

from heat.common.i18n import _

# What Heat has when no key is configured, as everybody can read.
PUBLISHED_KEY = 'notgood but just long enough i t'

OPTS = (
    cfg.StrOpt(
        'auth_encryption_key',
        secret=True,
        default=PUBLISHED_KEY,
        help=_('The key that secrets in the database are encrypted with: 32 '
               'ASCII characters, the same for all engines. The default is '
               'known to everybody.')),
    cfg.MultiStrOpt(
        'auth_encryption_previous_keys',
        secret=True,
        default=[],
        help=_('Keys that secrets in the database may still be encrypted '
               'with; they are read with these too. One in a line, each with '
               'the name of the option.')),
    cfg.IntOpt(
        'max_events_per_stack',
        min=0,
        default=1000,
        help=_('How many events of a stack are kept at most: when there are '
               'more, the oldest are deleted. 0 keeps all.')),
    cfg.IntOpt(
        'event_purge_batch_size',
        min=1,
        default=200,
        help=_('How many events of a stack are deleted at a time when there '
               'are too many.')),
    cfg.ListOpt(
        'hidden_stack_tags',
        default=[],
        help=_('Stacks with one of these tags are left out of lists, unless '
               'hidden ones are asked for. Separated by commas.')),
)

# Where Heat declares options of those names. Imported later, it would find
# them taken.
OF_HEAT = ('heat.common.config', 'heat.common.crypt')


def get(name):
    """Return the value of one of the options above.

    :raises oslo_config.cfg.Error: as oslo.config says; its text may quote
        the value
    """
    if name not in cfg.CONF:
        _register(name)
    return cfg.CONF[name]


def _register(name):
    for module in OF_HEAT:
        try:
            importlib.import_module(module)
        except ImportError:
            # The application is not Heat.
            pass
    if name not in cfg.CONF:
        cfg.CONF.register_opts([opt for opt in OPTS if opt.name == name])


def list_opts():
    """Return the options for oslo-config-generator."""
    return [('DEFAULT', OPTS)]
