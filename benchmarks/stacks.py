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

"""Many stacks, with resources and events, in a database of any version."""

import functools
import json

import sqlalchemy as sa

# A statement makes as many rows as its last digits can count.
DIGITS = 4
CHUNK = 10 ** DIGITS

EVENTS = 3

TEMPLATE = json.dumps({
    'heat_template_version': '2013-05-23', 'resources': {'server': {
        'type': 'OS::Nova::Server', 'properties': {
            'key_name': {'get_param': 'key_name'},
            'image': {'get_param': 'image'}}}}})
# Some 500 bytes, as the parameters of a stack with a few servers.
PARAMETERS = json.dumps({'parameters': {
    'key_name': 'operators', 'image': '3b8a1f0e-5c2d-4e0b-9a57-6f1d2c3b4a59',
    'flavor': 'm1.large', 'networks': [
        'd0c1b2a3-9485-4766-8c5d-4e3f2a1b0c9d',
        '7e6f5d4c-3b2a-4190-8f7e-6d5c4b3a2910']},
    'resource_registry': {'resources': {}}, 'encrypted_param_names': [],
    'param_defaults': {'size': 100, 'count': 3, 'domain': 'example.org'},
    'event_sinks': [{'type': 'zaqar-queue', 'target': 'deployment-events'}],
    'template_files': ['servers.yaml', 'networks.yaml', 'volumes.yaml']})

# What an id has behind its eight digits.
_REST = '-%04d-4000-8000-000000000000'


def row_id(number):
    """Return the id of a stack, which is that of its resource, too."""
    return '%08d' % number + _REST % 0


def make(url, stacks, tell, tables=None):
    """Fill a database that is there and empty.

    Each stack has a template and a resource of its own, and EVENTS events. A
    tenth of them is at the top; each of these has nine nested ones, and its
    resource has data.

    :param stacks: how many
    :param tell: called with the number of stacks that are there
    :param tables: what each stack has instead: pairs as those of TABLES
    """
    # It would warn that digits are combined with digits.
    engine = sa.create_engine(url, enable_from_linting=False)
    pairs = [(sa.Table(name, sa.MetaData(), autoload_with=engine,
                       resolve_fks=False), values)
             for name, values in tables or TABLES]
    for start in range(0, stacks, CHUNK):
        with engine.begin() as conn:
            for pair in pairs:
                conn.execute(_insert(*pair, start, stacks))
        tell(min(start + CHUNK, stacks))
    if engine.name == 'postgresql':
        with engine.connect().execution_options(
                isolation_level='AUTOCOMMIT') as conn:
            conn.exec_driver_sql("SELECT setval('raw_template_id_seq', "
                                 'MAX(id)) FROM raw_template')
            # Sooner or later the server does it by itself.
            conn.exec_driver_sql('VACUUM ANALYZE')
    engine.dispose()


def _insert(table, values_of, start, stacks):
    """Return INSERT ... SELECT for what a chunk of stacks has in a table."""
    places = [_digit('place_%d' % place) for place in range(DIGITS)]
    number = _joined(sa.literal('%0*d' % (8 - DIGITS, start // CHUNK)),
                     *places)
    is_top = places[-1] == '0'
    top = _joined(sa.func.substr(number, 1, 7), '0' + _REST % 0)
    values = {name: value for name, value in values_of(
        number, top, is_top).items() if name in table.columns}
    if table.name == 'resource' and 'uuid' in table.columns:
        values['uuid'] = values.pop('id')
    rows = sa.select(*(
        sa.literal(value) if isinstance(value, (str, int)) else value
        for value in values.values())).where(number < '%08d' % stacks)
    if table.name == 'resource_data':
        has_texts = isinstance(table.c.resource_id.type, sa.String)
        rows = rows.where(is_top if has_texts else sa.false())
    return table.insert().from_select(list(values), rows)


def key(number, part=0):
    """Return the id of a part of what a stack has, in SQL.

    :param number: an expression for the digits of the stack
    """
    return number + _REST % part


def templates(number, top, is_top):
    return {'id': 1 + sa.cast(number, sa.Integer),
            'created_at': sa.func.now(), 'template': TEMPLATE}


def stack_rows(number, top, is_top):
    return {
        'id': key(number), 'created_at': sa.func.now(),
        'name': 'stack-' + number,
        'raw_template_id': 1 + sa.cast(number, sa.Integer),
        'owner_id': sa.case((is_top, None), else_=top),
        'status': 'COMPLETE', 'action': 'CREATE',
        'status_reason': 'Stack CREATE completed successfully',
        'parameters': PARAMETERS, 'timeout': 60,
        'tenant': 'tenant-' + sa.func.substr(number, 6, 2),
        'username': 'operator', 'disable_rollback': sa.false(),
        'backup': sa.false(), 'convergence': sa.false(),
        'nested_depth': sa.case((is_top, 0), else_=1)}


def resources(number, top, is_top):
    return {
        'id': key(number), 'created_at': sa.func.now(),
        'stack_id': key(number), 'root_stack_id': top, 'name': 'server',
        'nova_instance': key(number),
        'status': 'COMPLETE', 'action': 'CREATE',
        'status_reason': 'state changed', 'rsrc_metadata': '{}',
        'properties_data': '{"image": "3b8a1f0e", "flavor": "m1.large"}'}


def _resource_data(number, top, is_top):
    return {'created_at': sa.func.now(), 'resource_id': key(number),
            'key': 'port', 'value': key(number), 'redact': sa.false()}


def events(part, number, top, is_top):
    return {
        'created_at': sa.func.now(), 'stack_id': key(number),
        'uuid': key(number, part), 'resource_name': 'server',
        'resource_type': 'OS::Nova::Server',
        'physical_resource_id': key(number),
        'resource_status': 'COMPLETE', 'resource_action': 'CREATE',
        'resource_status_reason': 'state changed'}


# Tables, and what returns the values of a row of each stack, for the digits of
# its number, the id of the one at the top, and whether it is that one. In the
# order that foreign keys want.
TABLES = (('raw_template', templates), ('stack', stack_rows),
          ('resource', resources), ('resource_data', _resource_data),
          *(('event', functools.partial(events, part))
            for part in range(EVENTS)))


def _digit(name):
    """Return the column of a table that has the ten digits."""
    return sa.union_all(*(
        sa.select(sa.literal_column("'%d'" % digit, sa.String).label('digit'))
        for digit in range(10))).subquery(name).c.digit


def _joined(first, *others):
    for other in others:
        first = first + other
    return first
