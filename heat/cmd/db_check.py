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

"""heat-manage db_check.

Exit status: 0 the schema is as it has to be; 2 it differs.
"""

from heat.cmd import common
from heat.cmd import exits
from heat.cmd import output
from heat.common.i18n import _


def add_arguments(parser):
    pass


def run(args):
    """List how the schema differs from what this Heat works with."""
    from heat.db.sqlalchemy.migration import drift
    differences = drift.db_drift(common.connected_engine())
    output.show(args.format,
                differences or [_('The schema is as it has to be.')],
                differences=differences)
    return exits.FOUND if differences else exits.DONE
