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

"""The figures as text."""

import operator

NOTES = '''\
driver: the bare DBAPI driver, which commits each statement; ratios are to it.
stack_update, public: as SQLAlchemy executes it where someone listens.
for update: SQLAlchemy's ORM with its defaults, SELECT ... FOR UPDATE.
enginefacade: oslo.db's, around one UPDATE with a condition.
..., any: overwrites whatever traversal there is, and so never conflicts.
A success that another one had made impossible is a double win: SQLite has no
FOR UPDATE, and SQLAlchemy leaves it out.
On a Galera cluster, only stack_update waits for what other nodes have written
before it says which traversal a stack is in.'''


def text(results):
    """Return tables of all results."""
    lines = ['%s: %s' % item for item in _flat(results['machine'])]
    for engine, server in results['servers'].items():
        lines += ['', '%s: %s' % (engine, server), '']
        lines += _calls(_of(results['latency'], engine=engine),
                        _of(results['counts'], engine=engine))
        lines += _contention(_of(results['contention'], engine=engine))
    return '\n'.join(lines + ['', NOTES])


def tables(results):
    """Yield a name and the rows of each table of the documentation."""
    for scenario, in _distinct(results['latency'], 'scenario'):
        group = sorted(_of(results['latency'], scenario=scenario),
                       key=operator.itemgetter('delay_ms'))
        trips = {one['way']: one['round_trips'] for one in results['counts']
                 if one['scenario'] == scenario and one['round_trips']}
        columns = _distinct(group, 'engine', 'delay_ms')
        yield scenario, [[
            '', 'round trips', *(engine + (' + %g ms' % delay if delay else '')
                                 for engine, delay in columns)], *(
            [way, '%g' % trips[way] if way in trips else '-', *(
                '%.2f' % one['ratio'] for engine, delay in columns for one in
                _of(group, engine=engine, delay_ms=delay, way=way))]
            for way, in _distinct(group, 'way'))]
    group = _of(results['contention'], mode='threads', delay_ms=0)
    for name in 'decisions', 'successes':
        yield name, [['', 'writers', *results['servers']], *(
            [way, writers, *(
                _or_dash(one['ratio_of_%s_per_s' % name]) for one in _of(
                    group, way=way, writers=writers))]
            for way, writers in _distinct(group, 'way', 'writers')
            if way != 'driver')]


def _or_dash(ratio):
    return '-' if ratio is None else '%.2f' % ratio


def _flat(machine):
    for name, value in machine.items():
        yield name, (', '.join('%s %s' % item for item in value.items())
                     if isinstance(value, dict) else value)


def _of(records, **wanted):
    return [record for record in records
            if all(record[name] == value for name, value in wanted.items())]


def _distinct(records, *names):
    """Return the values that records have, each once, in their order."""
    return list(dict.fromkeys(
        tuple(record[name] for name in names) for record in records))


def _calls(latency, counts):
    yield '%-28s %9s %9s %6s %11s %11s' % (
        'one call', 'median ms', '99% ms', 'ratio', 'statements',
        'round trips')
    for scenario, delay, select in _distinct(
            latency, 'scenario', 'delay_ms', 'select_1_ms'):
        yield '%s%s%s' % (
            scenario, ', %g ms added to a round trip' % delay if delay else '',
            '; SELECT 1: %.2f ms' % select if select else '')
        for record in _of(latency, scenario=scenario, delay_ms=delay):
            count = _of(counts, scenario=scenario, way=record['way'])[0]
            yield '  %-26s %9.2f %9.2f %6.2f %11g %11s' % (
                record['way'], record['median_ms'], record['p99_ms'],
                record['ratio'], count['statements'],
                'n/a' if count['round_trips'] is None else
                '%g' % count['round_trips'])


def _contention(records):
    for delay, mode in _distinct(records, 'delay_ms', 'mode'):
        group = _of(records, delay_ms=delay, mode=mode)
        yield ''
        yield 'writers to one stack, %s%s' % (
            mode, ', %g ms added to a round trip' % delay if delay else '')
        for title, name in (('decisions/s (ratio)', 'decisions_per_s'),
                            ('successes/s (ratio)', 'successes_per_s')):
            yield from _rates(group, title, name)
        yield from filter(None, map(_oddities, group))


def _rates(group, title, name):
    yield '%-20s' % title + ''.join(
        '%17s' % writers for writers, in _distinct(group, 'writers'))
    for way, in _distinct(group, 'way'):
        yield '  %-18s' % way + ''.join(
            '%17s' % _rate(record, name) for record in _of(group, way=way))


def _rate(record, name):
    return '%.0f (%s)' % (record[name], _or_dash(record['ratio_of_' + name]))


def _oddities(record):
    odd = dict(record['errors'])
    if record['double_wins']:
        odd['double wins'] = record['double_wins']
    if odd:
        return '  %s, %d writers: %s' % (
            record['way'], record['writers'],
            ', '.join('%d %s' % (number, what)
                      for what, number in odd.items()))
