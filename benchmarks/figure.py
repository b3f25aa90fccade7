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

"""Pictures in SVG, the same each time they are drawn."""

import contextlib

import matplotlib
from matplotlib import pyplot

NAMES = {'sqlite': 'SQLite', 'mysql': 'MariaDB', 'postgresql': 'PostgreSQL'}


@contextlib.contextmanager
def drawn(path, rows, columns, **options):
    """Yield a figure and rows of its axes, and write it to a file then.

    :param options: of pyplot.subplots
    """
    matplotlib.use('svg')
    matplotlib.rcParams.update({'svg.hashsalt': 'heat',
                                'svg.fonttype': 'none'})
    figure, axes = pyplot.subplots(rows, columns, squeeze=False, **options)
    yield figure, axes
    figure.savefig(path, format='svg', metadata={'Date': None})
    pyplot.close(figure)
