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

"""What Heat's own engines give to functions, and what they get back.

They hand over numbers as texts, texts as numbers, 0 and 1 for False and True,
rows in place of their ids, and keys that are no columns, which the row that is
returned has all the same. And they change the values of JSON columns that they
have read in place: their rows hold plain copies, at which the database layer
never looks again.
"""

import copy
import functools
import inspect
import pickle

from oslo_serialization import jsonutils
import sqlalchemy as sa
from sqlalchemy import orm

from heat.common import exception as heat_exception
from heat.db import exception
from heat.db.sqlalchemy import models
from heat.db.sqlalchemy.types import Json

# What the values of a function are for, by how its name begins.
_MODELS = {
    'raw_template_files': models.RawTemplateFiles,
    'raw_template': models.RawTemplate,
    'resource_prop_data': models.ResourcePropertiesData,
    'resource': models.Resource,
    'stack': models.Stack,
    'persist_state': models.Stack,
    'event': models.Event,
    'service': models.Service,
    'snapshot': models.Snapshot,
    'software_config': models.SoftwareConfig,
    'software_deployment': models.SoftwareDeployment,
    'sync_point': models.SyncPoint,
}

_NUMBERS = {'attr_id', 'existing_res_id', 'files_id', 'resource_id',
            'resource_id1', 'resource_id2', 'resource_prop_data_id', 'rpd_id',
            'template_id', 'user_creds_id'}


def adapt(function):
    """Let a function take what engines give, and return what they change.

    :param function: of heat.db.api, or one that stands for it; what its
        values are for is told by its name
    """
    signature = inspect.signature(function)
    model = next((model for start, model in _MODELS.items()
                  if function.__name__.startswith(start)), None)

    @functools.wraps(function)
    def adapted(*args, **kwargs):
        call = signature.bind(*args, **kwargs)
        given = call.arguments.get('values')
        call.arguments.update((name, number(value)) for name, value in
                              call.arguments.items() if name in _NUMBERS)
        if isinstance(given, dict):
            call.arguments['values'] = fit(model, given)
        try:
            result = _plain(function(*call.args, **call.kwargs))
        except exception.InvalidEncryptionKey:
            # Engines catch Heat's own.
            raise heat_exception.InvalidEncryptionKey()
        except exception.NotFound as error:
            # By RPC, clients know Heat's own alone.
            raise not_found(error)
        if isinstance(given, dict) and isinstance(result, models.Base):
            for key in given.keys() - fit(model, given).keys():
                result.__dict__.setdefault(key, given[key])
        return result
    return adapted


def found(value):
    """Return a decorator: what is not there is no error, but a value."""
    def decorate(function):
        @functools.wraps(function)
        def decorated(*args, **kwargs):
            try:
                return function(*args, **kwargs)
            except exception.NotFound:
                return value
        return adapt(decorated)
    return decorate


def not_found(error):
    """Return Heat's own NotFound with the text of an error."""
    return heat_exception.NotFound(str(error).replace('%', '%%'))


def fit(model, values):
    """Return those values that a model has, as its columns hold them."""
    known = models.columns(model)
    fitted = {}
    for key, value in values.items():
        if key not in known and key + '_id' in known and (
                value is None or hasattr(value, 'id')):
            # A row stands for its id.
            key, value = key + '_id', getattr(value, 'id', None)
        if key in known:
            value = _value(known[key].type, value)
        if key in known or '_' + key in known:
            fitted[key] = value
    return fitted


def _value(kind, value):
    if isinstance(kind, Json):
        # Engines give sets, times and objects, and read what became of them.
        return jsonutils.loads(jsonutils.dumps(value))
    if isinstance(kind, sa.Boolean) and value in (0, 1):
        return bool(value)
    if isinstance(kind, sa.String) and type(value) is int:
        return str(value)
    return number(value) if isinstance(kind, sa.Integer) else value


def number(value):
    """Return the number that a text of digits is; all else as it is."""
    return int(value) if isinstance(value, str) and value.isdigit() else value


def _plain(result):
    """Let rows hold values that can be changed."""
    if isinstance(result, models.Base):
        _thaw(result)
    elif isinstance(result, (list, dict)):
        for row in result.values() if isinstance(result, dict) else result:
            _plain(row)
    return result


def _thaw(row):
    mapper = sa.inspect(type(row))
    for key, value in row.__dict__.copy().items():
        if key in mapper.relationships:
            _plain(value)
        elif key in mapper.columns and value is not None:
            kind = mapper.columns[key].type
            if isinstance(kind, Json):
                value = copy.deepcopy(value)
            elif isinstance(kind, sa.LargeBinary):
                # Heats before Ocata have pickled the properties of events.
                value = pickle.loads(value)
            orm.attributes.set_committed_value(row, key, value)
