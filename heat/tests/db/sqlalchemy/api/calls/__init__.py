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

"""One right call of every function of heat.db.api, for the shared tests.

Each noun has a module here, with a function calls(world) that returns its
Calls. Each Call is made in a World of its own, so that it may change it.
Benchmarks let Heat's own heat.db.api make these calls as well, and so nothing
else of this package is imported here.
"""

import contextlib
import dataclasses
import importlib
import json
import pkgutil
import uuid

from heat.common import context
from heat.db import api

TRAVERSAL = '11111111-1111-4111-8111-111111111111'


class World:
    """A tenant that has a stack, and what the calls of nouns need."""

    def __init__(self):
        self.tenant = uuid.uuid4().hex
        self.context = context.RequestContext(
            project_id=self.tenant, is_admin=False)
        self.template_id = self.create_template().id
        self.stack_id = self.create_stack(name='Parent').id

    def create_template(self, **values):
        return api.raw_template_create(
            self.context, {'template': {}, **values})

    def create_stack(self, **values):
        return api.stack_create(self.context, {
            'tenant': self.tenant, 'raw_template_id': self.template_id,
            'current_traversal': TRAVERSAL, 'disable_rollback': False,
            **values})

    def create_resource(self, **values):
        return api.resource_create(self.context, {
            'stack_id': self.stack_id, **values})


@dataclasses.dataclass
class Call:
    """A call with arguments that are right.

    :ivar name: of the function
    :ivar arguments: {name: value}, without flags, of which the truth counts
    :ivar sent: how each statement begins that it sends, COMMIT included
    :ivar is_scoped: for a context of another tenant there is nothing to see
    :ivar is_unfenced: it writes to stacks whatever their traversal is, and
        its documentation says why
    :ivar unknown: which of the statements leave the outcome unknown when the
        connection is lost there
    :ivar takes: {argument: a function that tells whether another value is
        right as well}; of a number, by default, each number is
    """

    name: str
    arguments: dict
    sent: tuple
    is_scoped: bool = True
    is_unfenced: bool = False
    unknown: tuple = ()
    takes: dict = dataclasses.field(default_factory=dict)

    @property
    def requests(self):
        """How each round trip begins; BEGIN is the first by default."""
        if 'COMMIT' not in self.sent or 'BEGIN' in self.sent:
            return self.sent
        return ('BEGIN', *self.sent)

    def make(self, context, **arguments):
        return getattr(api, self.name)(
            context, **{**self.arguments, **arguments})

    def is_right(self, argument, kind):
        """Tell whether another value of an argument is right as well."""
        if argument in self.takes:
            return self.takes[argument](kind)
        return type(kind) is int is type(self.arguments[argument])


def is_none(kind):
    return kind is None


def is_text(kind):
    """Tell whether it is a text that a column of a key can hold."""
    return (isinstance(kind, str) and len(kind) <= 36 and
            '\0' not in kind and kind.isascii())


def is_json(kind):
    """Tell whether it comes back from JSON as it was."""
    with contextlib.suppress(TypeError, ValueError):
        return json.loads(json.dumps(kind, allow_nan=False)) == (
            list(kind) if isinstance(kind, tuple) else kind)
    return False


def is_texts(kind):
    return isinstance(kind, (list, tuple, set, frozenset)) and all(
        isinstance(one, str) for one in kind)


# Below what the modules of the nouns use.
NOUNS = {info.name: importlib.import_module('%s.%s' % (__name__, info.name))
         for info in pkgutil.iter_modules(__path__)}
