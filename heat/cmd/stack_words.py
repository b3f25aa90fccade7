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
"""What is known of a stack, and what is wrong with it, in plain words."""

import collections

from heat.cmd import output
from heat.cmd import stacks
from heat.common.i18n import _
from heat.db.sqlalchemy.maintenance import stack_diagnosis as diagnosis
from heat.db.sqlalchemy.maintenance import traversal

# Of findings of a kind, of nodes, and of what to do, so many are shown.
SHOWN = 10
# Of nested stacks, those in progress before others.
MOST_NESTED = 50

_FINDINGS = {
    diagnosis.STACK_LOCK: _('the stack is locked by %(engine)s'),
    diagnosis.NO_LOCK: _(
        'the stack is in progress for %(age)s, but no engine has its lock: '
        'nobody works on it'),
    diagnosis.RESOURCE_LOCK: _('%(subject)s is locked by %(engine)s'),
    diagnosis.NO_ENGINE: _(
        '%(subject)s is in progress for %(age)s, but no engine has it'),
    diagnosis.NESTED_GONE: _(
        '%(subject)s waits for a nested stack that was deleted %(age)s ago'),
    diagnosis.UNREADABLE: _(
        'the dependencies of the traversal can not be read in whole: its '
        'current_deps is not what Heat stores'),
    diagnosis.NO_JSON: _(
        "the stack's current_deps is no JSON: Heat can not read the stack, "
        'nor list the stacks of its tenant'),
    diagnosis.NOT_STARTED: _(
        'the stack is in progress for %(age)s, but its traversal has no sync '
        'points: the engine that was to begin it is gone'),
    diagnosis.NO_SYNC_POINT: _(
        'the traversal can not go on to %(nodes)s: their sync points are '
        'missing'),
    diagnosis.LOST_TURN: _(
        '%(nodes)s has had its turn for %(age)s, but no engine has it: the '
        'message that starts it is lost, or waits in a queue'),
    diagnosis.ROW_GONE: _(
        '%(nodes)s can not be done: its row in the database is gone, and what '
        'waits for it waits for ever'),
    diagnosis.NOT_ENDED: _(
        'all resources are done for %(age)s, but no engine has noted the end '
        'of the traversal'),
    diagnosis.NESTED: _(
        'nested stack %(subject)s has hung for %(age)s: no engine works on '
        'it: heat-manage stack_status %(id)s tells why'),
}
_NESTED_DIED = _(
    'nested stack %(subject)s has hung for %(age)s: %(locked)s locked by '
    '%(engine)s: heat-manage stack_status %(id)s tells more')
_NESTED_AT_REST = _(
    'nested stack %(subject)s is at rest, but locked by %(engine)s, or '
    'something in it is: heat-manage stack_status %(id)s tells more')


