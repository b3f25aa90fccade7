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
"""The tags of stacks, and lists of stacks that have some."""

import functools
import itertools

from oslo_config import fixture as config_fixture

from heat.common import config
from heat.common import context
from heat.db import api
from heat.db import exception
from heat.db import options
from heat.tests import base
from heat.tests import proxied

ROUNDS = 5
SETS = [['%s %d' % (name, number) for number in range(3)] for name in 'abcd']


class StackTagsTestCase(base.APITestCase):

    def setUp(self):
        super().setUp()
        self.stack_id = self.create_stack().id

    def set(self, *tags):
        return api.stack_tags_set(self.context, self.stack_id, list(tags))

    def get(self):
        return [row.tag for row in api.stack_tags_get(
            self.context, self.stack_id) or ()]

    def stored(self):
        return sorted(tag for tag, in self.select('SELECT tag FROM stack_tag'))


class StackTagsTest(StackTagsTestCase):

    def test_set_and_get(self):
        for tags in (['b', 'a'], ['c', 'B', 'a', 'b', 'b '], ['\u65e5' * 80]):
            found = self.set(*tags)
            self.assertEqual(sorted(tags), [row.tag for row in found])
            self.assertEqual(sorted(tags), self.get())
            again = api.stack_tags_get(self.context, self.stack_id)
            self.assertEqual([row.id for row in found],
                             [row.id for row in again])
            self.assertEqual({self.stack_id}, {row.stack_id for row in found})
            self.assertIsNotNone(found[0].created_at)

    def test_none(self):
        self.assertIsNone(api.stack_tags_get(self.context, self.stack_id))
        self.set('a')
        self.assertIsNone(self.set())
        self.assertIsNone(api.stack_tags_get(self.context, self.stack_id))

    def test_delete(self):
        self.set('a', 'b')
        for _ in range(2):
            self.assertIsNone(api.stack_tags_delete(self.context,
                                                    self.stack_id))
            self.assertEqual([], self.stored())

    def test_twice_is_once(self):
        self.assertEqual(1, len(self.set('a', 'a')))

    def test_those_of_others_stay(self):
        other = self.create_stack().id
        api.stack_tags_set(self.context, other, ['a', 'b'])
        self.set('a')
        self.set('c')
        self.assertEqual(['a', 'b', 'c'], self.stored())

    def test_refused(self):
        self.set('a')
        for tags in (None, 'ab', 5, {'a': 1}, ['a', None], [5], ['x' * 81],
                     ['a\0'], ['a'] * 101, [b'a']):
            error = self.assertRaises(
                exception.InvalidValues, api.stack_tags_set, self.context,
                self.stack_id, tags)
            self.assertEqual(['tags'], error.keys)
        self.assertEqual(['a'], self.stored())

    def test_no_stack_to_be_seen(self):
        self.set('a')
        other = context.RequestContext(tenant_id='other')
        for one, stack_id in ((other, self.stack_id), (self.context, 'x'),
                              (self.context, None)):
            self.assertRaises(exception.NotFound, api.stack_tags_set, one,
                              stack_id, ['b'])
            self.assertRaises(exception.NotFound, api.stack_tags_delete, one,
                              stack_id)
            self.assertIsNone(api.stack_tags_get(one, stack_id))
        self.assertEqual(['a'], self.stored())

    def test_deleted_stack(self):
        self.set('a')
        api.stack_delete(self.context, self.stack_id)
        self.set('b')
        self.assertEqual(['b'], self.get())

    def test_nobody_sees_a_part(self):
        self.set('a', 'b')
        seen = []

        def look(conn, cursor, statement, *args):
            if statement.startswith('INSERT INTO stack_tag'):
                seen.append(self.stored())
        self.listen('before_cursor_execute', look)
        self.set('c')
        self.assertEqual([['a', 'b']], seen)

    def test_another_node_sets_some_at_once(self):
        """On a Galera cluster; here they just come in between."""
        todo = [['x', 'y'], ['x']]

        def insert(conn, cursor, statement, *args):
            if statement.startswith('SELECT stack_tag') and todo:
                for tag in todo.pop():
                    self.insert('stack_tag', tag=tag, stack_id=self.stack_id)
        self.listen('before_cursor_execute', insert)
        self.assertEqual(['a', 'b'], [row.tag for row in self.set('a', 'b')])
        self.assertEqual(['a', 'b'], self.stored())
        self.assertEqual([], todo)

    def test_race(self):
        for _ in range(ROUNDS):
            self.execute('DELETE FROM stack_tag')
            for tags, found in zip(SETS, self.at_once(*(
                    functools.partial(self.set, *tags) for tags in SETS))):
                self.assertEqual(tags, [row.tag for row in found])
            self.assertIn(self.stored(), SETS)


