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
"""Which stack is meant, and how long ago something was, in words."""

from heat.cmd import output
from heat.common.i18n import _
from heat.db import exception

ID_HELP = _('of the stack, or its name if only one has it')

# The units of an age, and from how many of the next smaller one they are used.
_UNITS = ((86400, 48 * 3600, _('%d d')), (3600, 120 * 60, _('%d h')),
          (60, 120, _('%d min')), (1, 0, _('%d s')))


def choose(engine, args):
    """Return the id of the live stack that args.id names.

    Several of one name are printed.

    :raises heat.db.exception.NotFound: there is none, or it was deleted
    :raises heat.db.exception.InvalidValues: several have the name
    """
    from heat.db.sqlalchemy.maintenance import stack_report
    found = stack_report.find(engine, args.id)
    live = [row for row in found if row['deleted_at'] is None]
    if len(live) == 1:
        return live[0]['id']
    shown = output.short(args.id)
    if live:
        _print(args, live)
        raise exception.InvalidValues(
            _('several stacks have this name; use one of their ids'), [shown])
    if found:
        raise exception.NotFound(
            _('stack %(stack)s was deleted at %(time)s UTC; there is nothing '
              'to be done for it') %
            {'stack': shown, 'time': found[-1]['deleted_at']})
    raise exception.NotFound(
        _('there is no stack with the id or the name %s') % shown)


def deleted_meanwhile(stack_id):
    """Return the error for a stack that was there a moment ago."""
    return exception.NotFound(_('stack %s was deleted just now') % stack_id)


def _print(args, stacks):
    rows = [[row['id'], row['name'], _('tenant %s') % row['tenant'],
             status(row), _('created at %s') % row['created_at']]
            for row in stacks]
    output.show(args.format, output.table(rows),
                stacks=list(map(plain, stacks)))


def status(row):
    """Return the action and the status of a stack or a resource."""
    return '%s %s' % (row['action'], row['status'])


def plain(row):
    """Return a row as JSON can hold it, without passwords of URLs."""
    return {name: value if isinstance(value, (bool, int, type(None))) else
            output.without_password(value) for name, value in row.items()}


def age(seconds):
    """Return how long something has lasted."""
    for size, least, text in _UNITS:
        if seconds >= least:
            break
    return text % max(0, seconds // size)
