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
"""heat-manage stack_status, for stacks that hang and stacks that do not."""

import argparse
import json
import uuid

from heat.cmd import output
from heat.cmd import stack_status
from heat.cmd import stack_words
from heat.cmd import stacks
from heat.db import api
from heat.db import exception
from heat.db.sqlalchemy.maintenance import stack_diagnosis
from heat.db.sqlalchemy.maintenance import stack_report
from heat.tests import base
from heat.tests.cmd import test_hostile_input
from heat.tests import stuck

RESET = 'What to do:\n  heat-manage reset_stack_status %s'


class StatusTestCase(stuck.StuckTestCase):

    def look(self, status, *args):
        """Run the command; return what it prints."""
        result = self.run_command('stack_status', *(args or (self.stack_id,)))
        self.assertEqual((status, ''), (result.status, result.stderr))
        return result.stdout

    def look_as_json(self, status, *args):
        return json.loads(self.look(
            status, *(args or (self.stack_id,)), '--format', 'json'))

    def diagnose(self):
        """Return what the command would show, and the findings."""
        report, graph = stack_status.read(self.engine, self.stack_id)
        findings = stack_diagnosis.diagnose(report, graph)
        return report, graph, findings, '\n'.join(map(
            output.line, stack_words.Words(report, graph).lines(findings)))

    def assert_found(self, kind, *words, resets=True):
        """Assert that this is found, and nothing else, and told in words."""
        report, graph, findings, text = self.diagnose()
        self.assertEqual([kind], [one.kind for one in findings])
        self.assertEqual([self.stack_id] * resets,
                         stack_diagnosis.to_reset(report, findings))
        for word in words:
            self.assertIn(word, text)
        self.assertEqual(resets, text.endswith(RESET % self.stack_id))

    def assert_nothing_found(self):
        self.assertEqual([], self.diagnose()[2])

    def states(self):
        """Return {(id, is_update): state} of the nodes of the graph."""
        return {(int(node.entity_id), node.is_update): state
                for node, state in self.diagnose()[1].states.items()}


