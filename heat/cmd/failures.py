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

"""Rows that a command could not convert, told on stderr."""

from heat.cmd import output
from heat.common.i18n import _

# So many, and not each of millions.
SHOWN = 10


class Failures:
    """Tells of rows that could not be converted, and counts them."""

    def __init__(self):
        self.number = 0

    def add(self, error):
        self.number += 1
        if self.number <= SHOWN:
            output.tell('heat-manage', error)

    def tell_rest(self):
        if self.number > SHOWN:
            output.tell('heat-manage', _('and %d rows more') %
                        (self.number - SHOWN))
