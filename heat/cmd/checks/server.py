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

"""Whether the server keeps what it was told, and takes all connections."""

from heat.cmd.checks.result import result
from heat.cmd.checks.result import SUCCESS
from heat.cmd.checks.result import WARNING
from heat.common import context
from heat.common.i18n import _
from heat.db import api
from heat.db.sqlalchemy.engine import settings
from heat.db.sqlalchemy.maintenance import services

# Of each setting of a server, what lets a COMMIT wait for the disk. MariaDB's
# 3 does what 1 does, and more:
# https://mariadb.com/docs/server/ref/mdb/system-variables/innodb_flush_log_at_trx_commit
# https://www.postgresql.org/docs/current/runtime-config-wal.html
DURABLE = {
    'innodb_flush_log_at_trx_commit': ('1', '3'),
    'fsync': ('on',),
    'full_page_writes': ('on',),
    'synchronous_commit': ('on', 'local', 'remote_write', 'remote_apply'),
}


def durability(command):
    """Check that what was committed survives a crash."""
    found = settings.settings(command.engine, 'wsrep_on', *DURABLE)
    wrong = sorted('%s = %s' % (name, found[name]) for name in DURABLE
                   if found.get(name, DURABLE[name][0]) not in DURABLE[name])
    if not wrong:
        return result(SUCCESS, _('A COMMIT waits for the disk.'))
    if found.get('wsrep_on') == 'ON':
        # https://jepsen.io/blog/2026-03-16-mariadb-galera-cluster-12.1.2
        text = _('%s on a node of a Galera cluster: nodes that crash soon '
                 'after one another lose what was committed. Set it to 1 on '
                 'all nodes.')
    else:
        text = _('%s: a crash loses what was committed. Set what the server '
                 'has by default: 1, or on.')
    return result(WARNING, text % ', '.join(wrong))


def cluster_reads(command):
    """Check what a node of a Galera cluster may be asked."""
    found = settings.settings(command.engine, 'wsrep_on', 'wsrep_sync_wait',
                              'wsrep_dirty_reads')
    if found.get('wsrep_on') != 'ON':
        return result(SUCCESS, _('Matters on a Galera cluster only.'))
    if found.get('wsrep_dirty_reads') == 'ON':
        return result(
            WARNING, _('wsrep_dirty_reads is on: a node that has lost the '
                       'others shows what is out of date. Turn it off.'))
    waits = found.get('wsrep_sync_wait', '0')
    if waits != '0':
        return result(SUCCESS, _('wsrep_sync_wait is %s.') % waits)
    return result(
        WARNING, _('wsrep_sync_wait is 0: an engine may read what is out of '
                   'date, and delete what is needed, unless all engines use '
                   'the same node. Do not set [database] '
                   'mysql_wsrep_sync_wait, or set it to 1.'))


def connections(command):
    """Check that the server takes all connections that engines may open."""
    found = settings.settings(command.engine, 'max_connections',
                              'superuser_reserved_connections')
    if not found:
        return result(SUCCESS, _('SQLite has no limit.'))
    limit = (int(found['max_connections']) -
             int(found.get('superuser_reserved_connections', 0)))
    each = settings.most_connections()
    if each is None:
        return result(
            WARNING, _('[database] max_pool_size or max_overflow sets no '
                       'limit; the server takes %d connections.') % limit)
    engines = _engines_alive(command)
    text = _('%(engines)d engines are alive, and each may open %(each)d '
             'connections (max_pool_size and max_overflow together); the '
             'server takes %(limit)d.') % {
        'engines': engines, 'each': each, 'limit': limit}
    if max(engines, 1) * each <= limit:
        return result(SUCCESS, text)
    return result(WARNING, text + ' ' + _(
        'Raise max_connections of the server, or lower [database] '
        'max_overflow.'))


def _engines_alive(command):
    """Return how many engines have told of themselves lately."""
    if command.status is None or command.status.pending:
        return 0
    return sum(map(services.is_alive,
                   api.service_get_all(context.RequestContext())))
