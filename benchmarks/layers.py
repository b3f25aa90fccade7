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

"""This package and Heat 25's own layer, below the same program.

The environment of Heat 25, which tools/heat-venv.sh makes, runs the program
each time: with Heat's own heat.db.api; with this package in its place, as
Heat's engines get it; and with this package by itself.
"""

import os
import shutil

import heat

ROOT = os.path.dirname(os.path.dirname(heat.__file__))
ENVIRONMENT = os.path.join(ROOT, '.tox', 'heat25')
PYTHON = os.path.join(ENVIRONMENT, 'bin', 'python')
FACE = 'from heat.db import compat\ncompat.install()\n'
OURS, OWN = 'this package', "Heat 25's own"

# Whether heat/db is that of this package, and what is added to its
# __init__.py.
LAYERS = {OURS: (True, ''), 'below Heat': (True, FACE), OWN: (False, '')}


def lay(directory):
    """Make the source tree of each layer; return their paths."""
    paths = {}
    for layer, (is_ours, added) in LAYERS.items():
        path = paths[layer] = os.path.join(directory, layer.replace("'", ''))
        shutil.copytree(os.path.join(ENVIRONMENT, 'source', 'heat'),
                        os.path.join(path, 'heat'))
        if is_ours:
            over = os.path.join(path, 'heat', 'db')
            shutil.copytree(os.path.join(ROOT, 'heat', 'db'), over,
                            dirs_exist_ok=True)
            with open(os.path.join(over, '__init__.py'), 'a') as package:
                package.write(added)
    return paths
