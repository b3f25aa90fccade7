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
"""heat-manage update_params, while engines work and where it is killed."""

import itertools
import signal

import sqlalchemy as sa

from heat.common.config import CONF
from heat.common import context
from heat.db import api
from heat.db import crypt
from heat.db.sqlalchemy.engine import autocommit
from heat.db.sqlalchemy.maintenance import rotate
from heat.tests.cmd import command
from heat.tests.db import secrets
from heat.tests.db import test_crypt
from heat.tests import places

KEY, OTHER, SECRET = secrets.KEY, secrets.OTHER, secrets.SECRET
NEW = 'n' * 32
TEMPLATE = {'heat_template_version': '2013-05-23', 'parameters': {
    'hidden': {'type': 'string', 'hidden': True}}}
TABLES = {'raw_template': 1, 'resource_properties_data': 2, 'resource': 1,
          'resource_data': 1, 'user_creds': 2}
NONE = 'none'


def keys(first, *previous):
    """Return the environment of a command that has such keys."""
    configured = {'OS_DEFAULT__AUTH_ENCRYPTION_KEY': first}
    if previous:
        configured['OS_DEFAULT__AUTH_ENCRYPTION_PREVIOUS_KEYS'], = previous
    return configured


class UpdateParamsTestCase(command.CommandTestCase, secrets.SecretsTestCase):

    def start(self, *argv, before=lambda: None, **environment):
        def forget_keys():
            # What the test has set itself would count before these.
            for name in ('auth_encryption_key',
                         'auth_encryption_previous_keys'):
                CONF.clear_override(name)
            before()
        return super().start(*argv, before=forget_keys, **environment)

    def fill(self):
        """Store a secret of each kind, encrypted with KEY."""
        data = crypt.encrypted_dict({'a': SECRET})
        template_id = self.create_template(template=TEMPLATE, environment={
            'parameters': {'hidden': list(crypt.encrypt(SECRET))},
            'encrypted_param_names': ['hidden']}).id
        rpd_ids = [api.resource_prop_data_create(self.context, {
            'data': data, 'encrypted': True}).id for _number in range(2)]
        resource_id = self.create_resource(
            properties_data=data, properties_data_encrypted=True).id
        api.resource_data_set(self.context, resource_id, 'key', SECRET, True)
        creds_ids = [api.user_creds_create(context.RequestContext(
            **{name: SECRET}))['id'] for name in ('password', 'trust_id')]
        self.ids = template_id, rpd_ids, resource_id, creds_ids

    def assert_readable(self):
        """Assert that an engine with the configured keys reads them all."""
        template_id, rpd_ids, resource_id, creds_ids = self.ids
        self.assertEqual(SECRET, crypt.decrypt(*api.raw_template_get(
            self.context, template_id).environment['parameters']['hidden']))
        resource = api.resource_get(self.context, resource_id)
        for data in (resource.properties_data, *(
                api.resource_prop_data_get(self.context, rpd_id).data
                for rpd_id in rpd_ids)):
            self.assertEqual({'a': SECRET}, crypt.decrypted_dict(data))
        self.assertEqual(SECRET, api.resource_data_get(
            self.context, resource_id, 'key'))
        self.assertEqual([SECRET, None, None, SECRET], [
            api.user_creds_get(self.context, creds_id)[name]
            for creds_id in creds_ids for name in ('password', 'trust_id')])

    def dump(self):
        return {table: sorted(self.select('SELECT * FROM ' + table), key=repr)
                for table in TABLES}

    def update(self, *argv, status=0, **environment):
        """Run the command; return what it prints, {begin: end} of lines."""
        result = self.run_command('update_params', *argv, **environment)
        self.assertEqual(status, result.status, result.stderr)
        if not status:
            self.assertEqual('', result.stderr)
        for hidden in (KEY, OTHER, NEW, SECRET, 'gAAAAA', 'Traceback'):
            self.assertNotIn(hidden, result.stdout + result.stderr)
        self.told = result.stderr.splitlines()
        return dict(line.split(': ') for line in result.stdout.splitlines())


ALL = ', '.join('%s %d' % item for item in sorted(TABLES.items()))
CURRENT = 'Values encrypted with auth_encryption_key'
PREVIOUS = 'Values encrypted with auth_encryption_previous_keys[0]'
UNREADABLE = 'Values that none of these keys can read'
CLEAR = 'Values that could be encrypted, and are not'