class StackStatusTest(StatusTestCase):

    def two(self, **db):
        """Let "web" wait for "db", and "net" be done."""
        self.resource('net')
        self.resource('db', **db)
        self.resource('web', 'COMPLETE', action='INIT')
        self.depend('web needs db', 'web needs net', 'db needs net', 'net')
        self.sync_point('net')
        self.sync_point('db', 'net')
        self.sync_point('web', 'net')
        self.sync_point(None)
        self.grow_old()

    def test_nothing_is_wrong(self):
        self.two(status='IN_PROGRESS', engine_id=stuck.ALIVE)
        text = self.look(0)
        self.assertIn('nothing is wrong; engines are at work on 1 resource',
                      text)
        self.assertIn('%s (alive)' % stuck.ALIVE, text)
        self.assertIn('has 1 of 2, and waits for resource "db"', text)
        nodes = {node['entity_id']: node
                 for node in self.look_as_json(0)['nodes']}
        self.assertEqual(
            ['complete', 'in progress', 'waiting', None],
            [nodes[str(one)]['state'] for one in (
                *map(self.ids.get, ('net', 'db', 'web')), self.stack_id)])
        self.assertEqual([[str(self.ids['net']), True]],
                         nodes[str(self.ids['web'])]['present'])

    def test_engine_that_has_died(self):
        self.two(status='IN_PROGRESS', engine_id=stuck.DEAD)
        words = ('resource "db" (id %d) is locked by engine %s on host of '
                 'dddd, which last reported 3 h ago' % (
                     self.ids['db'], stuck.DEAD))
        text = self.look(2)
        self.assertIn('Diagnosis:\n  %s\n' % words, text)
        self.assertTrue(text.endswith(RESET % self.stack_id + '\n'))
        found = self.look_as_json(2)
        self.assertEqual([self.stack_id], found['to_reset'])
        one, = found['findings']
        self.assertEqual(
            ('resource_locked_by_dead_engine', self.ids['db'], words),
            (one['kind'], one['subject'], one['text']))
        self.assertIn('locked by a dead engine',
                      [node['state'] for node in found['nodes']])

    def test_engine_that_nobody_knows(self):
        self.two(status='IN_PROGRESS', engine_id='gone')
        self.assert_found('resource_locked_by_dead_engine',
                          'which no service has that is known')

    def test_engine_that_was_stopped(self):
        self.two(status='IN_PROGRESS', engine_id=stuck.ALIVE)
        self.execute("UPDATE service SET deleted_at = updated_at")
        self.assert_found('resource_locked_by_dead_engine')

    def test_nobody_is_at_work(self):
        self.two(status='IN_PROGRESS')
        self.assert_found('resource_in_progress_without_engine',
                          'is in progress for 3 h, but no engine has it')

    def test_lost_turn(self):
        for status in 'COMPLETE', 'FAILED':
            with self.subTest(status):
                self.two(status=status)
                self.assert_found('turn_lost', 'has had its turn for 3 h')
                self.execute('DELETE FROM sync_point')
                self.execute('DELETE FROM resource')

    def test_row_that_is_gone(self):
        """An engine that gets its message drops it in silence."""
        self.two()
        self.execute("DELETE FROM resource WHERE name = 'db'")
        self.assert_found('resource_row_gone', 'resource "?" (id %d) can not '
                          'be done' % self.ids['db'])

    def test_what_may_be_in_a_queue(self):
        self.two(status='COMPLETE')
        self.grow_old(100)
        self.assert_nothing_found()

    def test_lost_end(self):
        self.resource('net')
        self.depend('net')
        self.sync_point('net')
        self.sync_point(None, 'net')
        self.grow_old()
        self.assert_found('traversal_not_ended', 'noted the end')

    def test_lost_begin(self):
        self.resource('net')
        self.depend('net')
        self.grow_old()
        self.assert_found('traversal_not_started', 'has no sync points')

    def test_missing_sync_point(self):
        self.two(status='IN_PROGRESS', engine_id=stuck.ALIVE)
        self.execute("DELETE FROM sync_point WHERE entity_id = '%d'" %
                     self.ids['web'])
        self.assert_found('sync_point_missing', 'resource "web"')

    def test_stack_lock(self):
        self.write(status='COMPLETE')
        api.stack_lock_create(self.context, self.stack_id, stuck.DEAD)
        self.assert_found('stack_locked_by_dead_engine',
                          'the stack is locked by engine ' + stuck.DEAD)

    def test_without_a_traversal(self):
        """Heat suspends and checks any stack under its lock alone."""
        self.write(action='SUSPEND')
        self.resource('net')
        self.resource('db', 'IN_PROGRESS', action='SUSPEND')
        self.depend('db needs net', 'net')
        self.grow_old()
        api.stack_lock_create(self.context, self.stack_id, stuck.ALIVE)
        self.assert_nothing_found()
        api.stack_lock_steal(self.context, self.stack_id, stuck.ALIVE,
                             stuck.DEAD)
        self.assert_found('stack_locked_by_dead_engine')

    def test_legacy_stack(self):
        self.write(convergence=False)
        self.resource('db', 'IN_PROGRESS')
        self.grow_old()
        self.assert_found('stack_in_progress_without_lock')
        api.stack_lock_create(self.context, self.stack_id, stuck.ALIVE)
        self.assert_nothing_found()

    def test_resource_that_a_legacy_stack_left(self):
        self.write(convergence=False, status='FAILED')
        self.resource('db', 'IN_PROGRESS')
        self.assert_nothing_found()
        self.grow_old()
        self.assert_found('resource_in_progress_without_engine')
        api.stack_lock_create(self.context, self.stack_id, stuck.ALIVE)
        self.assert_nothing_found()

    def test_cleanup_and_replacement(self):
        """The one replaced is to be deleted, once the new one is there."""
        new = self.resource('new', 'IN_PROGRESS', engine_id=stuck.ALIVE)
        self.resource('old', replaced_by=new)
        self.depend('-old needs old')
        self.sync_point('old')
        self.sync_point('-old')
        self.sync_point(None)
        self.grow_old()
        self.assertEqual({True: 'in progress', False: 'waiting'}, {
            is_update: state
            for (_id, is_update), state in self.states().items()})
        self.assertIn('in progress; cleanup: waiting', self.diagnose()[3])

    def test_nested_stack(self):
        self.two(status='IN_PROGRESS', engine_id=stuck.ALIVE)
        nested = self.in_progress(name='inner', owner_id=self.stack_id)
        self.resource('deep', 'IN_PROGRESS', nested, engine_id=stuck.DEAD)
        self.in_progress(name='fresh', owner_id=nested)
        self.assert_found('nested_stack_hangs', 'heat-manage stack_status ' +
                          nested)
        self.write(status='COMPLETE')
        report, graph, findings, text = self.diagnose()
        self.assertEqual([nested], stack_diagnosis.to_reset(report, findings))

    def test_nested_stack_that_is_gone(self):
        """A live engine waits for it until the stack is timed out."""
        nested = self.in_progress(owner_id=self.stack_id, status='COMPLETE')
        self.two(status='IN_PROGRESS', engine_id=stuck.ALIVE,
                 physical_resource_id=nested)
        self.assert_nothing_found()
        self.execute('UPDATE stack SET deleted_at = updated_at '
                     "WHERE id = '%s'" % nested)
        self.assert_found('nested_stack_gone', 'resource "db" (id %d) waits '
                          'for a nested stack that was deleted 3 h ago' %
                          self.ids['db'])
        self.execute("UPDATE resource SET action = 'DELETE' "
                     "WHERE name = 'db'")
        self.assert_nothing_found()

    def test_which_nested_stack_the_others_wait_for(self):
        """Of those that hang, one is told first, with the dead engine."""
        self.two(status='IN_PROGRESS', engine_id=stuck.ALIVE)
        nested = [self.stack_id]
        for number in range(4):
            nested.append(self.in_progress(
                owner_id=nested[-1], id=str(uuid.UUID(int=number))))
        self.resource('deep', 'IN_PROGRESS', nested[3], engine_id=stuck.DEAD)
        self.grow_old()
        findings, text = self.diagnose()[2:]
        found = [one.subject['id'] for one in findings]
        self.assertEqual((nested[3], sorted(nested[1:])),
                         (found[0], sorted(found)))
        told = text.partition('Diagnosis:\n')[2].splitlines()
        self.assertIn('is locked by engine %s on host' % stuck.DEAD, told[0])
        self.assertIn('stack_status %s tells more' % nested[3], told[0])
        self.assertNotIn(stuck.DEAD, ''.join(told[1:]))

    def test_levels_that_have_died_together(self):
        """The innermost is told first; the outermost is reset."""
        nested = [self.stack_id]
        for number in range(6):
            nested.append(self.in_progress(
                owner_id=nested[-1], id=str(uuid.UUID(int=number))))
            self.resource('deep', 'IN_PROGRESS', nested[-1],
                          engine_id=stuck.DEAD)
        api.stack_lock_create(self.context, nested[1], stuck.DEAD)
        self.write(status='COMPLETE')
        report, graph, findings, text = self.diagnose()
        found = [one.subject['id'] for one in findings]
        self.assertEqual((nested[6], 6), (found[0], len(found)))
        told = {stack_id: line for line in text.splitlines()
                for stack_id in found if 'stack_status %s tells' % stack_id
                in line}
        self.assertIn(': it is locked by engine', told[nested[1]])
        self.assertIn(': a resource of it is locked by', told[nested[6]])
        self.assertTrue(text.endswith(RESET % nested[1]))

    def test_many_nested_stacks(self):
        """All are counted, and so many are shown that it can be read."""
        self.write(status='COMPLETE')
        for number in range(60):
            self.in_progress(name='inner%d' % number, owner_id=self.stack_id,
                             status=('COMPLETE', 'IN_PROGRESS')[number % 2])
        self.grow_old()
        self.assertEqual(30, len(self.look_as_json(2)['to_reset']))
        table, diagnosis = self.look(2).split('Diagnosis:')
        self.assertEqual(
            (30, 50), (table.count('IN_PROGRESS'), table.count('  inner')))
        self.assertIn('  and 10 more like this; --format json', table)
        self.assertEqual(
            [10, 10, 2], [diagnosis.count(text) for text in (
                'no engine works on it', ' reset_stack_status ',
                '  and 20 more like this')])

    def test_backup(self):
        """Heat works on it under the lock of the stack that owns it."""
        self.write(convergence=False, action='UPDATE')
        backup = self.in_progress(
            name='web*', owner_id=self.stack_id, backup=True,
            convergence=False, action='DELETE')
        self.resource('old', 'IN_PROGRESS', backup)
        self.grow_old()
        top = self.stack_id
        api.stack_lock_create(self.context, top, stuck.ALIVE)
        self.assert_nothing_found()
        self.assertIn('nothing is wrong', self.look(0, backup))
        api.stack_lock_steal(self.context, top, stuck.ALIVE, stuck.DEAD)
        self.assert_found('stack_locked_by_dead_engine')
        self.assertIn(RESET % top, self.look(2, backup))
        api.stack_lock_release(self.context, top, stuck.DEAD)
        self.write(status='FAILED')
        self.assertIn(RESET % backup, self.look(2))
        self.assertIn(RESET % backup, self.look(2, backup))

    def test_nested_stack_at_rest(self):
        """It does not hang, though an engine has died with its lock."""
        self.write(status='COMPLETE')
        nested = self.in_progress(name='inner', owner_id=self.stack_id,
                                  status='COMPLETE')
        api.stack_lock_create(self.context, nested, stuck.DEAD)
        text = self.diagnose()[3]
        self.assertIn('nested stack "inner" is at rest, but locked by engine '
                      + stuck.DEAD, text)
        self.assertNotIn('hung', text)

    def test_past_traversals(self):
        self.write(status='COMPLETE')
        self.resource('net')
        for _number in range(2):
            self.sync_point('net', traversal_id=stuck.PAST,
                            is_update=bool(_number))
        self.assertIn('Sync points of the past traversal %s: 2\n' %
                      stuck.PAST, self.diagnose()[3])
        self.assert_nothing_found()

    def test_dependencies_that_can_not_be_read(self):
        self.resource('net')
        self.write(status='COMPLETE', current_deps=[
            [self.ids['net'], None], [{}, None], ['x', []]])
        self.assert_found('dependencies_unreadable', resets=False)
        # Python takes the first for JSON, and the other one is.
        for text in '[NaN]', '"text"':
            self.execute("UPDATE stack SET current_deps = '%s'" % text)
            self.assert_found('dependencies_unreadable', resets=False)
            self.look(2)
        self.write(status='IN_PROGRESS')
        self.sync_point('net')
        self.sync_point(None, 'net')
        self.grow_old()
        self.assert_found('dependencies_unreadable')

    def test_dependencies_that_are_no_json(self):
        """Someone has mended the row by hand."""
        self.write(status='COMPLETE')
        for text in '', '{"edges": [', 'null null', '[' * 9999:
            self.execute("UPDATE stack SET current_deps = '%s'" % text)
            self.assert_found('dependencies_no_json', 'nor list the stacks')
            self.look(2)

    def test_no_reason(self):
        self.write(status='COMPLETE', status_reason=None)
        self.assertIn(' COMPLETE: -\n', self.look(0))

    def test_no_secrets(self):
        self.two(status='IN_PROGRESS', engine_id=stuck.ALIVE,
                 rsrc_metadata={'a': 's3kr3t'},
                 properties_data={'a': 's3kr3t'})
        self.write(status_reason='at http://me:s3kr3t@host/')
        for args in ((), (self.stack_id, '--format', 'json')):
            text = self.look(0, *args)
            self.assertNotIn('s3kr3t', text)
            self.assertIn('http://me:***@host/', text)

    def test_statements_do_not_grow(self):
        counts = []
        for number in range(2):
            nested = self.in_progress(owner_id=self.stack_id)
            for stack_id in self.stack_id, nested:
                for _number in range(3):
                    self.resource('r', 'IN_PROGRESS', stack_id,
                                  engine_id=stuck.ALIVE)
            with base.recorded_statements(self.engine) as statements:
                stack_report.read(self.engine, self.stack_id)
            counts.append(len([one for one in statements if 'FROM' in one]))
        self.assertEqual([6, 6], counts)


