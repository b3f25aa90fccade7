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
    :param username, password: of the user; secret, as trust_id is
    :param trust_id, trustor_user_id: with which Heat may act for the user
    :param auth_url, region_name: of the Keystone that knows the user
    """

    # What from_dict() takes of what to_dict() returns, besides oslo's own.
    FROM_DICT_EXTRA_KEYS = ['username', 'password', 'trust_id',
                            'trustor_user_id', 'auth_url', 'region_name']

    def __init__(self, tenant_id=None, is_admin=False, show_deleted=False,
                 username=None, password=None, trust_id=None,
                 trustor_user_id=None, auth_url=None, region_name=None,
                 **kwargs):
        kwargs.setdefault('project_id', tenant_id)
        super().__init__(is_admin=is_admin, show_deleted=show_deleted,
                         **kwargs)
        self.username = username
        self.password = password
        self.trust_id = trust_id
        self.trustor_user_id = trustor_user_id
        self.auth_url = auth_url
        self.region_name = region_name

    @property
    def tenant_id(self):
        return self.project_id

    def to_dict(self):
        return {**super().to_dict(), **{
            name: getattr(self, name) for name in
            ('project_name', *self.FROM_DICT_EXTRA_KEYS)}}

    def get_logging_values(self):
        """Return what oslo.log puts into each line: no secrets."""
        return {**super().get_logging_values(),
                'password': None, 'trust_id': None}
