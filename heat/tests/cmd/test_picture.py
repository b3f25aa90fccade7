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
"""Pictures of traversals: what they show, in which languages, of any names."""

import datetime
import html
import os
import re
import subprocess
from xml.etree import ElementTree

import fixtures
import testtools

from heat.cmd import picture
from heat.cmd import picture_file
from heat.db import exception
from heat.db.sqlalchemy.maintenance import stack_report
from heat.db.sqlalchemy.maintenance import traversal
from heat.tests.cmd import test_hostile_input
from heat.tests import stuck

NOW = datetime.datetime(2015, 1, 1)
HOSTILE = (
    'a"b', "a'b", 'a\\', 'a\\nb', '\\N', '"];x[label="', '<b>b</b>', '&lt;',
    '&#34;', '</text><script>x</script>', ']]>', '<!--', '#quot;', '#35;', '`',
    '"`md`"', 'a-->b', '%%', 'end', 'graph', '{', '}}', '|', ';', '$x$',
    '\0\x1b[2J', 'a\r\nb', '\u2028', '\u202e', '\x85', '\ufffe',
    'ü ß 漢 \U0001f525', ' ', '', 'a' * 255, test_hostile_input.HOSTILE)


def draw(requires, states=(), names=None):
    """Return the Picture of a graph.

    :param requires: {(id, is_update): ids that have to be done before}
    :param states: {id: status of a resource}, as of a failed traversal
    """
    row = {'engine_id': None, 'created_at': NOW, 'updated_at': NOW,
           'replaced_by': None, 'action': 'CREATE'}
    resources = [
        {**row, 'id': id, 'name': (names or {}).get(id, 'r%d' % id),
         'status': dict(states).get(id, 'COMPLETE'),
         'current_template_id': 1} for id, is_update in requires if is_update]
    edges = [[list(node), [one, True]] for node, required in requires.items()
             for one in required] + [[list(node), None] for node in requires]
    report = stack_report.Report(NOW, {
        **row, 'id': 'stack', 'name': 'web', 'status': 'FAILED',
        'raw_template_id': 1, 'current_traversal': '',
        'current_deps': {'edges': edges}}, resources, [], [], [], {})
    return picture.draw(report, traversal.Traversal(report))


