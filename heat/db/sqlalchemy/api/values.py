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

"""Checks of the values that callers give for the columns of a row."""

import sqlalchemy as sa

from heat.common import exception
from heat.common.i18n import _


def check_keys(model, values):
    """Refuse keys that are not columns of the model.

    :raises heat.common.exception.InvalidValues: it names them
    """
    unknown = set(values) - set(sa.inspect(model).column_attrs.keys())
    if unknown:
        raise exception.InvalidValues(
            _('%s has no such columns') % model.__tablename__,
            map(str, unknown))
