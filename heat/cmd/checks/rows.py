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

"""What the tables hold that nobody needs."""

from heat.cmd.checks.result import result
from heat.cmd.checks.result import SUCCESS
from heat.common.i18n import _
from heat.db import api


def deleted(command):
    """Count the rows that are deleted softly."""
    counts = api.db_deleted(command.engine)
    text = ', '.join('%s %d' % count for count in sorted(counts.items()))
    return result(SUCCESS, _('Rows marked as deleted: %s.') %
                  (text or _('no tables yet')))
