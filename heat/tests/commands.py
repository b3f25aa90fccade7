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

"""The commands as an operator runs them, without the start of Python.

To start Python and to load all modules takes most of the time of a command.
Here, a process that has loaded them becomes the command: it has the arguments,
the environment, the directory and the outputs of it, and nothing of the tests.
"""

import os
import subprocess
import sys
import tempfile

from heat.cmd import manage
from heat.cmd import status
from heat.tests import remote

_MAINS = {'heat-manage': manage.main, 'heat-status': status.main}


def script(name):
    """Return the path of a command, as it is installed."""
    return os.path.join(os.path.dirname(sys.executable), name)


def run(name, args, connection, directory, **environment):
    """Run a command; return a subprocess.CompletedProcess.

    :param connection: its [database] connection; None is the default
    :param environment: besides that of the tests, which does not name a
        database
    """
    with tempfile.TemporaryDirectory() as outputs:
        paths = [os.path.join(outputs, name) for name in ('out', 'err')]
        process = remote.CONTEXT.Process(target=_become, args=(
            name, args, clean_environment(connection, **environment),
            directory, paths))
        process.start()
        process.join()
        stdout, stderr = map(_read, paths)
    return subprocess.CompletedProcess(
        (name, *args), process.exitcode, stdout, stderr)


def clean_environment(connection=None, **environment):
    """Return the environment of a command."""
    found = {name: value for name, value in os.environ.items()
             if not name.startswith('OS_')}
    if connection is not None:
        found['OS_DATABASE__CONNECTION'] = connection
    return {**found, **environment}


def _read(path):
    with open(path) as file:
        return file.read()


def _become(name, args, environment, directory, paths):
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(directory)
    for number, path in enumerate(paths, 1):
        opened = os.open(path, os.O_WRONLY | os.O_CREAT)
        os.dup2(opened, number)
        os.close(opened)
    sys.argv = [script(name), *args]
    sys.exit(_MAINS[name]())
