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

"""Resources are locked and written by who has read their newest key."""

from heat.db.sqlalchemy.api import checks
from heat.db.sqlalchemy.api.cut import cut
from heat.db.sqlalchemy.api.insert import Insert
from heat.db.sqlalchemy.api import resource
from heat.db.sqlalchemy.api import resource_lock
from heat.db.sqlalchemy.api import swap
from heat.db.sqlalchemy.engine import write
from heat.db.sqlalchemy.models import Resource


def resource_update(context, resource_id, values, atomic_key,
                    expected_engine_id=None):
    """Write to a resource that nobody else has written to or locked since.

    One UPDATE that commits by itself, in one round trip. It moves atomic_key
    on, to 1 if that was NULL. With another engine_id among the values, it
    takes the lock, gives it back, or takes it away.

    Repeated like stack_update. After a lost connection, a row that has the
    next key and the values of this call, its engine_id among them, shows that
    it has taken the lock: an engine must not ask for the lock of a resource
    twice with the same key. Other values another may have written as well:
    then the outcome of a call that seems to have landed is unknown.

    :param context: a RequestContext. A resource belongs to no tenant: who
        has the id of one may write to it
    :param values: a dictionary of attributes of models.Resource; {} only
        moves the key on. status_reason is cut to what the column holds.
        updated_at is set only if it is there
    :param atomic_key: the key that the caller has read; None is none yet
    :param expected_engine_id: the engine that has the lock; None is nobody
    :returns: True
    :raises heat.db.exception.ResourceConflict: the key is another one, or
        the lock is another engine's. One SELECT more
    :raises heat.db.exception.NotFound: there is no such resource. One SELECT
        more
    :raises heat.db.exception.InvalidValues: a value is refused: an unknown
        key, id, created_at, atomic_key, what the column can not hold, a
        reference to nothing
    :raises heat.db.exception.OutcomeUnknown: the connection was lost, and
        nobody can tell who has written; look at the resource
    :raises oslo_db.exception.DBError: as the database says
    """
    values = cut(Resource, values, 'status_reason')
    values = checks.check(Resource, values, resource_lock.FIXED)
    resource_lock.check_engine(expected_engine_id)
    moved = {'atomic_key': resource_lock.next_key(atomic_key)}
    return swap.swap(
        context, **resource_lock.arguments(
            resource_id, atomic_key=atomic_key, engine_id=expected_engine_id),
        values={**values, **moved},
        mark={**swap.shown(values), **moved},
        is_proof=values.get('engine_id') not in (None, expected_engine_id))


def resource_create_replacement(context, existing_res_id, new_res_values,
                                atomic_key, expected_engine_id=None):
    """Store a resource that replaces another one, which then names it.

    One INSERT and one UPDATE in one transaction. The key of the other one
    moves on. Of a loser, nothing is stored. Repeated like stack_update; the
    new resource shows, after a lost connection, that the call had succeeded.

    :param context: as for resource_update
    :param existing_res_id: the id of the resource that is replaced
    :param new_res_values: a dictionary of attributes of models.Resource; see
        resource_create
    :param atomic_key: of the one that is replaced, as for resource_update
    :param expected_engine_id: as for resource_update
    :returns: the new models.Resource, with what belongs to it
    :raises heat.db.exception.ResourceConflict: as resource_update
    :raises heat.db.exception.NotFound: there is no resource to be replaced
    :raises heat.db.exception.InvalidValues: a value is refused; that of
        current_template_id, for one, if the template is gone
    :raises oslo_db.exception.DBError: as the database says
    """
    values = cut(Resource, new_res_values, 'status_reason')
    values = checks.check(Resource, values, new=True)
    resource_lock.check_engine(expected_engine_id)
    moved = {'atomic_key': resource_lock.next_key(atomic_key)}
    new = write.write(context, _Replacement(
        Insert(Resource, values), **resource_lock.arguments(
            existing_res_id, atomic_key=atomic_key,
            engine_id=expected_engine_id), values=moved))
    return resource.complete(context, new)


class _Replacement(swap.Swap):
    """A new resource, and a swap by which another one names it."""

    has_parts = True

    def __init__(self, insert, **kwargs):
        super().__init__(**kwargs)
        self.is_statement = False
        self.insert = insert

    def work(self, execute):
        # The stack, which the new one refers to, is locked first.
        new = self.insert.work(execute)
        self.values = {**self.values, 'replaced_by': new.id}
        return None if super().work(execute) is None else new

    def landed(self, execute):
        return self.insert.landed(execute)

    def show(self, session, result):
        super().show(session, result)
        self.insert.show(session, result)
