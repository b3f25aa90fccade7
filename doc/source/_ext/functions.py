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

"""The directive ``functions``: all of heat.db.api, from the docstrings."""

import inspect
import itertools

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import nested_parse_with_titles

from heat.db import api

ENGINES = 'heat.db.sqlalchemy.api.'


class Functions(SphinxDirective):
    """A section for each module that has functions of heat.db.api.

    Its argument is ``engines`` or ``operators``: who calls them.
    """

    required_arguments = 1

    def run(self):
        for_engines = self.arguments[0] == 'engines'
        functions = sorted(
            (function for function in map(
                lambda name: getattr(api, name), api.__all__)
             if inspect.isfunction(function) and
             function.__module__.startswith(ENGINES) == for_engines),
            key=lambda function: (function.__module__,
                                  function.__code__.co_firstlineno))
        section = nodes.section()
        section.document = self.state.document
        nested_parse_with_titles(
            self.state, StringList(list(_lines(functions)), 'functions'),
            section)
        return section.children


def _lines(functions):
    """Yield the lines of all sections."""
    yield '.. py:currentmodule:: heat.db.api'
    yield ''
    for module, members in itertools.groupby(functions, inspect.getmodule):
        title = module.__name__.rpartition('.')[2].replace('_', ' ')
        yield from (title.capitalize(), '-' * len(title), '')
        yield from inspect.getdoc(module).splitlines()
        yield ''
        for function in members:
            yield from ('.. autofunction:: ' + function.__name__, '')


def setup(app):
    app.add_directive('functions', Functions)
    return {'parallel_read_safe': True}
