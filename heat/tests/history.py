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

"""What writers of one stack did and were told, and whether it can be true.

The fence promises that the calls of all writers have the effect of calls made
one after the other. Each takes effect at some time between its start and its
end, and no two traversals have the same id, so that a record of all calls
tells whether the promise was kept.
"""

import collections
import json
import math
import typing


class Operation(typing.NamedTuple):
    """One call of stack_update, as its caller saw it.

    :ivar start: time.monotonic_ns() before the call: one clock for all the
        processes of a machine
    :ivar expected: the traversal that the caller expected
    :ivar value: the text that it wrote; no other call writes the same
    :ivar outcome: 'ok'; 'conflict'; or 'error': it may have come into effect
        or not, and that even after its end
    :ivar new: the traversal that it started; None for a mere write
    :ivar actual: the traversal that the conflict named
    """

    writer: str
    start: int
    end: int
    expected: str
    value: str
    outcome: str
    new: str = None
    actual: str = None
    error: str = None

    @property
    def latest(self):
        """The last moment at which it can have come into effect."""
        return math.inf if self.outcome == 'error' else self.end

    def __str__(self):
        return 'writer %s (%.6f to %.6f s, expecting %s)' % (
            self.writer, self.start / 1e9, self.end / 1e9, self.expected)


class Addition(typing.NamedTuple):
    """One call of sync_point_add_input, as its caller saw it.

    :ivar told: whether it was the last one; None is an error: the input may
        be there or not
    """

    name: str
    start: int
    end: int
    told: bool


def dump(history):
    """Return JSON, one line for each operation."""
    return ''.join(json.dumps(operation._asdict()) + '\n'
                   for operation in history)


def load(lines):
    return [Operation(**json.loads(line)) for line in lines.splitlines()]


def summary(history):
    """Return in words how often there was which outcome."""
    counter = collections.Counter(
        ' '.join(filter(None, (o.outcome, o.error,
                               'transition' if o.new else 'write')))
        for o in history)
    return '%d operations: %s' % (len(history), ', '.join(
        '%d %s' % (n, outcome) for outcome, n in sorted(counter.items())))


def check(history, initial, final_traversal, final_value, unsure=()):
    """Find what can not be true.

    :param history: all the operations on one stack, in any order
    :param initial: the traversal of the stack before the first of them
    :param final_traversal: the traversal that is stored after the last one
    :param final_value: the text that is stored then
    :param unsure: how the names of the writers begin whose connections may
        have been lost. When others have gone on before such a writer could
        ask, a conflict does not tell it that its own transition had come
        into effect
    :returns: a list of violations in words; empty if there is none
    """
    transitions = _successful_transitions(history, final_traversal,
                                          tuple(unsure))
    spans = _spans(transitions, initial)
    return [*_broken_chain(transitions, spans, initial, final_traversal),
            *_forks(transitions),
            *_stale_writes(history, spans),
            *_wrong_store(history, transitions, final_traversal, final_value),
            *_wrong_conflicts(history, spans)]


def _successful_transitions(history, final_traversal, unsure):
    """Return the transitions that came into effect, in order of their start.

    One of unknown outcome did if its traversal is stored, or if a success
    expected it; otherwise it must have failed.
    """
    seen = {final_traversal}
    seen.update(o.expected for o in history if o.outcome == 'ok')
    known = [o for o in history if o.new and o.outcome == 'ok']
    unknown = [o for o in history if o.new and (
        o.outcome == 'error' or
        o.outcome == 'conflict' and o.writer.startswith(unsure))]
    while any(o.new in seen for o in unknown):
        known += [o for o in unknown if o.new in seen]
        unknown = [o for o in unknown if o.new not in seen]
        seen.update(o.expected for o in known)
    return sorted(known, key=lambda o: o.start)


def _by_expected(transitions):
    groups = collections.defaultdict(list)
    for operation in transitions:
        groups[operation.expected].append(operation)
    return groups


