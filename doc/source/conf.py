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

"""Configuration of the documentation, read by sphinx-build."""

import pathlib
import sys

HERE = pathlib.Path(__file__).parent
# heat need not be installed.
sys.path[:0] = [str(HERE.parent.parent), str(HERE / '_ext')]

project = 'heat'
copyright = 'OpenStack contributors'

extensions = [
    'commands', 'functions', 'reno.sphinxext', 'sphinx.ext.autodoc']
add_module_names = False

html_theme = 'alabaster'
html_theme_options = {
    'description': 'The database layer of OpenStack Heat',
}

man_pages = [
    ('cli/heat-manage', 'heat-manage', "work on Heat's database", '', 1),
    ('cli/heat-status', 'heat-status', "check Heat's database", '', 1),
]