class RotateTest(UpdateParamsTestCase):

    def test_check_and_rotate(self):
        self.fill()
        before = self.dump()
        self.assertEqual(
            {CURRENT: NONE, PREVIOUS: ALL, UNREADABLE: NONE, CLEAR: NONE},
            self.update('--check', status=2, **keys(NEW, KEY)))
        self.assertEqual(before, self.dump())
        self.assertEqual(
            {'Rows changed': ALL, CURRENT: ALL, PREVIOUS: NONE,
             UNREADABLE: NONE, CLEAR: NONE},
            self.update('rotate', **keys(NEW, KEY)))
        self.configure(NEW)
        self.assert_readable()
        after = self.dump()
        self.assertEqual(NONE, self.update('rotate', **keys(NEW, KEY))[
            'Rows changed'])
        self.assertEqual(after, self.dump())
        self.assertEqual({CURRENT: ALL, UNREADABLE: NONE, CLEAR: NONE},
                         self.update('rotate', '--check', **keys(NEW)))

    def test_old_key_on_the_command_line(self):
        self.fill()
        self.assertEqual(ALL, self.update('rotate', KEY, **keys(NEW))[CURRENT])
        self.configure(NEW)
        self.assert_readable()

    def test_as_json(self):
        self.fill()
        changed = self.assert_done_as_json(
            'update_params', 'rotate', **keys(NEW, KEY))
        self.assertEqual({
            'keys': [{'name': 'auth_encryption_key', 'values': TABLES},
                     {'name': 'auth_encryption_previous_keys[0]',
                      'values': {}}],
            'unreadable': {}, 'clear': {}, 'changed': TABLES, 'failed': 0},
            changed)

    def test_wrong_key(self):
        self.fill()
        before = self.dump()
        found = self.update('rotate', status=1, **keys(NEW, OTHER))
        self.assertEqual(
            {'Rows changed': NONE, CURRENT: NONE, PREVIOUS: NONE,
             UNREADABLE: ALL, CLEAR: NONE}, found)
        self.assertEqual(7, len(self.told))
        self.assertIn('add that to auth_encryption_previous_keys',
                      self.told[0])
        self.assertEqual(before, self.dump())
        self.assertEqual(ALL, self.update('rotate', **keys(NEW, KEY))[CURRENT])

    def test_many_rows_that_fail(self):
        for number in range(12):
            api.resource_prop_data_create(self.context, {
                'data': {'a': [number]}, 'encrypted': True})
        self.update('decrypt', status=1, **keys(KEY))
        self.assertEqual(11, len(self.told))
        self.assertEqual('heat-manage: and 2 rows more', self.told[-1])

    def test_older_methods(self):
        """They become the newest one, with whichever key."""
        resource_id = self.create_resource().id
        for method, text in secrets.STORED.items():
            api.resource_data_set(self.context, resource_id, method, text)
            self.execute("UPDATE resource_data SET redact = true, "
                         "decrypt_method = '%s' WHERE value = '%s'" %
                         (method, text))
            self.insert('user_creds', password=text, decrypt_method=method)
        self.assertEqual('resource_data 3, user_creds 3', self.update(
            'rotate', **keys(NEW, KEY))[CURRENT])
        self.configure(NEW)
        self.assertEqual(dict.fromkeys(secrets.STORED, SECRET),
                         api.resource_data_get_all(self.context, resource_id))
        for table in 'resource_data', 'user_creds':
            self.assertEqual([('cryptography_decrypt_v1',)] * 3, self.select(
                'SELECT decrypt_method FROM ' + table))

    def test_too_long_for_its_column(self):
        text = test_crypt.cfb8_text(b'x' * 150)
        self.insert('user_creds', password=text,
                    decrypt_method='heat_decrypt')
        self.update('rotate', status=1, **keys(NEW, KEY))
        line, = self.told
        self.assertIn('longer than 255 characters: password', line)
        self.assertEqual([(text,)], self.select(
            'SELECT password FROM user_creds'))


class MeanwhileTest(UpdateParamsTestCase):
    """Engines change what has been read and is to be rotated."""

    def test_nothing_is_lost(self):
        self.fill()
        template_id, rpd_ids, resource_id, creds_ids = self.ids
        environment = {'parameters': {'hidden': 'new'}}
        data = crypt.encrypted_dict({'a': 'new'})
        changes = {
            'raw_template': lambda: api.raw_template_update(
                self.context, template_id, {'environment': environment}),
            'resource_properties_data': lambda: (
                api.resource_prop_data_create_or_update(
                    self.context, {'data': data, 'encrypted': True},
                    rpd_ids[0])),
            'resource_data': lambda: api.resource_data_set(
                self.context, resource_id, 'key', 'new', True),
            'user_creds': lambda: api.user_creds_delete(
                self.context, creds_ids[0])}
        seen = []

        def look(conn, cursor, statement, *args):
            table = statement.startswith('SELECT') and statement[7:].split(
                '.')[0]
            if table in changes:
                seen.append(table)

        def change(connection, record):
            for table in tuple(seen):
                changes.pop(table, lambda: None)()

        self.listen('before_cursor_execute', look)
        pool = autocommit.get_engine().pool
        # The connection that has read is given back.
        sa.event.listen(pool, 'checkin', change)
        self.addCleanup(sa.event.remove, pool, 'checkin', change)
        rotate.rotate(self.context, [NEW.encode(), KEY.encode()],
                      self.fail)
        self.assertEqual({}, changes)
        self.configure(NEW)
        self.assertEqual('new', api.resource_data_get(
            self.context, resource_id, 'key'))
        self.assertEqual(environment, api.raw_template_get(
            self.context, template_id).environment)
        self.assertEqual({'a': 'new'}, crypt.decrypted_dict(
            api.resource_prop_data_get(self.context, rpd_ids[0]).data))
        self.assertEqual([(creds_ids[1],)], self.select(
            'SELECT id FROM user_creds'))