class DrawTest(testtools.TestCase):

    def test_small(self):
        drawn = draw({(1, True): [], (2, True): [1], (1, False): [1]},
                     {2: 'FAILED'}, {1: 'net', 2: 'db'})
        self.assertEqual(
            [(['net', 'complete'], True), (['db', 'failed'], True),
             (['cleanup of net', 'complete'], False)],
            sorted(((box.lines, box.is_update) for box in drawn.boxes),
                   reverse=True, key=lambda box: (box[1], box[0])))
        lines = {tuple(drawn.boxes[number].lines[0] for number in arrow)
                 for arrow in drawn.arrows}
        self.assertEqual({('net', 'db'), ('net', 'cleanup of net')}, lines)
        self.assertIn('Stack "web"', drawn.title)

    def test_a_thousand(self):
        """In one layer, in a row, and all that wait for all before."""
        for requires in ({(id, True): [] for id in range(1000)},
                         {(id, True): [id - 1] if id else []
                          for id in range(1000)},
                         {(id, True): range(max(0, id // 50 * 50 - 50),
                                            id // 50 * 50)
                          for id in range(1000)}):
            drawn = draw(requires, {500: 'FAILED', 501: 'IN_PROGRESS'})
            self.assertLess(len(drawn.boxes), picture.MOST_BOXES)
            self.assertLess(len(drawn.arrows), 2 * picture.MOST_BOXES)
            self.assertIn(['r500', 'failed'],
                          [box.lines for box in drawn.boxes])
            folded = [int(match[1]) for box in drawn.boxes
                      if (match := re.match(r'(\d+) resources', box.lines[0]))]
            single = [box for box in drawn.boxes if len(box.lines) == 2]
            self.assertEqual(1000, sum(folded) + len(single))

    def test_circle(self):
        drawn = draw({(id, True): [(id + 1) % 200] for id in range(200)})
        self.assertLessEqual(len(drawn.boxes), picture.MOST_BOXES)
        self.assertEqual(2, len(draw({(1, True): [2], (2, True): [1]}).arrows))

    def test_no_graph(self):
        drawn = draw({})
        self.assertEqual(([], []), (drawn.boxes, drawn.arrows))
        self.assertIn('no graph of it that can', picture_file.svg(drawn))
        self.assertEqual(3, len(draw({(1, True): []}).title))


class LanguageTest(testtools.TestCase):

    def setUp(self):
        super().setUp()
        names = dict(enumerate(HOSTILE))
        self.drawn = draw({(id, True): [] for id in names}, names=names)
        self.texts = [box.lines[0] for box in self.drawn.boxes]

    def test_svg(self):
        root = ElementTree.fromstring(picture_file.svg(self.drawn))
        space = {'svg': 'http://www.w3.org/2000/svg'}
        shown = [text.text.replace('\xa0', ' ')
                 for text in root.iterfind('.//svg:text', space) if text.text]
        for text in filter(str.strip, self.texts):
            self.assertIn(text, shown)
        self.assertEqual([], root.findall('.//svg:script', space))
        boxes = root.findall('.//svg:g[@class="node"]', space)
        self.assertEqual(len(HOSTILE) + len(picture.legend()), len(boxes))

    def test_dot(self):
        done = subprocess.run(
            ['dot', '-Tplain'], input=picture_file.dot(self.drawn).encode(),
            capture_output=True)
        self.assertEqual((0, b''), (done.returncode, done.stderr))
        self.assertEqual(len(HOSTILE) + len(picture.legend()),
                         done.stdout.count(b'\nnode '))

    def test_mermaid(self):
        """No character of a name can end a text or begin something else."""
        texts = re.findall(r'^  n\d+\["(.*)<br/>complete"\]:::s0$',
                           picture_file.mermaid(self.drawn), re.MULTILINE)
        self.assertEqual(len(HOSTILE), len(texts))
        for text in texts:
            self.assertRegex(text, r'\A(#\d+;|[\w .,:()-])*\Z')
        self.assertEqual(self.texts, [
            re.sub(r'#(\d+);', lambda match: chr(int(match[1])), text)
            for text in texts])


class FileTest(testtools.TestCase):

    def setUp(self):
        super().setUp()
        self.directory = self.useFixture(fixtures.TempDir()).path
        self.drawn = draw({(1, True): []})

    def refused(self, path):
        error = self.assertRaises(exception.InvalidValues,
                                  picture_file.write, path, self.drawn)
        self.assertIn(path.rpartition('/')[2], str(error))
        self.assertNotIn('\n', str(error))
        return str(error)

    def test_files(self):
        for ending in '.svg', '.dot', '.mmd', '.DOT':
            path = os.path.join(self.directory, 'x' + ending)
            for _time in range(2):
                picture_file.write(path, self.drawn)
            with open(path, encoding='utf-8') as file:
                self.assertIn('r1', file.read())
            self.assertEqual(0o644, os.stat(path).st_mode & 0o777)
        self.assertEqual(4, len(os.listdir(self.directory)))

    def test_what_can_not_be_written(self):
        for path in ('absent/x.dot', '/proc/x.svg', '/dev/null/x.mmd'):
            self.assertIn('can not be written', self.refused(path))
        os.mkdir(os.path.join(self.directory, 'x.dot'))
        self.refused(os.path.join(self.directory, 'x.dot'))
        self.assertEqual(['x.dot'], os.listdir(self.directory))

    def test_unknown_ending(self):
        for path in ('x', 'x.png', '.svg', '', 'x.svg/'):
            self.assertIn('.svg, .dot, .mmd', str(self.assertRaises(
                exception.InvalidValues, picture_file.check, path)))

    def test_no_graphviz(self):
        self.useFixture(fixtures.EnvironmentVariable('PATH', self.directory))
        self.assertIn('install the package graphviz', str(self.assertRaises(
            exception.InvalidValues, picture_file.svg, self.drawn)))

    def test_graphviz_that_fails(self):
        """What it says is told, or else how it ended."""
        path = os.path.join(self.directory, 'dot')
        self.useFixture(fixtures.EnvironmentVariable('PATH', self.directory))
        for script, told in (('kill -9 $$', 'SIGKILL'), ('exit 0', 'none'),
                             ('echo no font >&2; exit 1', '(no font)'),
                             (r"printf '\377'", 'none')):
            with open(path, 'w') as file:
                file.write('#!/bin/sh\n%s\n' % script)
            os.chmod(path, 0o755)
            error = self.assertRaises(exception.InvalidValues,
                                      picture_file.svg, self.drawn)
            self.assertIn(told, str(error))
            self.assertIn('.dot or .mmd', str(error))

    def test_a_file_keeps_its_mode(self):
        path = os.path.join(self.directory, 'x.dot')
        picture_file.write(path, self.drawn)
        os.chmod(path, 0o600)
        picture_file.write(path, self.drawn)
        self.assertEqual(0o600, os.stat(path).st_mode & 0o777)


class CommandTest(stuck.StuckTestCase):

    def test_graph(self):
        self.resource('net')
        self.resource('db', 'IN_PROGRESS', engine_id=stuck.DEAD)
        self.depend('db needs net')
        self.sync_point('net')
        self.sync_point('db', 'net')
        self.sync_point(None)
        path = os.path.join(self.directory, 'x.svg')
        result = self.run_command('stack_status', 'web', '--graph', path)
        self.assertEqual((2, ''), (result.status, result.stderr))
        with open(path, encoding='utf-8') as file:
            drawn = html.unescape(file.read())
        for text in 'db', 'net', 'locked by a dead engine', self.stack_id:
            self.assertIn('>%s<' % text, drawn)
        self.assertIn('x.png', self.assert_refused(
            'stack_status', 'web', '--graph', 'x.png'))
