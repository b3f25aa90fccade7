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

"""What db_sync would do: for those who read it, and for a client of SQL."""

from heat.cmd import output
from heat.common.i18n import _


def lines(steps):
    """Yield what is listed of versions that are pending.

    :param steps: PlannedVersions
    """
    for step in steps:
        yield output.script_name(
            step.name, step.needs_stopped_services)
        for text in step.told:
            yield '  ' + text


def script(steps):
    """Yield the lines of a script for the client of the database.

    :param steps: PlannedVersions
    """
    yield _('-- For a client that stops at the first error: mariadb or mysql,')
    yield _('-- psql -v ON_ERROR_STOP=1, sqlite3 -bail. No db_sync may run.')
    for step in steps:
        yield '\n-- ' + step.name
        for text in step.told:
            yield '-- ' + text
        if step.needs_stopped_services:
            yield _("-- Needs Heat's services stopped: %s.") % (
                step.needs_stopped_services)
        for statement in step.statements:
            yield statement + ';'
