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

"""Two resources exchange their stacks."""

import functools

import sqlalchemy as sa

from heat.db.sqlalchemy.api import units
from heat.db.sqlalchemy.comparison import as_key
from heat.db.sqlalchemy.engine import write
from heat.db.sqlalchemy.models import Resource


def resource_exchange_stacks(context, resource_id1, resource_id2):
    """Let each of two resources have the stack of the other.

    One SELECT and two UPDATEs in one transaction. Their keys, their locks
    and their root stacks stay. Repeated like stack_update, but not after a
    COMMIT whose answer was lost: it would undo itself.

    :param context: a RequestContext. A resource belongs to no tenant: who
        has the id of one may write to it
    :raises heat.db.exception.NotFound: there is no resource of one of the
        ids
    :raises heat.db.exception.OutcomeUnknown: the connection was lost when it
        was to be committed
    :raises oslo_db.exception.DBError: as the database says
    """
    write.write(context, _Exchange(resource_id1, resource_id2))


class _Exchange(write.Unit):
    """The stacks of two resources, exchanged."""

    is_statement = False

    def __init__(self, *resource_ids):
        self.resource_ids = resource_ids
        self.absent = None

    def work(self, execute):
        # In order of their ids, lest two wait for each other.
        stacks = dict(execute(_select(), {'these': [
            as_key(Resource.id, one) for one in self.resource_ids]}).all())
        for one in self.resource_ids:
            if as_key(Resource.id, one) not in stacks:
                self.absent = one
                return None
        one, other = self.resource_ids
        new = {one: stacks[other], other: stacks[one]}
        for resource_id, stack_id in new.items():
            units.Change(Resource, resource_id, {
                'stack_id': stack_id}).work(execute)
        return new

    def refusal(self, execute, for_share=False):
        return units.not_found(Resource, self.absent)

    def show(self, session, new):
        for resource_id, stack_id in new.items():
            units.show(session, Resource, {'id': resource_id},
                       {'stack_id': stack_id})


@functools.cache
def _select():
    return sa.select(Resource.id, Resource.stack_id).where(
        Resource.id.in_(sa.bindparam('these', expanding=True))).order_by(
        Resource.id).with_for_update()
