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
"""heat-manage reset_stack_status."""

import sys

from heat.cmd import common
from heat.cmd import exits
from heat.cmd import output
from heat.cmd import stacks
from heat.common import context
from heat.common.i18n import _
from heat.db import exception


def add_arguments(parser):
    parser.add_argument('id', metavar='ID', help=stacks.ID_HELP)
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument('--yes', action='store_true',
                        help=_('do not ask whether to go on'))
    choice.add_argument('--dry-run', action='store_true',
                        help=_('only say what it would do'))


def run(args):
    """Let a stack that hangs have failed, with all stacks below it."""
    from heat.db.sqlalchemy.maintenance import stack_reset
    engine = common.newest_engine()
    stack_id = stacks.choose(engine, args)
    plan = stack_reset.reset_plan(engine, stack_id)
    if plan is None:
        raise stacks.deleted_meanwhile(stack_id)
    traversal, numbers = plan
    if args.dry_run:
        output.show(args.format, _plan(stack_id, numbers), would_be=numbers)
    elif args.yes or _is_wanted(stack_id, numbers):
        numbers = _reset(stack_id, traversal)
        output.show(args.format, _result(stack_id, numbers), done=numbers)
    else:
        output.tell('heat-manage', _('nothing was changed'))
        return exits.FAILED
    return exits.DONE


def _is_wanted(stack_id, numbers):
    """Ask at the terminal, or whatever is there, as Heat's own does."""
    for text in _plan(stack_id, numbers):
        print(output.line(text), file=sys.stderr)
    print(_('Go on? [y/N]'), end=' ', file=sys.stderr, flush=True)
    answer = sys.stdin.readline() if sys.stdin else ''
    if not answer:
        print(file=sys.stderr)
        raise exception.InvalidValues(
            _('nobody has answered whether to go on; say so by this option'),
            ['--yes'])
    return answer.lower().startswith('y')


def _reset(stack_id, traversal):
    from heat.db import api
    try:
        return api.reset_stack_status(
            context.RequestContext(is_admin=True), stack_id, traversal)
    except exception.ConcurrentTransition:
        raise exception.InvalidValues(
            _('the stack has begun another traversal since it was looked at, '
              'and may not hang; nothing was changed: look again with '
              'heat-manage stack_status'), [stack_id]) from None


def _plan(stack_id, numbers):
    yield _('Stack %(id)s, a tree of %(number)d stacks. What works on it '
            'would stop. Besides:') % {
        'id': stack_id, 'number': numbers['stacks']}
    yield from _lines(numbers)


def _result(stack_id, numbers):
    yield _('The status of stack %s is reset, and what worked on it stops:'
            ) % stack_id
    yield from _lines(numbers)
    yield _('Now it can be updated or deleted.')


def _lines(numbers):
    for name, text in (
            ('stack', _('stacks that are in progress fail')),
            ('resource', _('resources that are in progress fail')),
            ('stack_lock', _('locks of stacks are given back')),
            ('resource_data', _('hooks are removed')),
            ('sync_point', _('sync points are removed'))):
        yield '  %d %s' % (numbers[name], text)
