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
"""--shell_completion: the script with which a shell completes a command.

oslo.config has the option for every program, but its package on PyPI lacks
what it makes the script from. shtab makes it of the arguments themselves.
"""

import argparse
import importlib
import re

from heat.common.i18n import _
from heat.db import exception


def parser(program):
    """Return an ArgumentParser of the options that take a file."""
    found = argparse.ArgumentParser(program)
    for name in '--config-file', '--config-dir', '--log-file':
        found.add_argument(name)
    return found


def is_shown(argv, make_parser):
    """Print the script, if the first argument asks for it; tell whether.

    :param argv: the arguments
    :param make_parser: returns the ArgumentParser of all that is completed
    :raises heat.db.exception.DatabaseLayerError: shtab is not installed
    """
    asked = re.fullmatch('--shell_completion[= ](bash|zsh)', ' '.join(argv))
    if not asked:
        return False
    try:
        shtab = importlib.import_module('shtab')
    except ImportError:
        raise exception.DatabaseLayerError(
            _('shtab makes the script, and is not installed here: install it '
              'with pip')) from None
    print(shtab.complete(make_parser(), asked[1]))
    return True
