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
"""heat-manage reset_stack_status: asked, told, and while engines work."""

import io
import sys

from heat.db import api
from heat.tests import schema
from heat.tests import stuck


class Answer(io.StringIO):
    """What someone types, or a program, after something else has happened."""

    def __init__(self, answer, meanwhile=lambda: None):
        super().__init__(answer)
        self.meanwhile = meanwhile

    def readline(self):
        self.meanwhile()
        return super().readline()


class ResetTest(stuck.StuckTestCase):

    def setUp(self):
        super().setUp()
        nested = self.in_progress(name='inner', owner_id=self.stack_id)
        for stack_id in self.stack_id, nested:
            db = self.resource('db', 'IN_PROGRESS', stack_id,
                               engine_id=stuck.DEAD)
        api.resource_data_set(self.context, db, 'pre-create', 'x')
        self.depend('db')
        self.sync_point('db')
        self.sync_point(None)
        api.stack_lock_create(self.context, nested, stuck.DEAD)
        self.numbers = {'stack': 2, 'resource': 2, 'resource_data': 1,
                        'sync_point': 2, 'stack_lock': 1}

    def assert_unchanged(self, status, *argv, **options):
        before = schema.rows(self.engine)
        result = self.run_command('reset_stack_status', *argv, **options)
        self.assertEqual(status, result.status, result.stderr)
        self.assertEqual(before, schema.rows(self.engine))
        return result

    def assert_reset(self):
        self.assertEqual([('FAILED',)] * 2,
                         self.select('SELECT status FROM stack'))
        self.assertEqual([('FAILED', None)] * 2, self.select(
            'SELECT status, engine_id FROM resource'))
        for table in 'sync_point', 'stack_lock', 'resource_data':
            self.assertEqual([], self.select('SELECT * FROM ' + table))
        self.assertNotIn((stuck.TRAVERSAL,), self.select(
            'SELECT current_traversal FROM stack'))

    def answer(self, answer, *argv, **options):
        return {'before': lambda: setattr(
            sys, 'stdin', Answer(answer, *argv, **options))}

    def test_dry_run(self):
        result = self.assert_unchanged(0, 'web', '--dry-run')
        self.assertEqual('', result.stderr)
        self.assertRegex(result.stdout, r'\AStack %s, a tree of 2 stacks'
                         % self.stack_id)
        self.assertIn('  2 resources that are in progress fail\n',
                      result.stdout)
        self.assertEqual({'would_be': {**self.numbers, 'stacks': 2}},
                         self.assert_done_as_json(
                             'reset_stack_status', 'web', '--dry-run'))

    def test_yes(self):
        text = self.assert_done('reset_stack_status', self.stack_id, '--yes')
        self.assertIn('  2 sync points are removed\n', text)
        self.assert_reset()
        self.assertIn('nothing is wrong',
                      self.assert_done('stack_status', self.stack_id))

    def test_traversal_that_is_none(self):
        """Someone has written it by hand, and no engine goes on with it."""
        for number, traversal in enumerate((
                'x', stuck.TRAVERSAL.upper(), ' ', '\u00e9' * 36)):
            mark = '?' if self.driver == 'sqlite' else '%s'
            self.execute('UPDATE stack SET current_traversal = %s' % mark,
                         (traversal,))
            numbers = self.assert_done_as_json(
                'reset_stack_status', 'web', '--yes')['done']
            self.assertEqual(0 if number else 2, numbers['stack'])
            self.assertNotIn((traversal,), self.select(
                'SELECT current_traversal FROM stack'))

    def test_dependencies_that_are_no_json(self):
        """Heat could not read the stack, nor list those of its tenant."""
        legacy = self.in_progress(convergence=False, owner_id=self.stack_id)
        self.execute("UPDATE stack SET current_deps = '{\"edges\": [' "
                     "WHERE id <> '%s'" % legacy)
        self.assert_done('reset_stack_status', self.stack_id, '--yes')
        stacks = {stack.id: stack.current_deps
                  for stack in api.stack_get_all(self.context,
                                                 show_nested=True)}
        self.assertEqual(3, len(stacks))
        self.assertIsNone(stacks.pop(legacy))
        self.assertEqual([{'edges': []}] * 2, list(stacks.values()))
        self.assertIn('nothing is wrong',
                      self.assert_done('stack_status', self.stack_id))

    def test_yes_as_json(self):
        self.assertEqual({'done': self.numbers}, self.assert_done_as_json(
            'reset_stack_status', self.stack_id, '--yes'))
        self.assert_reset()

    def test_no_answer(self):
        for stdin in io.StringIO(), None:
            result = self.assert_unchanged(
                1, self.stack_id,
                before=lambda: setattr(sys, 'stdin', stdin))
            self.assertRegex(
                result.stderr,
                r'\? \[y/N\] \nheat-manage: nobody has [^\n]*--yes\n\Z')

    def test_other_answers(self):
        for answer in '\n', 'n\n', 'sure, yes':
            result = self.assert_unchanged(1, self.stack_id,
                                           **self.answer(answer))
            self.assertRegex(result.stderr,
                             r'Go on\? \[y/N\] heat-manage: nothing was')

    def test_asked(self):
        """By a program, too; and all that begins so is a yes, as in Heat."""
        result = self.run_command('reset_stack_status', self.stack_id,
                                  **self.answer('Yes, please\n'))
        self.assertEqual(0, result.status)
        self.assertIn('a tree of 2 stacks', result.stderr)
        self.assert_reset()

    def test_another_goes_on_meanwhile(self):
        def go_on():
            api.stack_update(self.context, self.stack_id,
                             {'current_traversal': stuck.PAST},
                             stuck.TRAVERSAL)

        result = self.run_command('reset_stack_status', self.stack_id,
                                  **self.answer('y\n', go_on))
        self.assertEqual((1, ''), (result.status, result.stdout))
        self.assertIn('another traversal since it was looked at',
                      result.stderr)
        self.assertEqual([('IN_PROGRESS',)] * 2,
                         self.select('SELECT status FROM stack'))

    def test_what_is_no_stack(self):
        deleted = self.create_stack(deleted_at=self.ago(100)).id
        for one, reason in ((deleted, 'was deleted'), ('nobody', 'no stack')):
            self.assertIn(reason, self.assert_refused(
                'reset_stack_status', one, '--yes'))
