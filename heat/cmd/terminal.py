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

"""A line of a terminal that is written again and again."""

import shutil
import sys

from heat.cmd import output


class Line:
    """The last line of stderr, if that is a terminal; otherwise nothing."""

    def __init__(self):
        self.is_terminal = sys.stderr.isatty()

    def show(self, text):
        width = shutil.get_terminal_size().columns - 1
        self._write('\r%-*s' % (width, output.line(text)[:width]))

    def clear(self):
        # Erase the line (ECMA-48).
        self._write('\r\x1b[K')

    def _write(self, text):
        if self.is_terminal:
            sys.stderr.write(text)
            sys.stderr.flush()
