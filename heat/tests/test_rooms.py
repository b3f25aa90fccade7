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

"""Who may import whom, read from the files themselves.

doc/source/contributor/architecture.rst has the drawing and the reasons.
"""

import ast
import graphlib
import os

import testtools

import heat
from heat.db import sqlalchemy as rooms

ROOT = os.path.dirname(heat.__file__)
DOCUMENT = os.path.join(os.path.dirname(ROOT), 'doc', 'source', 'contributor',
                        'architecture.rst')
LAYER = 'heat.db.sqlalchemy.'

# A room, or a module that is one by itself, and the rooms that it may import
# besides itself. A module belongs to the one with the longest name.
MAY_IMPORT = {
    'heat.common': (),
    'heat.db': ('heat.common',),
    LAYER + 'engine': ('heat.common', 'heat.db'),
    LAYER + 'types': ('heat.common', 'heat.db'),
    LAYER + 'comparison': ('heat.common', 'heat.db', LAYER + 'types'),
    LAYER + 'models': ('heat.common', 'heat.db', LAYER + 'types'),
    LAYER + 'ddl': ('heat.common', 'heat.db', LAYER + 'engine'),
    LAYER + 'migrate_repo': ('heat.common', 'heat.db', LAYER + 'ddl'),
    LAYER + 'api': (
        'heat.common', 'heat.db', LAYER + 'engine', LAYER + 'types',
        LAYER + 'comparison', LAYER + 'models'),
    LAYER + 'migration': (
        'heat.common', 'heat.db', LAYER + 'engine', LAYER + 'types',
        LAYER + 'comparison', LAYER + 'models', LAYER + 'ddl'),
    LAYER + 'maintenance': (
        'heat.common', 'heat.db', LAYER + 'engine', LAYER + 'types',
        LAYER + 'comparison', LAYER + 'models', LAYER + 'api'),
    'heat.db.api': (
        'heat.common', 'heat.db', LAYER + 'engine', LAYER + 'api',
        LAYER + 'migration', LAYER + 'maintenance'),
    'heat.db.compat': (
        'heat.common', 'heat.db', 'heat.db.api', LAYER + 'engine',
        LAYER + 'types', LAYER + 'models', LAYER + 'api'),
    'heat.cmd': (
        'heat.common', 'heat.db', 'heat.db.api', LAYER + 'engine',
        LAYER + 'migration', LAYER + 'maintenance'),
}

# What a version script may import: it must mean tomorrow what it meant when
# it was written.
VERSION_SCRIPTS = LAYER + 'migrate_repo.versions.'
OF_VERSION_SCRIPTS = {LAYER + 'ddl', 'heat.db.exception', 'heat.common.i18n'}

# What heat.db may import of heat.common: a real Heat has it too, with the same
# meaning, and heat/db can be laid over its own.
OF_COMMON = {'heat.common.' + name for name in (
    'context', 'exception', 'i18n')}

# Heat's own callers look for the errors of heat.db there. It is done when a
# name is asked for, so that nobody waits for himself.
RE_EXPORT = ('heat.common.exception', 'heat.db.exception')


def find_modules():
    """Return {name: path} of the modules of heat, without its tests."""
    found = {}
    for directory, _names, files in os.walk(ROOT):
        for name in files:
            path = os.path.join(directory, name)
            module = os.path.relpath(path, os.path.dirname(ROOT))[:-3]
            module = module.replace(os.sep, '.').removesuffix('.__init__')
            if name.endswith('.py') and not module.startswith('heat.tests'):
                found[module] = path
    return found


def imports_of(source, modules):
    """Return the names of the modules of heat that a source text imports.

    Imports within functions are among them, and importlib.import_module with
    a name that is written out.
    """
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                raise ValueError('relative import in line %d' % node.lineno)
            for alias in node.names:
                full = '%s.%s' % (node.module, alias.name)
                found.add(full if full in modules else node.module)
        elif isinstance(node, ast.Call):
            found.update(_imported_by_name(node))
    return {name for name in found if name.split('.')[0] == 'heat'}


def _imported_by_name(call):
    name = getattr(call.func, 'attr', getattr(call.func, 'id', None))
    if name in ('import_module', '__import__') and call.args:
        # Of a name that is put together, the begin tells the room.
        for node in ast.walk(call.args[0]):
            if isinstance(node, ast.Constant):
                yield str(node.value).rstrip('.')


def read_imports():
    """Return {module: the modules of heat that it imports}."""
    modules = find_modules()
    found = {}
    for name, path in modules.items():
        with open(path, encoding='utf-8') as source:
            found[name] = imports_of(source.read(), modules)
    return found


def room_of(module):
    return max((room for room in MAY_IMPORT
                if (module + '.').startswith(room + '.')),
               key=len, default=None)


def violations(imports):
    """Return what is imported against the rules, in words."""
    return [reason for module in sorted(imports)
            for imported in sorted(imports[module])
            for reason in _why_not(module, imported)]


