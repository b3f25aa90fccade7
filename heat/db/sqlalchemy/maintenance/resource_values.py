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

"""What a resource keeps, though some of it can not be read."""

from heat.db import exception
from heat.db.sqlalchemy.api import resource_data


def read_all(context, resource_id):
    """Return what can be read, and why the rest can not. One SELECT.

    :param context: a RequestContext
    :returns: {key: value}, secret values decrypted; and {key: error} of
        those that resource_data_get refuses
    :raises heat.db.exception.NotFound: it keeps nothing
    :raises oslo_db.exception.DBError: as the database says
    """
    values, errors = {}, {}
    for key, row in resource_data.by_key(context, resource_id).items():
        try:
            values[key] = resource_data.read(row)
        except (exception.InvalidValues,
                exception.InvalidEncryptionKey) as error:
            errors[key] = error
    return values, errors
