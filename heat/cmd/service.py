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

"""heat-manage service: the engines, and which of them are alive."""

from heat.cmd import common
from heat.cmd import output
from heat.common import context
from heat.common.i18n import _

# As in Heat's own: scripts cut the lines at these places.
LINE = '%-16s %-16s %-36s %-10s %-10s %-10s %-10s'


def add_arguments(parser):
    parser.add_argument(
        'action', choices=('list', 'clean'),
        help=_('list: print all services, and whether they still report; '
               'clean: remove those that have not reported for twice their '
               'interval'))


def run(args):
    """List the engines, or remove those that are dead."""
    from heat.db import api
    from heat.db.sqlalchemy.maintenance import services
    common.newest_engine()
    admin = context.RequestContext(is_admin=True)
    if args.action == 'clean':
        removed = [_described(row, False)
                   for row in services.service_clean(admin)]
        output.show(args.format, [
            *map(_removed_line, removed), _('Dead engines are removed.')],
            removed=removed)
    else:
        found = [_described(row, services.is_alive(row))
                 for row in api.service_get_all(admin)]
        output.show(args.format, _table(found), services=found)


def _described(row, is_alive):
    """Return what is shown of a models.Service."""
    times = {name: getattr(row, name) and str(getattr(row, name))
             for name in ('created_at', 'updated_at')}
    return {**{name: getattr(row, name) for name in (
        'id', 'hostname', 'binary', 'engine_id', 'host', 'topic',
        'report_interval')}, **times, 'status': 'up' if is_alive else 'down'}


def _table(found):
    yield LINE % (_('Hostname'), _('Binary'), _('Engine_Id'), _('Host'),
                  _('Topic'), _('Status'), _('Updated At'))
    for one in found:
        yield LINE % tuple(one[name] for name in (
            'hostname', 'binary', 'engine_id', 'host', 'topic', 'status',
            'updated_at'))


def _removed_line(one):
    return _('Removed: %(hostname)s %(binary)s %(engine_id)s, last heard of '
             'at %(last)s') % {
        **one, 'last': one['updated_at'] or one['created_at']}
