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

"""Whether secrets are encrypted with a key that is one."""

from heat.cmd.checks.result import FAILURE
from heat.cmd.checks.result import result
from heat.cmd.checks.result import SUCCESS
from heat.cmd.checks.result import WARNING
from heat.common.i18n import _
from heat.db import crypt
from heat.db import exception
from heat.db import options


def key(command):
    """Check auth_encryption_key."""
    try:
        newest = crypt.keys()[0]
    except exception.InvalidEncryptionKey as error:
        return result(FAILURE, str(error))
    if newest == options.PUBLISHED_KEY.encode():
        return result(
            WARNING, _('auth_encryption_key is the default that Heat '
                       'publishes: whoever has a copy of the database '
                       'can decrypt the secrets in it. A key of your own '
                       'makes those unreadable that are encrypted '
                       'already, unless the engines read the old one '
                       'from auth_encryption_previous_keys.'))
    if len(newest) < crypt.KEY_SIZES[0]:
        return result(
            WARNING, _('auth_encryption_key has %d characters; Heat '
                       'asks for 32.') % len(newest))
    return result(
        SUCCESS, _('auth_encryption_key is not the published default.'))
