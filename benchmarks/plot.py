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

"""The figures as a picture."""

from benchmarks import figure

COLORS = {'driver': '#7f7f7f', 'stack_update': '#1f77b4',
          'stack_update, public': '#aec7e8',
          'for update': '#d62728', 'enginefacade': '#ff7f0e',
          'stack_update, any': '#1f77b4', 'for update, any': '#d62728'}
MODES = ('threads', 'processes')


def draw(results, path):
    """Write a picture in SVG: a row for each engine."""
    engines = list(results['servers'])
    delays = sorted({record['delay_ms'] for record in results['latency']})
    columns = len(delays) + len(MODES)
    with figure.drawn(
            path, len(engines), columns,
            figsize=(4.2 * columns, 3.2 * len(engines))) as (drawn, axes):
        for engine, row in zip(engines, axes):
            for delay, axis in zip(delays, row):
                _calls(axis, results['latency'], engine, delay)
            for mode, axis in zip(MODES, row[len(delays):]):
                _contention(axis, results['contention'], engine, mode)
            row[0].set_ylabel(engine, fontsize='x-large')
        drawn.legend(*axes[0][-1].get_legend_handles_labels(),
                     loc='upper center', ncols=len(COLORS))
        drawn.tight_layout(rect=(0, 0, 1, 0.95))


def _calls(axis, records, engine, delay):
    """Draw bars for the medians, and thin lines up to the 99th percentile."""
    found = [record for record in records
             if (record['engine'], record['delay_ms']) == (engine, delay)]
    if not found:
        axis.set_visible(False)
        return
    for place, record in enumerate(reversed(found)):
        axis.barh(place, record['median_ms'], color=COLORS[record['way']])
        axis.plot([record['median_ms'], record['p99_ms']], [place, place],
                  color=COLORS[record['way']], linewidth=1)
    axis.set_yticks(range(len(found)), [
        '%(way)s (%(scenario)s)' % record for record in reversed(found)],
        fontsize='small')
    axis.set_xlim(0, 2.5 * max(record['median_ms'] for record in found))
    axis.set_title('one call, ms%s' % (
        ', %g ms added' % delay if delay else ''))


def _contention(axis, records, engine, mode):
    for way, color in COLORS.items():
        found = [record for record in records
                 if (record['engine'], record['mode'], record['way'],
                     record['delay_ms']) == (engine, mode, way, 0)]
        axis.plot([record['writers'] for record in found],
                  [record['successes_per_s'] for record in found],
                  marker='o', markersize=3, color=color, label=way,
                  linestyle=':' if way.endswith('any') else '-')
    axis.set_xscale('log', base=2)
    axis.set_yscale('symlog', linthresh=10)
    axis.set_ylim(bottom=0)
    axis.xaxis.set_major_formatter('{x:.0f}')
    axis.set_title('successes/s, %s' % mode)
    axis.set_xlabel('writers to one stack', fontsize='small')
