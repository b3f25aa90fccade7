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
"""Pictures as files: the languages of Graphviz and Mermaid, and SVG.

Names may hold anything. What can not be printed is escaped before; what means
something in a language is escaped here.
"""

import contextlib
import os
import re
import subprocess
import tempfile

from heat.cmd import picture
from heat.common.i18n import _
from heat.db import exception
from heat.db.sqlalchemy.maintenance import traversal

# The fill, the line and its width of each state; light enough for black text.
_COLORS = {
    traversal.COMPLETE: ('#c8e6c9', '#2e7d32', 1),
    traversal.IN_PROGRESS: ('#bbdefb', '#1565c0', 2),
    traversal.FAILED: ('#ffccbc', '#d84315', 2),
    traversal.DUE: ('#fff59d', '#f9a825', 2),
    traversal.WAITING: ('#f5f5f5', '#757575', 1),
    traversal.DEAD: ('#ff8a80', '#b71c1c', 3),
}
# Seconds after which dot is taken to be lost.
_PATIENCE = 120


def write(path, drawn):
    """Write a Picture to a file, all of it or nothing.

    :param path: its ending says in which format
    :raises heat.db.exception.InvalidValues: the ending is unknown, dot is not
        there or fails, or the file can not be written
    """
    check(path)
    content = _FORMATS[_ending(path)](drawn)
    try:
        _replace(path, content)
    except OSError as error:
        raise exception.InvalidValues(
            _('can not be written (%s)') % error.strerror, [path]) from error


def check(path):
    """Refuse a path whose ending is none of those known.

    :raises heat.db.exception.InvalidValues: it names the path
    """
    if _ending(path) not in _FORMATS:
        raise exception.InvalidValues(
            _('a picture is written to a file that ends in %s') %
            ', '.join(_FORMATS), [path])


def _ending(path):
    return os.path.splitext(path)[1].lower()


def _replace(path, content):
    directory, name = os.path.split(os.path.realpath(path))
    descriptor, temporary = tempfile.mkstemp(prefix='.heat-', dir=directory)
    try:
        with os.fdopen(descriptor, 'w', encoding='utf-8') as file:
            file.write(content)
            os.fchmod(file.fileno(), _mode(path))
        os.replace(temporary, os.path.join(directory, name))
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


def _mode(path):
    """Return the mode that a file has, or would get if it is not there."""
    with contextlib.suppress(FileNotFoundError):
        return os.stat(path).st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def dot(drawn):
    """Return a Picture in the language of Graphviz."""
    return '\n'.join(_dot(drawn)) + '\n'


def _dot(drawn):
    yield 'digraph stack {'
    yield '  graph [label=%s, labelloc=t, rankdir=LR, ranksep=0.6];' % (
        _quoted(drawn.title))
    yield '  graph [fontname="Helvetica"];'
    yield '  node [shape=box, fontname="Helvetica", fontsize=11];'
    yield '  edge [color="#616161", arrowsize=0.7];'
    for number, box in enumerate(drawn.boxes):
        yield '  n%d %s;' % (number, _attributes(box))
    for arrow in drawn.arrows:
        yield '  n%d -> n%d;' % arrow
    yield '  subgraph cluster_legend {'
    yield '    label=%s;' % _quoted([picture.LEGEND])
    for number, box in enumerate(picture.legend()):
        yield '    l%d %s;' % (number, _attributes(box))
    yield '  }'
    yield '}'


def _attributes(box):
    fill, line, width = _COLORS[box.state]
    return ('[label=%s, style="filled,%s", fillcolor="%s", color="%s", '
            'penwidth=%d]') % (
        _quoted(box.lines), 'rounded' if box.is_update else 'dashed',
        fill, line, width)


def _quoted(lines):
    r"""Return lines as a quoted string; in it, \ and " mean something.

    An & begins an entity, such as &lt;.
    """
    return '"%s"' % '\\n'.join(
        line.replace('\\', '\\\\').replace('"', '\\"').replace('&', '&amp;')
        for line in lines)


def mermaid(drawn):
    """Return a Picture in the language of Mermaid."""
    return '\n'.join(_mermaid(drawn)) + '\n'


def _mermaid(drawn):
    yield 'flowchart LR'
    yield '  t0[%s]' % _entities(drawn.title)
    classes = {state: 's%d' % number
               for number, state in enumerate(_COLORS)}
    for state, (fill, line, width) in _COLORS.items():
        yield ('  classDef %s fill:%s,stroke:%s,stroke-width:%dpx,'
               'color:#000' % (classes[state], fill, line, width))
    yield '  classDef cleanup stroke-dasharray:5 5'
    for prefix, boxes in ('n', drawn.boxes), ('l', picture.legend()):
        if prefix == 'l':
            yield '  subgraph legend [%s]' % _entities([picture.LEGEND])
        for number, box in enumerate(boxes):
            yield '  %s%d[%s]:::%s' % (prefix, number, _entities(box.lines),
                                       classes[box.state])
            if not box.is_update:
                yield '  class %s%d cleanup' % (prefix, number)
    yield '  end'
    for arrow in drawn.arrows:
        yield '  n%d --> n%d' % arrow


def _entities(lines):
    """Return lines as a quoted string of Mermaid.

    In it, all but letters, digits and a few others may mean something.
    """
    return '"%s"' % '<br/>'.join(
        re.sub(r'[^\w .,:()-]', lambda match: '#%d;' % ord(match[0]), line)
        for line in lines)


def svg(drawn):
    """Return a Picture as SVG, laid out by Graphviz.

    :raises heat.db.exception.InvalidValues: dot is not there, or fails
    """
    try:
        done = subprocess.run(
            ['dot', '-Tsvg'], input=dot(drawn).encode(), check=True,
            capture_output=True, timeout=_PATIENCE)
    except FileNotFoundError:
        raise exception.InvalidValues(
            _('Graphviz is not there: install the package graphviz, or ask '
              'for a file that ends in .dot or .mmd'), ['dot']) from None
    except (subprocess.SubprocessError, OSError) as error:
        said = (getattr(error, 'stderr', None) or b'').decode(errors='replace')
        raise _no_picture(said[-200:].strip() or error) from error
    text = done.stdout.decode(errors='replace')
    if '</svg>' not in text:
        raise _no_picture(_('dot ended well, and printed none'))
    return text


def _no_picture(reason):
    return exception.InvalidValues(
        _('Graphviz makes no picture (%s); ask for a file that ends in .dot '
          'or .mmd') % reason, ['dot'])


_FORMATS = {'.svg': svg, '.dot': dot, '.mmd': mermaid}
