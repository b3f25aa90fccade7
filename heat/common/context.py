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

"""Who is asking: the request context that every database call takes."""

from oslo_context import context
from oslo_db.sqlalchemy import enginefacade


@enginefacade.transaction_context_provider
class RequestContext(context.RequestContext):
    """A request of one tenant, or of an administrator.

    :param tenant_id: the Keystone project whose stacks are visible; None
        makes no stack visible
    :param is_admin: sees the stacks of every tenant
    :param show_deleted: sees soft-deleted stacks as well
    """

    def __init__(self, tenant_id=None, is_admin=False, show_deleted=False,
                 **kwargs):
        kwargs.setdefault('project_id', tenant_id)
        super().__init__(is_admin=is_admin, show_deleted=show_deleted,
                         **kwargs)

    @property
    def tenant_id(self):
        return self.project_id
