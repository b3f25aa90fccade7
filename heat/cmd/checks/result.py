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

"""What a check returns."""

from oslo_upgradecheck import upgradecheck

from heat.cmd import output
from heat.common.i18n import _

SUCCESS = upgradecheck.Code.SUCCESS
WARNING = upgradecheck.Code.WARNING
FAILURE = upgradecheck.Code.FAILURE

# Of many names, so many are shown.
SHOWN = 10


def result(code, text):
    """Return the Result of a check."""
    return upgradecheck.Result(code, output.line(text))


def some(names, separator=', '):
    """Return the first of several names, and how many more there are."""
    shown = separator.join(names[:SHOWN])
    if len(names) > SHOWN:
        shown += separator + _('and %d more') % (len(names) - SHOWN)
    return shown
