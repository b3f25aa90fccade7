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

import matplotlib
from matplotlib import pyplot

COLORS = {'sqlite': '#7f7f7f', 'mysql': '#d62728', 'postgresql': '#1f77b4'}
PANELS = (('seconds', lambda run: run['seconds']),
          ('memory of db_sync, MiB', lambda run: run['memory_mib']),
          ('longest wait of others, ms', lambda run: max(
              user['longest_ms'] for user in run['users'])))


def draw(results, path):
    """Write a picture in SVG, with a line for each engine."""
    matplotlib.use('svg')
    matplotlib.rcParams.update({'svg.hashsalt': 'heat',
                                'svg.fonttype': 'none'})
    figure, axes = pyplot.subplots(1, len(PANELS), figsize=(12, 3.6))
    for axis, (title, value) in zip(axes, PANELS):
        for engine in results['servers']:
            runs = [run for run in results['runs'] if run['engine'] == engine]
            axis.plot([run['rows'] for run in runs], list(map(value, runs)),
                      marker='o', color=COLORS[engine], label=engine)
        axis.set_xscale('log')
        axis.set_yscale('log')
        axis.set_title(title)
        axis.set_xlabel('stacks')
    # Memory hardly changes; on a scale of its own, it would seem to.
    axes[1].set_yscale('linear')
    axes[1].set_ylim(0, 1.3 * max(run['memory_mib']
                                  for run in results['runs']))
    axes[0].legend()
    figure.tight_layout()
    figure.savefig(path, format='svg', metadata={'Date': None})
    pyplot.close(figure)