class LostConnectionTest(proxied.EachPlaceTestCase, StackTagsTestCase):

    def test_look(self):
        cut = self.proxy.cut(self.when, b'SELECT stack_tag')
        self.assertEqual(2, len(self.set('a', 'b')))
        self.assertEqual((1, ['a', 'b']), (cut.done, self.stored()))

    def test_stack_is_gone(self):
        cut = self.proxy.cut(self.when, b'DELETE FROM stack_tag', then=lambda:
                             self.execute('DELETE FROM stack'))
        self.assertRaises(exception.NotFound, self.set, 'a')
        self.assertEqual(1, cut.done)


class TaggedListTest(base.APITestCase):
    """Every condition on every set of tags, against what it says."""

    SUBSETS = [subset for size in range(4)
               for subset in itertools.combinations('abc', size)]
    CONDITIONS = {
        'tags': lambda has, asked: asked <= has,
        'tags_any': lambda has, asked: bool(asked & has),
        'not_tags': lambda has, asked: not asked <= has,
        'not_tags_any': lambda has, asked: not asked & has,
    }

    def setUp(self):
        super().setUp()
        template_id = self.create_template().id
        self.ids = {}
        for subset in self.SUBSETS:
            stack_id = self.create_stack(raw_template_id=template_id).id
            api.stack_tags_set(self.context, stack_id, subset)
            self.ids[stack_id] = set(subset)

    def found(self, **kwargs):
        stacks = api.stack_get_all(self.context, **kwargs)
        self.assertEqual(len(stacks), len(
            api.stack_get_all(self.context, limit=20, **kwargs)))
        self.assertEqual(len(stacks),
                         api.stack_count_all(self.context, **kwargs))
        return {stack.id for stack in stacks}

    def hide(self, *tags):
        options.get('hidden_stack_tags')
        self.useFixture(config_fixture.Config(config.CONF)).config(
            hidden_stack_tags=list(tags))

    def test_every_condition(self):
        for name, condition in self.CONDITIONS.items():
            for asked in filter(None, self.SUBSETS):
                expected = {stack_id for stack_id, has in self.ids.items()
                            if condition(has, set(asked))}
                self.assertEqual(expected, self.found(**{name: asked}))

    def test_several_conditions(self):
        self.assertEqual(
            {stack_id for stack_id, has in self.ids.items()
             if 'a' in has and 'b' not in has},
            self.found(tags=['a'], not_tags_any=['b']))

    def test_no_tags_are_no_condition(self):
        for asked in (None, [], ()):
            for name in self.CONDITIONS:
                self.assertEqual(set(self.ids), self.found(**{name: asked}))

    def test_hidden(self):
        self.hide('b', 'nobody')
        self.assertEqual({stack_id for stack_id, has in self.ids.items()
                          if 'b' not in has}, self.found())
        self.assertEqual(set(self.ids), self.found(show_hidden=True))
        self.assertEqual(set(), self.found(tags=['b']))

    def test_only_the_same_tag(self):
        for tag in ('A', 'a ', '\u00e1', 'ab'):
            self.assertEqual(set(), self.found(tags=[tag]))
            self.assertEqual(set(), self.found(tags_any=[tag, 'x']))

    def test_refused(self):
        for name in self.CONDITIONS:
            for tags in ('ab', 5, [None], ['x' * 81], ['a'] * 101):
                for function in (api.stack_get_all, api.stack_count_all):
                    error = self.assertRaises(
                        exception.InvalidValues, function, self.context,
                        **{name: tags})
                    self.assertEqual([name], error.keys)

    def test_most_tags(self):
        tags = ['tag %d' % number for number in range(100)]
        for name in self.CONDITIONS:
            self.found(**{name: tags})

    @base.only_on('postgresql')
    def test_no_order_of_joins_is_looked_for(self):
        """Of a hundred, that took seconds."""
        sent = []
        self.listen('before_cursor_execute',
                    lambda conn, cursor, *args: sent.append(args[:2]))
        self.assertEqual(0, api.stack_count_all(self.context,
                                                tags=list('abcdefghij')))
        statement, parameters = sent[-1]
        with self.engine.connect() as connection:
            plan = connection.exec_driver_sql(
                'EXPLAIN ' + statement, parameters).scalars().all()
        self.assertNotIn('Join', ''.join(plan))

    def test_pages(self):
        """With the tags of each stack; through an index or not."""
        for sort_keys in (None, ['stack_name']):
            found, marker = [], None
            while True:
                page = api.stack_get_all(
                    self.context, limit=2, marker=marker, tags_any=['a', 'c'],
                    sort_keys=sort_keys, eager_load=True)
                found += page
                if len(page) < 2:
                    break
                marker = page[-1].id
            self.assertEqual(6, len({stack.id for stack in found}))
            for stack in found:
                self.assertEqual(sorted(self.ids[stack.id]),
                                 [row.tag for row in stack.tags])
                self.assertEqual({}, stack.raw_template.template)

    def test_statements(self):
        for kwargs, expected in (({}, 1), ({'eager_load': True}, 1),
                                 ({'not_tags': ['a'], 'limit': 3}, 1)):
            with base.recorded_statements(self.engine) as statements:
                api.stack_get_all(self.context, **kwargs)
            self.assertEqual(expected, len(
                [sent for sent in statements if 'stack' in sent]))