class IdTest(StatusTestCase):

    def test_name(self):
        self.assertIn(self.stack_id, self.look(0, 'web'))
        self.create_stack(name='web', tenant='other',
                          deleted_at=self.ago(100))
        self.assertIn(self.stack_id, self.look(0, 'web'))

    def test_several_of_one_name(self):
        other = self.in_progress(name='web', tenant='other')
        result = self.run_command('stack_status', 'web')
        self.assertEqual(1, result.status)
        self.assertRegex(result.stderr, r'\Aheat-manage: [^\n]+ids: web\n\Z')
        lines = result.stdout.splitlines()
        self.assertEqual({self.stack_id, other},
                         {line.split()[0] for line in lines})

    def test_what_is_no_stack(self):
        deleted = self.create_stack(deleted_at=self.ago(100)).id
        self.assertIn('was deleted at 20',
                      self.assert_refused('stack_status', deleted))
        self.assertIn('no stack', self.assert_refused(
            'stack_status', "' OR 1=1 --"))
        for one in ('nobody', self.stack_id.upper(), self.stack_id + ' ', '',
                    '\udcff', 'a' * 300, '\U0001f525', '\0',
                    test_hostile_input.HOSTILE):
            self.assertRaises(
                exception.NotFound, stacks.choose, self.engine,
                argparse.Namespace(id=one, format='text'))

    def test_older_database(self):
        self.execute("UPDATE migrate_version SET version = 85 "
                     "WHERE repository_id = 'heat'")
        self.addCleanup(self.execute, "UPDATE migrate_version SET "
                        "version = 86 WHERE repository_id = 'heat'")
        self.assertIn('run heat-manage db_sync',
                      self.assert_refused('stack_status', self.stack_id))

    def test_hostile_names(self):
        hostile = test_hostile_input.HOSTILE[:-1]
        stack_id = self.in_progress(name=hostile, status_reason=hostile)
        self.resource(hostile, stack_id=stack_id)
        text = self.look(0, stack_id)
        self.assertNotRegex(text, '[^\x20-\x7e\n]|\n' +
                            test_hostile_input.FORGED)
        self.assertEqual(3, text.count(test_hostile_input.ESCAPED[:-4]))
