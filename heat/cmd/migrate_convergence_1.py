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

"""heat-manage migrate_convergence_1: an engine does it, over messaging."""

import importlib

from heat.cmd import common
from heat.cmd import output
from heat.common.config import CONF
from heat.common import context
from heat.common.i18n import _
from heat.db import exception

# Of Heat's engines.
TOPIC = 'engine'
VERSION = '1.34'


def add_arguments(parser):
    parser.add_argument('stack_id', metavar='STACK_ID',
                        help=_('a stack that is nested in no other one'))


def run(args):
    """Let an engine go on with a stack by convergence."""
    from heat.db import api
    common.newest_engine()
    admin = context.RequestContext(is_admin=True)
    if api.stack_get(admin, args.stack_id) is None:
        raise exception.NotFound(_('there is no stack "%s"') %
                                 output.short(args.stack_id))
    call_engine(admin, args.stack_id)
    output.show(args.format, [_('Stack %s is done with convergence from now '
                                'on.') % args.stack_id],
                stack_id=args.stack_id)


def call_engine(admin, stack_id):
    """Ask an engine, and wait for its answer.

    :raises heat.db.exception.DatabaseLayerError: oslo.messaging is not
        installed, no engine answers, or it refuses
    """
    messaging = _messaging()
    messaging.set_transport_defaults('heat')
    try:
        client = messaging.get_rpc_client(
            messaging.get_rpc_transport(CONF),
            messaging.Target(topic=TOPIC, version=VERSION))
        client.call(admin.to_dict(), 'migrate_convergence_1',
                    stack_id=stack_id)
    except messaging.RemoteError as error:
        raise exception.DatabaseLayerError(
            _('the engine refuses: %s') % error.value) from error
    except messaging.MessagingException as error:
        raise exception.DatabaseLayerError(
            _('no engine answers (%s); check transport_url, and that an '
              'engine runs') % type(error).__name__) from error


def _messaging():
    try:
        return importlib.import_module('oslo_messaging')
    except ImportError:
        pass
    raise exception.DatabaseLayerError(
        _('an engine has to do it, and to reach one takes oslo.messaging, '
          'which is not installed here: install it with pip'))
