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

"""Many stacks, in a database of any version."""

import json

import sqlalchemy as sa

TEMPLATES = 1000
# A statement makes as many as its last digits can count.
DIGITS = 4
CHUNK = 10 ** DIGITS

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


def stack_id(number):
    return '%08d-0000-4000-8000-000000000000' % number


def make(url, stacks, tell):
    """Fill a database that is there and empty.

    :param stacks: how many
    :param tell: called with the number of stacks that are there
    """
    # It would warn that digits are combined with digits.
    engine = sa.create_engine(url, enable_from_linting=False)
    template, stack = (sa.Table(name, sa.MetaData(), autoload_with=engine,
                                resolve_fks=False)
                       for name in ('raw_template', 'stack'))
    with engine.begin() as conn:
        conn.execute(template.insert(), [
            {'id': number, 'template': '{}'}
            for number in range(1, TEMPLATES + 1)])
    for start in range(0, stacks, CHUNK):
        with engine.begin() as conn:
            conn.execute(_insert(stack, start, stacks))
        tell(min(start + CHUNK, stacks))
    if engine.name == 'postgresql':
        # Sooner or later the server does it by itself.
        with engine.connect().execution_options(
                isolation_level='AUTOCOMMIT') as conn:
            conn.exec_driver_sql('VACUUM ANALYZE stack')
    engine.dispose()


def _insert(table, start, stacks):
    """Return INSERT ... SELECT for a chunk of stacks.

    A tenth of them is at the top; each has nine nested ones.
    """
    digits = [_digits('place_%d' % place) for place in range(DIGITS)]
    head = sa.literal('%0*d' % (8 - DIGITS, start // CHUNK))
    number = _joined(head, *digits)
    last = digits[-1]
    values = {name: value for name, value in {
        'id': number + stack_id(0)[8:],
        'created_at': sa.func.now(),
        'name': 'stack-' + number,
        'raw_template_id': 1 + sa.cast(_joined(*digits[1:]), sa.Integer),
        'owner_id': sa.case((last == '0', None), else_=_joined(
            head, *digits[:-1], '0' + stack_id(0)[8:])),
        'status': 'COMPLETE', 'action': 'CREATE',
        'status_reason': 'Stack CREATE completed successfully',
        'parameters': PARAMETERS, 'timeout': 60,
        'tenant': 'tenant-' + _joined(*digits[1:3]),
        'username': 'operator', 'disable_rollback': sa.false(),
        'backup': sa.false(), 'convergence': sa.false(),
        'nested_depth': sa.case((last == '0', 0), else_=1)}.items()
        if name in table.columns}
    return table.insert().from_select(list(values), sa.select(*(
        sa.literal(value) if isinstance(value, (str, int)) else value
        for value in values.values())
    ).where(number < '%08d' % stacks))


def _digits(name):
    """Return the column of a table that has the ten digits."""
    return sa.union_all(*(
        sa.select(sa.literal_column("'%d'" % digit, sa.String).label('digit'))
        for digit in range(10))).subquery(name).c.digit


def _joined(first, *others):
    for other in others:
        first = first + other
    return first
