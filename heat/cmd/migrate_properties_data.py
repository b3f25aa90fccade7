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

"""heat-manage migrate_properties_data.

Exit status: 0 done; 1 the properties of some rows can not be read, and are
where they were.
"""

from heat.cmd import common
from heat.cmd import exits
from heat.cmd import failures
from heat.cmd import output
from heat.common import context
from heat.common.i18n import _


def add_arguments(parser):
    pass


def run(args):
    """Move properties that a Heat before Ocata has stored."""
    from heat.db.sqlalchemy.maintenance import properties_data
    common.newest_engine()
    failed = failures.Failures()
    moved = properties_data.move_properties_data(
        context.RequestContext(is_admin=True), failed.add)
    failed.tell_rest()
    # A table of which none was moved is not in it.
    moved = {table: moved[table] for table in ('resource', 'event')}
    output.show(args.format, [
        _('Properties moved: %(resource)d of resources, %(event)d of '
          'events.') % moved],
        moved=moved, failed=failed.number)
    return exits.FAILED if failed.number else exits.DONE