class KilledTest(UpdateParamsTestCase):

    def test_killed_at_each_statement(self):
        self.fill()
        for place in itertools.count():
            status = self.start(
                'update_params', 'rotate', **keys(NEW, KEY),
                before=lambda: places.kill_at(autocommit.get_engine(), place)
            ).wait()
            # All is readable with both keys at any time.
            self.configure(NEW, KEY)
            self.assert_readable()
            if status != -signal.SIGKILL:
                break
        self.assertEqual(0, status)
        # Each table but one has a single row.
        self.assertGreater(place, 5)
        self.configure(NEW)
        self.assert_readable()


class EncryptTest(UpdateParamsTestCase):

    def fill_clear(self):
        template_id = self.create_template(template=TEMPLATE, environment={
            'parameters': {'hidden': SECRET}}).id
        rpd_id = api.resource_prop_data_create(self.context, {
            'data': {'a': SECRET}, 'encrypted': False}).id
        self.before = self.texts()
        return template_id, rpd_id

    def texts(self):
        return str(self.select('SELECT environment FROM raw_template') +
                   self.select('SELECT data FROM resource_properties_data'))

    def test_encrypt_and_decrypt(self):
        self.fill_clear()
        both = 'raw_template 1, resource_properties_data 1'
        self.assertEqual(
            {'Rows changed': both, CURRENT: both, UNREADABLE: NONE,
             CLEAR: NONE}, self.update('encrypt', **keys(KEY)))
        self.assertNotIn(SECRET, self.texts())
        self.assertEqual(
            {'Rows changed': both, CURRENT: NONE, UNREADABLE: NONE,
             CLEAR: both}, self.update('decrypt', **keys(KEY)))
        self.assertIn('"hidden": "%s"' % SECRET, self.texts())
        self.assertEqual(both, self.update('--check', **keys(KEY))[CLEAR])

    def test_verbose(self):
        self.fill_clear()
        result = self.run_command('update_params', 'encrypt',
                                  '--verbose-update-params', **keys(KEY))
        self.assertEqual(0, result.status)
        self.assertIn('Converting raw_template up to', result.stderr)
        self.assertNotIn('Converting', result.stdout)

    def test_old_key(self):
        """Heat's way: decrypt with the old key, encrypt with the new one."""
        self.fill_clear()
        self.update('encrypt', **keys(KEY))
        before = self.texts()
        self.update('decrypt', OTHER, status=1, **keys(NEW))
        self.assertEqual(before, self.texts())
        self.update('decrypt', KEY, **keys(NEW))
        self.assertIn(SECRET, self.texts())
        self.update('encrypt', **keys(KEY))
        # And in one step.
        self.assertEqual('raw_template 1, resource_properties_data 1',
                         self.update('encrypt', KEY, **keys(NEW))[CURRENT])


class RefusedTest(UpdateParamsTestCase):

    def test_what_makes_no_sense(self):
        for argv, reason in (
                ((), 'must be one of encrypt, decrypt, rotate, or '
                 '--check alone: action'),
                ((KEY, 'rotate'), 'must be one of'),
                (('rotate', KEY, OTHER), 'put several keys into'),
                (('rotate', 'short' + SECRET), 'manage: OLD_KEY has'),
                (('rotate', ''), 'OLD_KEY has 0 characters'),
                (('--check', 'rotate', 'ä' * 32), 'not ASCII'),
                (('--', 'rotate', '-' * 31), 'has 31 characters'),
                (('rotate', '\x1b' * 32), 'can not be printed')):
            line = self.assert_refused('update_params', *argv, **keys(KEY))
            self.assertIn(reason, line)
            for hidden in KEY, OTHER, SECRET, '----':
                self.assertNotIn(hidden, line)

    def test_keys_of_all_characters(self):
        self.fill()
        key = '%s$1 {0}\\\'"`;#[x],=:<&|*?!~^() -'
        self.assertEqual(32, len(key))
        self.update('rotate', KEY, **keys(key.replace('$', '$$')))
        self.configure(key.replace('$', '$$'))
        self.assert_readable()
        self.update('rotate', key, **keys(KEY))
        self.configure(KEY)
        self.assert_readable()
