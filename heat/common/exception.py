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

"""The errors that all of Heat knows; those of heat.db are found here too."""

import importlib

from heat.common.i18n import _


class HeatException(Exception):
    """Base of all errors raised here; its text is one line for its reader."""


class NotFound(HeatException):
    """There is no such object, or the context may not see it.

    :param msg_fmt: the text; a % is written twice
    """

    def __init__(self, msg_fmt=_('not found')):
        super().__init__(msg_fmt % {})


def __getattr__(name):
    # Not imported above, for it imports this module.
    return getattr(importlib.import_module('heat.db.exception'), name)
