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

"""heat-manage resource_data_list.

Exit status: 0 done; 1 some values can not be read, and stderr names their
keys; or there are none.
"""

import re

from heat.cmd import common
from heat.cmd import exits
from heat.cmd import output
from heat.common import context
from heat.common.i18n import _
from heat.db import exception

# As in Heat's own.
LINE = '%-16s %-64s'


def add_arguments(parser):
    parser.add_argument(
        'resource_id', metavar='RESOURCE_ID',
        help=_('the number of the resource in the database (resource.id)'))


def run(args):
    """Print what a resource keeps, secrets in clear."""
    from heat.db.sqlalchemy.maintenance import resource_values
    if not re.fullmatch('[0-9]{1,10}', args.resource_id):
        raise exception.InvalidValues(
            _('a resource is told by its number in the database, and not by '
              '"%s"') % output.short(args.resource_id), ['RESOURCE_ID'])
    common.newest_engine()
    try:
        values, errors = resource_values.read_all(
            context.RequestContext(is_admin=True), int(args.resource_id))
    except exception.NotFound:
        raise exception.NotFound(
            _('there is no resource %s, or it keeps nothing') %
            args.resource_id) from None
    for key, error in errors.items():
        output.tell('heat-manage', _(
            'the value of %(key)s can not be read: %(reason)s') % {
                'key': key, 'reason': error})
    output.show(args.format, (LINE % item for item in values.items()),
                data=values, unreadable=list(errors))
    return exits.FAILED if errors else exits.DONE
