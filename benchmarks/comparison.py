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

"""What has become of the figures since an earlier run."""

# What tells records apart, besides texts.
KEYS = {'delay_ms', 'writers', 'workers', 'resources', 'bytes', 'rows'}
# What is compared: the first one that a record has.
FIGURES = ('median_ms', 'work', 'successes_per_s', 'seconds')


def rows(earlier, results):
    """Return a table of the figures that both results have."""
    before = dict(_figures(earlier))
    return [['', 'figure', 'before', 'now', 'ratio'], *(
        [', '.join(names), figure, '%.3f' % before[names, figure],
         '%.3f' % value, '%.2f' % (value / before[names, figure])]
        for (names, figure), value in _figures(results)
        if before.get((names, figure)))]


def _figures(value, names=()):
    """Yield ((names, figure), value) for each record, at whatever depth."""
    if isinstance(value, list):
        for one in value:
            yield from _figures(one, names)
    if isinstance(value, dict):
        own = names + tuple(
            str(one) if isinstance(one, str) else '%g %s' % (one, key)
            for key, one in value.items()
            if key != 'error' and (isinstance(one, str) or key in KEYS))
        for figure in FIGURES:
            if isinstance(value.get(figure), (int, float)):
                yield (own, figure), value[figure]
                break
        for key, one in value.items():
            yield from _figures(one, (*own, key) if isinstance(one, dict)
                                else own)
