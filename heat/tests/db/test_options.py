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
"""The options that the layer reads, and those that an application has."""

import os

import fixtures
from oslo_config import cfg
from oslo_config import fixture as config_fixture
import testtools

import heat
from heat.db import options

DOCUMENT = os.path.join(
    os.path.dirname(os.path.dirname(heat.__file__)), 'doc', 'source', 'admin',
    'configuration.rst')
# Heat 25's own.
DEFAULTS = {
    'auth_encryption_key': 'notgood but just long enough i t',
    'event_purge_batch_size': 200,
    'hidden_stack_tags': [],
    'max_events_per_stack': 1000,
}


class OptionsTest(testtools.TestCase):

    def setUp(self):
        super().setUp()
        self.conf = cfg.ConfigOpts()
        self.config = self.useFixture(config_fixture.Config(self.conf))
        self.useFixture(fixtures.MonkeyPatch('oslo_config.cfg.CONF',
                                             self.conf))

    def configure(self, text):
        """Read a configuration file."""
        path = os.path.join(self.useFixture(fixtures.TempDir()).path, 'conf')
        with open(path, 'w') as created:
            created.write('[DEFAULT]\n' + text)
        self.conf(['--config-file', path])

    def test_defaults(self):
        for name, default in DEFAULTS.items():
            self.assertEqual(default, options.get(name))
        self.assertEqual([], options.get('auth_encryption_previous_keys'))
        self.assertEqual({*DEFAULTS, 'auth_encryption_previous_keys'},
                         {opt.name for opt in options.OPTS})

    def test_configured(self):
        self.configure('hidden_stack_tags = a, b\n'
                       'max_events_per_stack = 0\n'
                       'auth_encryption_previous_keys = a, b$$\n'
                       'auth_encryption_previous_keys = c\n')
        self.assertEqual(['a', 'b'], options.get('hidden_stack_tags'))
        self.assertEqual(0, options.get('max_events_per_stack'))
        self.assertEqual(['a, b$', 'c'],
                         options.get('auth_encryption_previous_keys'))

    def test_what_is_out_of_range(self):
        self.configure('max_events_per_stack = -1\n'
                       'event_purge_batch_size = 0\n')
        for name in 'max_events_per_stack', 'event_purge_batch_size':
            error = self.assertRaises(ValueError, options.get, name)
            self.assertIsInstance(error, cfg.Error)
            self.assertIn(name, str(error))

    def test_registered_on_use(self):
        for opt in options.OPTS:
            self.assertNotIn(opt.name, self.conf)
            options.get(opt.name)
            self.assertIn(opt.name, self.conf)

    def test_option_of_the_application(self):
        self.config.register_opt(cfg.IntOpt(
            'max_events_per_stack', default=7, help='Other words.'))
        self.assertEqual(7, options.get('max_events_per_stack'))
        self.assertEqual(200, options.get('event_purge_batch_size'))

    def test_option_that_heat_declares(self):
        """What would be declared later is declared before it is read."""
        directory = self.useFixture(fixtures.TempDir()).path
        with open(os.path.join(directory, 'declares_options.py'), 'w') as new:
            new.write('from oslo_config import cfg\n'
                      'cfg.CONF.register_opt(cfg.ListOpt('
                      '"hidden_stack_tags", default=["of Heat"]))\n')
        self.useFixture(fixtures.PythonPathEntry(directory))
        self.useFixture(fixtures.MonkeyPatch(
            'heat.db.options.OF_HEAT', ('no.such.module', 'declares_options')))
        self.assertEqual(['of Heat'], options.get('hidden_stack_tags'))

    def test_option_that_is_not_there(self):
        self.assertRaises(cfg.NoSuchOptError, options.get, 'foo')

    def test_sample_and_document(self):
        group, listed = options.list_opts()[0]
        self.assertEqual('DEFAULT', group)
        with open(DOCUMENT) as document:
            text = document.read()
        for opt in listed:
            self.assertIn('``%s``' % opt.name, text)
            if opt.default:
                self.assertIn('``%s``' % opt.default, text)