def _spans(transitions, initial):
    """Return when each traversal can have been current, at the most.

    :returns: {traversal: (begin, end)}, without those that nothing led to
    """
    groups, begins = _by_expected(transitions), {initial: -math.inf}
    chain = groups[initial].copy()
    for operation in chain:  # which grows
        if operation.new not in begins:
            begins[operation.new] = max(operation.start,
                                        begins[operation.expected])
            chain += groups[operation.new]
    # A later traversal that has ended tells that the earlier ones have, too.
    ends = dict.fromkeys(begins, math.inf)
    for operation in reversed(chain):
        ends[operation.expected] = min(
            ends[operation.expected], operation.latest, ends[operation.new])
    return {key: (begins[key], ends[key]) for key in begins}


def _broken_chain(transitions, spans, initial, final_traversal):
    started = {initial}
    for operation in transitions:
        for is_broken, problem in (
                (operation.expected not in spans, 'nothing led to it'),
                (operation.expected == final_traversal, 'it is still stored'),
                (operation.new in started, 'the new one is not new')):
            if is_broken:
                yield 'chain: %s started %s, but %s' % (
                    operation, operation.new, problem)
        started.add(operation.new)
    if final_traversal not in spans:
        yield 'chain: nothing led to the stored %s' % final_traversal


def _forks(transitions):
    for first, *others in _by_expected(transitions).values():
        for other in others:
            yield 'fork: %s started %s, and %s started %s' % (
                first, first.new, other, other.new)


def _stale_writes(history, spans):
    for operation in (o for o in history if o.outcome == 'ok'):
        problem = _misplaced(operation, operation.expected, spans)
        # A transition from nowhere has broken the chain.
        if problem and (operation.expected in spans or not operation.new):
            yield 'stale write: %s was accepted, but what it expected %s' % (
                operation, problem)


def _wrong_conflicts(history, spans):
    for operation in (o for o in history if o.outcome == 'conflict'):
        problem = ('is its own'
                   if operation.actual == operation.expected or
                   operation.new and operation.actual == operation.new
                   else _misplaced(operation, operation.actual, spans))
        if problem:
            yield 'conflict: %s was told %s, which %s' % (
                operation, operation.actual, problem)


def _misplaced(operation, traversal, spans):
    """Tell why a traversal can not have been current during a call."""
    if traversal not in spans:
        return 'never was current'
    begin, end = spans[traversal]
    if operation.start > end:
        return 'had been superseded by %.6f s' % (end / 1e9)
    if operation.end < begin:
        return 'was not started before %.6f s' % (begin / 1e9)


def _wrong_store(history, transitions, final_traversal, final_value):
    """Find a stored text that is not of the last write for its traversal."""
    writes = [o for o in history if o.expected == final_traversal and
              not o.new and o.outcome != 'conflict']
    # Every write for a traversal comes after its start.
    last = [o for o in writes if o.outcome == 'ok'] or [
        o for o in transitions if o.new == final_traversal]
    last_start = max((o.start for o in last), default=-math.inf)
    possible = {o.value for o in writes + last if o.latest >= last_start}
    # Without any write, what was stored before is not known.
    if final_value not in possible and (
            last or final_value in {o.value for o in history}):
        yield 'stored: %r, instead of one of %s' % (
            final_value, sorted(possible))


def check_additions(additions, stored):
    """Find what can not be true of inputs that were added to a sync point.

    :param additions: all of them, each name once, and all were awaited
    :param stored: the names that the sync point has in the end, in its order
    :returns: a list of violations in words; empty if there is none
    """
    place = {name: number for number, name in enumerate(stored)}
    known = [one for one in additions if one.told is not None]
    lost = [one for one in known if one.name not in place]
    there = [one for one in additions if one.name in place]
    return [
        *('lost: %s' % (one,) for one in lost),
        *('stored: nobody has added %s' % name for name in sorted(
            place.keys() - {one.name for one in additions})),
        # The last one comes first.
        *('order: %s is said to have come after %s' % (one, later)
          for one in there for later in there
          if one.end < later.start and place[one.name] < place[later.name]),
        *('told: %s, but %s was the last one' % (one, stored[0])
          for one in known if one.told != (
              [one.name] == list(stored[:1]) and
              len(stored) == len(additions)))]
