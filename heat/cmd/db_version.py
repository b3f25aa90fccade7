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

"""heat-manage db_version."""

from heat.cmd import common
from heat.cmd import output
from heat.common.i18n import _
from heat.db.sqlalchemy.migration import migrate_version


def add_arguments(parser):
    parser.add_argument('--verbose', action='store_true',
                        help=_('the newest version and what is pending, too'))


def run(args):
    """Print the version of the database."""
    engine = common.connected_engine()
    if args.verbose:
        from heat.db.sqlalchemy.migration import plan
        status = plan.db_status(engine)
        output.show(args.format, output.pending(status), **status._asdict())
    else:
        version = migrate_version.db_version(engine)
        output.show(args.format, [version], version=version)
