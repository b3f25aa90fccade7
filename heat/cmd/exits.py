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

"""The exit statuses of heat-manage: one table for all commands."""

from heat.common.i18n import _

DONE = 0
FAILED = 1
FOUND = 2
UNKNOWN = 3
HALF_APPLIED = 4
NEEDS_STOPPED_SERVICES = 5
MORE = 6
INTERRUPTED = 130
NO_READER = 141

# The manual page is made from it.
MEANINGS = {
    DONE: _('done'),
    FAILED: _('refused, or failed; a line on stderr says why'),
    FOUND: _('what was looked for is there: versions that are pending, a '
             'schema that differs, what is wrong with a stack, values that '
             'another key encrypts; or the command line makes no sense, and '
             'stderr says so'),
    UNKNOWN: _('the database is newer than this Heat, or unknown'),
    HALF_APPLIED: _('a version of the schema is half applied; db_sync goes '
                    'on from there'),
    NEEDS_STOPPED_SERVICES: _("a version that needs Heat's services stopped "
                              "is next; db_sync --online ended before it"),
    MORE: _('a limit that was asked for ended it, and there is more to do: '
            'run it again'),
    INTERRUPTED: _('interrupted by SIGINT; run it again, and it goes on from '
                   'there'),
    NO_READER: _('who read the output has closed it, as head does; run it '
                 'again, and it goes on from there'),
}
