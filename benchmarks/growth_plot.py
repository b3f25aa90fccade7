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

"""How the cost of calls grows, as a picture."""

from matplotlib import pyplot

from benchmarks import figure

FIGURES = {'median_ms': 'milliseconds', 'read': 'what is read'}
# A call is named that reads so many times as much in the end as at first.
GROWN = 3


def draw(results, path):
    """Write a picture in SVG: a row for each engine, with log axes."""
    engines = list(results['servers'])
    grown = _grown(results['growth'])
    with figure.drawn(
            path, len(engines), len(FIGURES), constrained_layout=True,
            figsize=(13, 4 * len(engines))) as (drawn, axes):
        for engine, row in zip(engines, axes):
            for axis, (name, title) in zip(row, FIGURES.items()):
                _lines(axis, [one for one in results['growth']
                              if one['engine'] == engine], name, grown)
                axis.set_title('%s: %s' % (figure.NAMES[engine], title))
        row[0].set_xlabel('stacks')
        drawn.legend(*axes[0][0].get_legend_handles_labels(),
                     fontsize='small', loc='outside lower center', ncols=3)


def _grown(records):
    """Return a color for each call that grows on an engine, by its name."""
    first, last = {}, {}
    for one in records:
        key = one['call'], one['engine']
        first.setdefault(key, one['read'])
        last[key] = one['read']
    names = sorted({call for call, engine in first if last[call, engine] >
                    GROWN * max(1, first[call, engine])})
    colors = pyplot.get_cmap('tab20')
    return {name: colors(number % 20) for number, name in enumerate(names)}


def _lines(axis, records, name, grown):
    for call in dict.fromkeys(one['call'] for one in records):
        found = [one for one in records if one['call'] == call]
        axis.plot([one['rows'] for one in found],
                  [max(one[name], 0.1) for one in found], linewidth=1,
                  color=grown.get(call, '#d0d0d0'),
                  label=call if call in grown else None,
                  zorder=2 if call in grown else 1)
    axis.set_xscale('log')
    axis.set_yscale('log')
