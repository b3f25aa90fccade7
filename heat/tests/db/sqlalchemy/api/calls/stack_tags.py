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
"""Calls of what concerns the tags of stacks."""

from heat.db import api
from heat.tests.db.sqlalchemy.api.calls import Call


def are_tags(kind):
    return isinstance(kind, (list, tuple, set, frozenset)) and all(
        isinstance(tag, str) for tag in kind)


def calls(world):
    this = {'stack_id': world.stack_id}
    api.stack_tags_set(world.context, world.stack_id, ['old', 'older'])
    work = ('SELECT stack.id', 'DELETE FROM stack_tag')
    look = ('COMMIT', 'SELECT stack_tag')
    return [
        Call('stack_tags_get', this, ('SELECT stack_tag',)),
        Call('stack_tags_set', {**this, 'tags': ['one', 'two']},
             (*work, 'INSERT INTO stack_tag', *look),
             takes={'tags': are_tags}),
        Call('stack_tags_delete', this, (*work, *look)),
    ]
