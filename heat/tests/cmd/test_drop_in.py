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

"""The command lines that deployment tools, cron and people pass.

They are to work as they do with Heat's own command: see the sources.
"""

import io
import os
import sys

from heat.db import api
from heat.tests.cmd import command

# /etc/heat is the directory of the test, RESOURCE a resource, and STACK its
# stack. Each is told y on stdin, which is no terminal.
COMMAND_LINES = (
    # kolla: docker/heat/heat-api/extend_start.sh
    # openstack-ansible-os_heat: tasks/heat_db_setup.yml
    # openstack-helm: heat/templates/bin/_db-sync.sh.tpl
    # charm-heat: hooks/heat_utils.py; charm-heat-k8s: src/charm.py
    # heat: devstack/lib/heat; Heat's installation guide
    # Debian and Ubuntu: heat-common's postinst
    'heat-manage db_sync',
    # puppet-heat: manifests/db/sync.pp, with nothing between the spaces
    'heat-manage  db_sync',
    # puppet-heat: spec/classes/heat_db_sync_spec.rb
    'heat-manage --config-file /etc/heat/heat.conf db_sync',
    # openstack-k8s-operators/heat-operator: pkg/heat/dbsync.go
    '/usr/bin/heat-manage --config-dir /etc/heat/heat.conf.d db_sync',
    # crowbar-openstack: CrowbarDatabaseHelper.migration_data
    'heat-manage --config-dir /etc/heat/heat.conf.d/ '
    '--config-dir /etc/heat/heat.conf.d db_sync',
    # heat: bin/heat-db-setup, which makes that file
    'heat-manage --log-config=/etc/heat/logging.conf db_sync',
    # sos: sos/report/plugins/openstack_heat.py
    'heat-manage db_version',
    # Options that oslo.log has for all services, also in old spellings
    'heat-manage --config-file=/etc/heat/heat.conf --debug '
    '--log-file /etc/heat/manage.log db_version',
    'heat-manage -d --logfile /etc/heat/manage.log --nouse-syslog db_version',
    'heat-manage --nodebug --logdir /etc/heat --log-file manage.log '
    '--log-date-format %Y db_version',
    # openstack-helm: heat/templates/bin/_heat-engine-cleaner.sh.tpl
    # kolla's and StackHPC's instructions; recipes of Chef, cron by Puppet
    'heat-manage service clean',
    # Heat's own manual page
    'heat-manage service list',
    # puppet-heat: manifests/cron/purge_deleted.pp; an InSpec test of Chef
    'heat-manage purge_deleted -g days 1',
    # TripleO: the crontab in tests of insights-core
    '/bin/heat-manage purge_deleted -g days 7',
    # Instructions for operators of kolla
    'heat-manage purge_deleted -g days 14',
    # TripleO: /etc/cron.d/heat of an image
    'heat-manage purge_deleted 1',
    # StarlingX: heat-purge-deleted-active
    '/usr/bin/heat-manage --config-file=/etc/heat/heat.conf purge_deleted '
    '-g hours 1',
    # openstack-helm: heat/templates/bin/_heat-purge-deleted-active.sh.tpl
    'heat-manage purge_deleted -g minutes 60',
    # Heat's own --help: a number of days, and the other options
    'heat-manage purge_deleted',
    'heat-manage purge_deleted -g days 30',
    'heat-manage purge_deleted 90',
    'heat-manage purge_deleted -p 5e2b7c0d8a914f36 -b 1000',
    'heat-manage purge_deleted --granularity hours '
    '--project-id 5e2b7c0d8a914f36 --batch_size 20 24',
    # argparse takes the begin of an option for all of it
    'heat-manage purge_deleted --gran=hours --project 5e2b --batch 1000 24',
    # As RDO's units name two files to an engine
    'heat-manage --config-file /etc/heat/heat.conf --config-file '
    '/etc/heat/heat.conf db_version',
    # The same, with a key that was in use before
    'heat-manage update_params encrypt',
    'heat-manage update_params encrypt 767c3ed056cbaa3b9dfedb8c6f825bf0',
    'heat-manage update_params decrypt --verbose-update-params',
    'heat-manage resource_data_list RESOURCE',
    # Heat's own manual page
    'heat-manage migrate_properties_data',
    # Heat's own --help; it asks, and scripts answer
    'heat-manage reset_stack_status STACK',
)

# What only an engine does, so that messaging is needed.
FOR_ENGINES = (
    # Heat's own manual page
    'heat-manage migrate_convergence_1 STACK',
)

LOGGING = '''
[loggers]
keys=root
[handlers]
keys=console
[formatters]
keys=simple
[logger_root]
level=INFO
handlers=console
[handler_console]
class=StreamHandler
formatter=simple
args=(sys.stdout,)
[formatter_simple]
format=%(name)s - %(levelname)s - %(message)s
'''

# What is on stdout; in the others it is for people, and may change.
PRINTED = {
    'db_version': '86\n',
    'service clean': 'Dead engines are removed.\n',
}


class DropInTest(command.CommandTestCase):

    def setUp(self):
        super().setUp()
        self.resource = self.create_resource()
        api.resource_data_set(self.context, self.resource.id, 'key', 'value')
        # oslo.config looks there, then in /etc/heat.
        self.etc = os.path.join(self.directory, '.heat')
        os.makedirs(os.path.join(self.etc, 'heat.conf.d'))

    def configure(self, name):
        with open(os.path.join(self.etc, name), 'w') as created:
            created.write('[database]\nconnection = %s\n' % (
                self.engine.url.render_as_string(hide_password=False)
                .replace('$', '$$')))

    def run_line(self, line):
        _program, *argv = line.replace('/etc/heat', self.etc).replace(
            'RESOURCE', str(self.resource.id)).replace(
            'STACK', self.resource.stack_id).split()
        return self.run_command(
            *argv, before=self.prepare, HOME=self.directory,
            OS_DATABASE__CONNECTION=None)

    def prepare(self):
        command.forget_engine()
        sys.stdin = io.StringIO('y\n')

    def test_command_lines(self):
        self.configure('heat.conf')
        self.configure('heat.conf.d/01-database.conf')
        with open(os.path.join(self.etc, 'logging.conf'), 'w') as created:
            created.write(LOGGING)
        for line in COMMAND_LINES:
            result = self.run_line(line)
            self.assertEqual(0, result.status, (line, result.stderr))
            self.assertEqual(line.endswith(' STACK'), bool(result.stderr),
                             (line, result.stderr))
            for name, expected in PRINTED.items():
                if line.endswith(name):
                    self.assertEqual(expected, result.stdout, line)
        self.assertEqual(86, api.db_version(self.engine))

    def test_what_only_an_engine_does(self):
        self.configure('heat.conf')
        for line in FOR_ENGINES:
            result = self.run_line(line)
            self.assertEqual((1, ''), (result.status, result.stdout))
            self.assertIn('takes oslo.messaging', result.stderr)

    def test_configuration_of_the_engine(self):
        """Heat's own command reads that when it is told of no other."""
        self.configure('heat-engine.conf')
        self.assertEqual((0, '86\n', ''),
                         self.run_line('heat-manage db_version'))

    def test_version(self):
        result = self.run_line('heat-manage --version')
        self.assertEqual((0, ''), (result.status, result.stderr))
        self.assertRegex(result.stdout, r'\A\d+\.[^\n]*\n\Z')
