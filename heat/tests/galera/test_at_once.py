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

"""Calls of one kind at every node at once: the rules hold for all of them.

A lock that a node gives keeps nobody at another node away.
"""

from heat.db import api
from heat.db import exception
from heat.tests import at
from heat.tests.galera import base
from heat.tests.galera import race
from heat.tests.galera import server
from heat.tests import remote

ROUNDS = 8


class Caller:
    """A process that calls functions of heat.db.api at a node."""

    def __init__(self, url):
        self.at = at.At(url, **race.OPTIONS)
        self.at.setUp()

    def call(self, name, *args):
        """Return what a function returns, or the error of who came late."""
        try:
            return getattr(api, name)(at.request(), *args)
        except exception.LostSwap as error:
            return type(error).__name__


class AtOnceTest(base.GaleraTestCase):

    def setUp(self):
        super().setUp()
        self.callers = [remote.Remote(Caller, node.url)
                        for node in self.nodes]
        for caller in self.callers:
            self.addCleanup(caller.close)
        self.useFixture(at.At(self.nodes[0].url))
        self.context = at.request()

    def rounds(self):
        """Yield some stacks, each of which has a resource."""
        for number in range(ROUNDS):
            stack_id = at.create_stack(self.nodes[0].url)
            yield stack_id, api.resource_create(
                self.context, {'stack_id': stack_id, 'name': 'r'}).id

    def at_once(self, name, *calls):
        """Return what the callers get, each with arguments of its own."""
        for caller, args in zip(self.callers, calls, strict=True):
            caller.tell('call', name, *args)
        return [caller.hear() for caller in self.callers]

    def each(self, *args):
        """Return the arguments for all callers: %d is the number of each."""
        return [[arg % number if isinstance(arg, str) and '%d' in arg else
                 arg for arg in args] for number in range(len(self.nodes))]

    def stored(self, statement):
        """Return the rows that every node has."""
        found = [node.select('SET STATEMENT wsrep_sync_wait = 1 FOR ' +
                             statement, database=server.DATABASE)
                 for node in self.nodes]
        self.assertEqual(found[:1] * len(found), found)
        return list(found[0])

    def assert_one(self, told, error):
        """Assert that one has won and all others are told that they lost."""
        lost = [one for one in told if one == error]
        self.assertEqual(len(told) - 1, len(lost), told)

    def test_names(self):
        for stack_id, _resource_id in self.rounds():
            name = 'of ' + stack_id
            template_id = api.stack_get(
                self.context, stack_id).raw_template_id
            told = self.at_once('stack_create', *self.each({
                'tenant': at.TENANT, 'disable_rollback': False, 'name': name,
                'raw_template_id': template_id}))
            self.assert_one(told, 'StackExists')
            self.assertEqual(1, len(self.stored(
                "SELECT id FROM stack WHERE name = '%s'" % name)))

    def test_locks(self):
        for stack_id, _resource_id in self.rounds():
            self.assert_one(self.at_once('stack_lock_create', *self.each(
                stack_id, 'engine %d')), 'StackLocked')
            (holder,), = self.stored(
                "SELECT engine_id FROM stack_lock WHERE stack_id = '%s'" %
                stack_id)
            told = self.at_once('stack_lock_steal', *self.each(
                stack_id, holder, 'thief %d'))
            self.assert_one(told, 'StackLocked')
            self.assertEqual([('thief %d' % told.index(None),)], self.stored(
                "SELECT engine_id FROM stack_lock WHERE stack_id = '%s'" %
                stack_id))

    def test_tags(self):
        """The tags are those of one of them, and none of another."""
        for stack_id, _resource_id in self.rounds():
            self.at_once('stack_tags_set', *(
                [stack_id, ['a%d' % number, 'b%d' % number]]
                for number in range(len(self.nodes))))
            tags = [tag for tag, in self.stored(
                "SELECT tag FROM stack_tag WHERE stack_id = '%s' "
                'ORDER BY tag' % stack_id)]
            self.assertEqual(2, len(tags), tags)
            self.assertEqual(tags[0][1:], tags[1][1:])

    def test_resource_data(self):
        for _stack_id, resource_id in self.rounds():
            self.at_once('resource_data_set', *self.each(
                resource_id, 'key', 'value %d'))
            self.assertEqual(1, len(self.stored(
                'SELECT value FROM resource_data WHERE resource_id = %d' %
                resource_id)))

    def test_files_of_several_templates(self):
        """They go with the last one."""
        for _number in range(ROUNDS):
            files_id = api.raw_template_files_create(
                self.context, {'files': {'a': 'b'}}).id
            templates = [api.raw_template_create(self.context, {
                'template': {}, 'files_id': files_id}).id
                for _node in self.nodes]
            self.at_once('raw_template_delete', *(
                [template_id] for template_id in templates))
            self.assertEqual([], self.stored(
                'SELECT id FROM raw_template_files WHERE id = %d' % files_id))

    def test_reset(self):
        """Who writes to a stack that is reset comes first, or loses."""
        traversal = '11111111-1111-4111-8111-111111111111'
        for stack_id, resource_id in self.rounds():
            api.stack_update(self.context, stack_id, {
                'status': 'IN_PROGRESS', 'current_traversal': traversal})
            calls = (('reset_stack_status', stack_id, traversal),
                     ('stack_update', stack_id, {'status': 'IN_PROGRESS'},
                      traversal),
                     ('resource_update', resource_id, {
                         'status': 'IN_PROGRESS', 'engine_id': 'mine'}, None,
                      None))
            for caller, call in zip(self.callers, calls, strict=True):
                caller.tell('call', *call)
            reset, *_others = [caller.hear() for caller in self.callers]
            self.assertEqual(1, reset['stack'])
            # A second time, another node has what has come first.
            self.assertEqual('ConcurrentTransition',
                             self.callers[2].ask('call', *calls[1]))
            self.assertEqual([('FAILED', None)], self.stored(
                "SELECT stack.status, resource.engine_id FROM stack "
                "JOIN resource ON resource.stack_id = stack.id "
                "WHERE stack.id = '%s' AND current_traversal != '%s'" %
                (stack_id, traversal)))
