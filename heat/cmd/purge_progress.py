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

"""How heat-manage shows what purge_deleted does."""

from oslo_log import log

from heat.cmd import output
from heat.cmd import terminal
from heat.common.config import CONF
from heat.common.i18n import _
from heat.db.sqlalchemy.maintenance import purge

LOG = log.getLogger(__name__)


class PurgeProgress(purge.PurgeListener):
    """Shows a line on a terminal; a log gets one for each batch.

    Without a log, and without a terminal, they are on stderr: what is there
    is kept by whoever runs this in a container, or from cron.
    """

    def __init__(self):
        self._line = terminal.Line()
        self._reason = None
        # Otherwise the log is on stdout, where the results are.
        self._has_log = any(CONF[name] for name in (
            'log_file', 'log_dir', 'use_syslog', 'use_journal'))

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self._line.clear()

    def batch(self, counts, deleted_at):
        text = _('%(stacks)d stacks and %(rows)d other rows so far') % {
            'stacks': counts['stack'],
            'rows': sum(counts.values()) - counts['stack']}
        if deleted_at is not None:
            text += _('; at stacks deleted %s') % deleted_at
        self._reason = None
        self._note(text)

    def kept(self, stack_id, owner_id):
        self._line.clear()
        output.tell('heat-manage', _(
            'stack %(stack)s is kept: it is not deleted, though its owner '
            '%(owner)s was') % {'stack': stack_id, 'owner': owner_id})

    def waiting(self, reason):
        # It is told every half second, maybe for hours.
        if reason != self._reason:
            self._reason = reason
            self._note(_('waiting: %s') % reason)

    def _note(self, text):
        self._line.show(text)
        if self._has_log:
            LOG.info('purge_deleted: %s', text)
        elif not self._line.is_terminal:
            output.tell('heat-manage', text)