class Words:
    """Lines about a stack.

    :param report: a Report of stack_report
    :param graph: its Traversal
    """

    def __init__(self, report, graph):
        self._report = report
        self._graph = graph
        self._rows = {str(row['id']): row for row in report.resources}

    def lines(self, findings):
        """Yield all that is known, the diagnosis last."""
        yield from self._stack()
        yield from self._resources()
        yield from self._sync_points()
        yield from self._nested()
        yield from self._diagnosis(findings)

    def finding(self, one):
        """Return a Finding in words."""
        subject, engine_id = one.subject or {}, one.engine_id
        text, named = _FINDINGS[one.kind], self._resource
        if one.kind == diagnosis.NESTED:
            named = self._quoted
            if not diagnosis.is_in_progress(subject):
                text = _NESTED_AT_REST
            elif engine_id:
                text = _NESTED_DIED
        age = _('long') if one.seconds is None else stacks.age(one.seconds)
        return text % {
            'subject': named(subject), 'id': subject.get('id'),
            'locked': _('it is') if subject.get('engine_id') == engine_id else
            _('a resource of it is'),
            'engine': engine_id and self._engine(engine_id),
            'nodes': self._nodes(one.nodes), 'age': age}

    def _quoted(self, row):
        return '"%s"' % row.get('name')

    def _resource(self, row):
        return _('resource %(name)s (id %(id)s)') % {
            'name': self._quoted(row), 'id': row.get('id')}

    def _node(self, node):
        row = self._rows.get(node.entity_id, {'id': node.entity_id})
        if node == self._graph.stack_node:
            return _('the end of the traversal')
        if 'name' not in row:
            row = {**row, 'name': '?'}
        return self._resource(row) if node.is_update else (
            _('cleanup of %s') % self._resource(row))

    def _nodes(self, nodes):
        return _some([self._node(node) for node in sorted(nodes)])

    def _engine(self, engine_id):
        one = self._report.engines[engine_id]
        if one.last_seen is None:
            return _('engine %s, which no service has that is known') % one.id
        seconds = (self._report.now - one.last_seen).total_seconds()
        return _('engine %(id)s on %(host)s, which last reported %(age)s '
                 'ago') % {'id': one.id, 'host': one.host,
                           'age': stacks.age(seconds)}

    def _lock(self, engine_id, none='-'):
        if engine_id is None:
            return none
        return _('%(id)s (%(how)s)') % {'id': engine_id, 'how': _('dead') if (
            self._graph.is_dead(engine_id)) else _('alive')}

    def _stack(self):
        row = self._report.stack
        yield _('Stack %(name)s (%(id)s)') % {
            'name': self._quoted(row), 'id': row['id']}
        yield from _indented([
            [_('status'), '%s: %s' % (stacks.status(row),
                                      row['status_reason'] or '-')],
            [_('tenant'), row['tenant']],
            [_('created at'), _time(row['created_at'])],
            [_('updated at'), _time(row['updated_at'])],
            [_('in stack'), row['owner_id'] or '-'],
            [_('engine'), _('by traversals') if row['convergence'] else
             _('by one engine (legacy)')],
            [_('traversal'), row['current_traversal'] or _('none')],
            [_('template'), row['raw_template_id']],
            [_('previous one'), row['prev_raw_template_id'] or '-'],
            [_('lock'), self._lock(row['engine_id'], _('nobody has it'))]])

    def _resources(self):
        if not self._report.resources:
            yield _('Resources: none')
            return
        states = collections.defaultdict(list)
        for node, state in sorted(self._graph.states.items(), reverse=True):
            states[node.entity_id].append(
                state if node.is_update else _('cleanup: %s') % state)
        yield _('Resources:')
        yield from _indented([
            [_('NAME'), _('ID'), _('STATUS'), _('IN THE TRAVERSAL'),
             _('TEMPLATE'), _('LOCK')],
            *([row['name'], row['id'], stacks.status(row),
               '; '.join(states.get(str(row['id']), '-')),
               row['current_template_id'] or '-',
               self._lock(row['engine_id'])]
              for row in self._report.resources)])

    def _sync_points(self):
        counts = past_sync_points(self._report)
        present = [node for node, one in self._graph.progress.items()
                   if one.present is not None]
        yield _('Sync points of the traversal: %(number)d of %(all)d') % {
            'number': len(present), 'all': len(self._graph.progress)}
        for node in sorted(present):
            awaited, got, since = self._graph.progress[node]
            if awaited - got:
                yield _('  %(node)s has %(got)d of %(all)d, and waits for '
                        '%(others)s') % {
                    'node': self._node(node), 'got': len(awaited & got),
                    'all': len(awaited), 'others': self._nodes(awaited - got)}
        for traversal_id, number in sorted(counts.items()):
            yield _('Sync points of the past traversal %(id)s: %(number)d') % {
                'id': traversal_id, 'number': number}

    def _nested(self):
        if not self._report.nested:
            return
        yield _('Nested stacks:')
        shown = sorted(self._report.nested, key=lambda row: (
            not diagnosis.is_in_progress(row)))[:MOST_NESTED]
        yield from _indented([
            [row['name'], row['id'], stacks.status(row),
             self._lock(row['engine_id'])] for row in shown])
        yield from _more(len(self._report.nested) - len(shown))

    def _diagnosis(self, findings):
        yield _('Diagnosis:')
        if not findings:
            yield '  ' + _('nothing is wrong') + self._who_works()
        by_kind = collections.defaultdict(list)
        for one in findings:
            by_kind[one.kind].append(one)
        for some in by_kind.values():
            for one in some[:SHOWN]:
                yield '  ' + self.finding(one)
            yield from _more(len(some) - SHOWN)
        stack_ids = diagnosis.to_reset(self._report, findings)
        if stack_ids:
            yield _('What to do:')
        for stack_id in stack_ids[:SHOWN]:
            yield '  heat-manage reset_stack_status %s' % stack_id
        yield from _more(len(stack_ids) - SHOWN)

    def _who_works(self):
        """Tell which engines work on the stack."""
        number = sum(state == traversal.IN_PROGRESS
                     for state in self._graph.states.values())
        if not number:
            return ''
        return _('; engines are at work on %d resources') % number


def past_sync_points(report):
    """Return {traversal: number} of sync points that nobody needs."""
    return collections.Counter(
        row['traversal_id'] for row in report.sync_points
        if row['traversal_id'] != report.stack['current_traversal'])


def _more(number):
    if number > 0:
        yield _('  and %d more like this; --format json has all') % number


def _some(texts):
    shown = ', '.join(texts[:SHOWN])
    if len(texts) > SHOWN:
        shown += _(' and %d more') % (len(texts) - SHOWN)
    return shown


def _time(time):
    return '-' if time is None else _('%s UTC') % time


def _indented(rows):
    return ('  ' + text for text in output.table(rows))
