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

"""What it takes to migrate, as a picture."""

from benchmarks import figure

COLORS = {'db_sync': '#1f77b4', 'by hand': '#d62728'}
# What no other connection is to wait longer for, in milliseconds.
AIM = 200


def draw(results, path):
    """Write a picture in SVG, with two panels for each run.

    One has the seconds of each version, the other one the longest wait of
    others; versions that need Heat's services stopped are grey.
    """
    runs = results['runs']
    with figure.drawn(path, len(runs), 2, constrained_layout=True,
                      figsize=(13, 3.2 * len(runs))) as (_drawn, axes):
        for run, (seconds, waits) in zip(runs, axes):
            seconds.set_title('%s, %s stacks: seconds' % (
                figure.NAMES[run['engine']], format(run['rows'], ',')))
            waits.set_title('longest wait of others, ms')
            waits.axhline(AIM, color='black', linewidth=0.5)
            for axis, value in ((seconds, _seconds), (waits, _longest)):
                _bars(axis, run, value)
            seconds.legend()


def _seconds(version):
    return version['seconds']


def _longest(version):
    return max(version['longest_ms'].values())


def _bars(axis, run, value):
    ways = {'db_sync': run['versions']}
    if 'by_hand' in run:
        ways['by hand'] = run['by_hand']['versions']
    shown = [version for version in run['versions']
             if not version['version'].endswith('placeholder')]
    places = {version['version']: place
              for place, version in enumerate(shown)}
    for place, version in enumerate(shown):
        if version['marked']:
            axis.axvspan(place - 0.5, place + 0.5, color='#e5e5e5')
    for side, (way, versions) in enumerate(ways.items()):
        found = [version for version in versions
                 if version['version'] in places]
        axis.bar([places[version['version']] + 0.4 * side - 0.2
                  for version in found], list(map(value, found)), 0.4,
                 color=COLORS[way], label=way)
    axis.set_yscale('log')
    axis.set_xticks(range(len(shown)), [
        version['version'].partition('_')[0] for version in shown],
        rotation=90)
    axis.margins(x=0.01)
