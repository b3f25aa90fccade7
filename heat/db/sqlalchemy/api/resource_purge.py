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

"""Resources whose deletion is over are removed from their stacks."""

import functools

from oslo_db import exception as db_exception
import sqlalchemy as sa

from heat.db.sqlalchemy.api import raw_template
from heat.db.sqlalchemy.api import references
from heat.db.sqlalchemy.api import resource_attributes
from heat.db.sqlalchemy.comparison import as_id
from heat.db.sqlalchemy.comparison import same_as
from heat.db.sqlalchemy.comparison import same_text
from heat.db.sqlalchemy.engine import write
from heat.db.sqlalchemy.models import RawTemplate
from heat.db.sqlalchemy.models import Resource

# How many are removed by one statement.
MOST = 1000


def resource_purge_deleted(context, stack_id):
    """Remove the resources of a stack whose deletion is over.

    Their data goes with them, and so do their attributes and templates that
    nothing else refers to. All in one transaction: for each 1,000 of them,
    one SELECT and one DELETE, a DELETE if they have attributes, a SELECT if
    they have templates; and for each template what raw_template_delete needs.
    Repeated like stack_update, also after a lost connection.

    :param context: a RequestContext; the stack may be any tenant's
    :param stack_id: the id of a stack, or of none any more
    :raises oslo_db.exception.DBError: as the database says
    """
    write.write(context, _Purge(stack_id))


class _Purge(write.Unit):
    """The end of all resources of a stack whose deletion is over."""

    is_statement = False
    is_repeatable = True

    def __init__(self, stack_id):
        self.this = {'this_stack': as_id(stack_id)}

    def work(self, execute):
        found = [None] * MOST
        while len(found) == MOST:
            found = execute(_select(), self.this).all()
            self._remove(execute, found)
        return True

    def _remove(self, execute, found):
        if found:
            execute(_delete(), {'these': [row.id for row in found]})
        resource_attributes.delete_unused(
            execute, [row.attr_data_id for row in found])
        self._remove_templates(execute, sorted({
            row.current_template_id for row in found
            if row.current_template_id is not None}))

    def _remove_templates(self, execute, template_ids):
        if not template_ids:
            return
        unused = execute(_unused_templates(), {'these': template_ids})
        try:
            for template_id in unused.scalars().all():
                raw_template.Deletion(RawTemplate, template_id).work(execute)
        except db_exception.DBReferenceError as error:
            # Something has begun to use it.
            raise db_exception.DBDeadlock(error) from error


@functools.cache
def _select():
    """Return the SELECT of some of them, which locks them."""
    return sa.select(
        Resource.id, Resource.attr_data_id,
        Resource.current_template_id).where(
        same_as(Resource.stack_id, 'this_stack'),
        same_text(Resource.action, 'DELETE'),
        same_text(Resource.status, 'COMPLETE')).order_by(
        Resource.id).limit(MOST).with_for_update()


@functools.cache
def _delete():
    return sa.delete(Resource.__table__).where(
        Resource.id.in_(sa.bindparam('these', expanding=True)))


@functools.cache
def _unused_templates():
    template = RawTemplate.__table__
    return sa.select(template.c.id).where(
        template.c.id.in_(sa.bindparam('these', expanding=True)),
        references.is_unused(template))