def _why_not(module, imported):
    room, other = room_of(module), room_of(imported)
    if (module, imported) == RE_EXPORT:
        return
    if other is None or room is None:
        yield '%s imports %s, and one of them is in no room' % (
            module, imported)
    elif other != room and other not in MAY_IMPORT[room]:
        yield '%s imports %s: %s may import %s' % (
            module, imported, room, ', '.join(MAY_IMPORT[room]) or 'nothing')
    for start, others, allowed in (
            (VERSION_SCRIPTS, 'heat.', OF_VERSION_SCRIPTS),
            ('heat.db.', 'heat.common.', OF_COMMON)):
        if (module.startswith(start) and imported.startswith(others) and
                imported not in allowed):
            yield '%s imports %s: of %s*, %s* may import %s' % (
                module, imported, others, start, ', '.join(sorted(allowed)))


def circle(imports):
    """Return modules that import each other in a circle; None if none do."""
    sorter = graphlib.TopologicalSorter({
        module: [name for name in names if (module, name) != RE_EXPORT]
        for module, names in imports.items()})
    try:
        sorter.prepare()
    except graphlib.CycleError as error:
        return error.args[1]


class RoomsTest(testtools.TestCase):

    def test_every_module_is_in_a_room(self):
        homeless = [module for module in find_modules() if
                    room_of(module) is None and module != 'heat']
        self.assertEqual([], homeless, 'Add a room to MAY_IMPORT, and to '
                         'architecture.rst, or move the modules into one.')

    def test_every_room_is_there(self):
        rooms_found = {room_of(module) for module in find_modules()}
        self.assertEqual(set(), MAY_IMPORT.keys() - rooms_found)

    def test_rules_are_kept(self):
        self.assertEqual([], violations(read_imports()), 'See doc/source/'
                         'contributor/architecture.rst for who may import '
                         'whom, and why.')

    def test_nobody_imports_in_a_circle(self):
        self.assertIsNone(circle(read_imports()), 'These import each other; '
                          'move what both need to a module below them.')

    def test_rules_have_no_circle(self):
        self.assertIsNone(circle(MAY_IMPORT))

    def test_every_room_is_on_the_maps(self):
        with open(DOCUMENT, encoding='utf-8') as document:
            text = document.read()
        for room in MAY_IMPORT:
            self.assertIn(room.rpartition('.')[2], text, DOCUMENT)
            if room.startswith(LAYER):
                self.assertIn(room[len(LAYER):], rooms.__doc__)


class ReaderTest(testtools.TestCase):
    """What is read from the files is what is in them."""

    MODULES = {'heat.db.api', 'heat.db.exception'}

    def assert_imports(self, expected, source):
        self.assertEqual(expected, imports_of(source, self.MODULES))

    def test_imports(self):
        self.assert_imports({'heat.db.api'}, 'import heat.db.api as x, os')
        self.assert_imports({'heat.db.api'}, 'from heat.db import api as x')
        self.assert_imports({'heat.db.exception'},
                            'from heat.db.exception import NotFound')
        self.assert_imports({'heat.db'}, 'from heat.db import nothing')
        self.assert_imports(set(), 'import heatclient\nfrom os import path')

    def test_imports_when_a_function_is_called(self):
        self.assert_imports({'heat.db.api'}, 'def f():\n'
                            '    if 1:\n        from heat.db import api\n')
        self.assert_imports(
            {'heat.db.api', 'heat.db.x'},
            "importlib.import_module('heat.db.api')\n"
            "import_module('heat.db.x.' + name)")

    def test_relative_imports_are_refused(self):
        self.assertRaises(ValueError, imports_of, 'from . import x', ())

    def assert_violation(self, module, imported, *reasons):
        found = violations({module: {imported}})
        self.assertEqual(len(reasons), len(found), found)
        for reason, text in zip(reasons, found):
            self.assertIn(reason, text)

    def test_violations(self):
        for module, imported in (
                ('api.stack', 'migration.plan'), ('migration.x', 'api.rows'),
                ('engine.x', 'models'), ('engine.x', 'models.stack'),
                ('engine.x', 'types'), ('engine.x', 'ddl.change'),
                ('ddl.x', 'models'), ('ddl.x', 'migration.claim'),
                ('models.stack', 'api.rows'), ('comparison', 'models')):
            self.assert_violation(
                LAYER + module, LAYER + imported, 'may import heat.common')
        self.assert_violation('heat.common.context', 'heat.db.exception',
                              'heat.common may import nothing')
        self.assert_violation('heat.common.exception', 'heat.db.exception')
        self.assert_violation('heat.other', 'heat.db.exception', 'no room')

    def test_violations_of_version_scripts(self):
        script = VERSION_SCRIPTS + '056_x'
        for imported in OF_VERSION_SCRIPTS:
            self.assert_violation(script, imported)
        self.assert_violation(script, 'heat.common.context',
                              'versions.* may import heat.common.i18n, heat')
        self.assert_violation(script, LAYER + 'models', 'migrate_repo may',
                              'versions.* may import heat.common.i18n, heat')

    def test_violations_of_what_stands_alone(self):
        for module in 'heat.db.x', LAYER + 'engine.x', LAYER + 'api.x':
            self.assert_violation(module, 'heat.common.i18n')
            self.assert_violation(module, 'heat.common.config',
                                  'heat.db.* may import heat.common.context')

    def test_circle(self):
        self.assertIsNone(circle({'a': {'b', 'c'}, 'b': {'c'}}))
        self.assertEqual({'a', 'b', 'c'}, set(
            circle({'a': {'b'}, 'b': {'c'}, 'c': {'a'}, 'd': {'a'}})))
