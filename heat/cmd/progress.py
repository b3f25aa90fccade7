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

"""How heat-manage shows what db_sync does."""

import threading
import time

from heat.cmd import output
from heat.cmd import terminal
from heat.common.i18n import _
from heat.db.sqlalchemy.migration import sync

# Seconds after which a step is worth to be shown while it lasts.
PATIENCE = 1


class Progress(sync.MigrationListener):
    """Prints what db_sync does: results, and on a terminal what it is at.

    :param is_text: whether results are to be printed as they come
    """

    def __init__(self, is_text):
        self._is_text = is_text
        self._line = terminal.Line()
        self._name = None
        self._statement = ''
        self._count = 0
        self._started_at = 0
        # What is cleared must not be written again.
        self._lock = threading.Lock()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._show, daemon=True)

    def __enter__(self):
        if self._line.is_terminal:
            self._thread.start()
        return self

    def __exit__(self, *exc_info):
        self._done.set()
        if self._line.is_terminal:
            self._thread.join()
            self._clear()

    def waiting(self, reason):
        self._clear()
        output.tell('heat-manage', reason)

    def starting(self, name):
        self._statement, self._count = '', 0
        self._started_at, self._name = time.monotonic(), name

    def statement(self, statement):
        self._statement = statement
        self._count += 1

    def told(self, text):
        with self._lock:
            self._line.clear()
            output.tell('heat-manage', '%s: %s' % (self._name, text))

    def applied(self, version):
        self._clear()
        if self._is_text:
            print('%-32s %3d %s %8.2f s' % (
                version.name, len(version.statements), _('statements'),
                version.duration), flush=True)

    def _show(self):
        while not self._done.wait(PATIENCE):
            with self._lock:
                seconds = time.monotonic() - self._started_at
                if self._name and seconds > PATIENCE:
                    self._line.show('%s, %d s, %d: %s' % (
                        self._name, seconds, self._count,
                        ' '.join(self._statement.split())))

    def _clear(self):
        with self._lock:
            self._name = None
            self._line.clear()
