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

"""What calls cost as the tables grow.

Fills a scratch database with as many stacks, a template, a resource, a sync
point and the like for each, and three events. Then makes each call that the
tests make of a function of heat.db.api, in a world of its own: the others'
rows are not its business. And it makes calls that list or count what is there.
Besides milliseconds, it counts what the server has read: rows on MySQL, rows
and entries of indexes on PostgreSQL, hundreds of instructions on SQLite.
"""

import functools
import math
import statistics
import sys
import tempfile
import time

import sqlalchemy as sa

from benchmarks import calls_engine
from benchmarks import command
from benchmarks import machine
from benchmarks import stacks
from benchmarks import target
from heat.common import context
from heat.db import api
from heat.tests import at
from heat.tests.cost import cost

SIZES = 1000, 10000, 100000
CALLS = 7
# They are asked for all there is.
OF_ALL = {'resource_get_all', 'service_get_all',
          'encrypt_parameters_and_properties',
          'decrypt_parameters_and_properties'}

# What else there is: columns, and where their values are from.
MORE = {
    'resource_data': ('resource_id, {0}key{0}, value, redact',
                      "id, 'port', uuid, false FROM resource"),
    'resource_properties_data': ('data, encrypted', "'{}', false FROM stack"),
    'sync_point': ('entity_id, traversal_id, is_update, atomic_key, stack_id, '
                   'input_data', "id, id, true, 0, id, '{}' FROM stack"),
    'service': ('id, engine_id, host, hostname, {0}binary{0}, topic, '
                'report_interval', "id, id, id, id, 'heat-engine', 'engine', "
                '60 FROM stack'),
    'software_config': ('id, created_at, name, config, tenant',
                        "id, created_at, name, '{}', tenant FROM stack"),
    'software_deployment': ('id, created_at, server_id, config_id, tenant',
                            'id, created_at, id, id, tenant FROM stack'),
    'snapshot': ('id, stack_id, name, tenant', 'id, id, name, tenant '
                 'FROM stack'),
    'stack_tag': ('tag, stack_id', 'tenant, id FROM stack'),
    'stack_lock': ('stack_id, engine_id', 'id, id FROM stack'),
    'user_creds': ('username, tenant_id', 'name, tenant FROM stack'),
    'raw_template_files': ('files', "'{}' FROM stack")}


# So many seconds after a start.
LATER = {'sqlite': "datetime(1420070400 + %s, 'unixepoch')",
         'mysql': "'2015-01-01' + INTERVAL %s SECOND",
         'postgresql': "'2015-01-01'::timestamp + %s * interval '1 second'"}


def fill(url, number):
    """Fill a database with so many stacks."""
    stacks.make(url, number, lambda done: None,
                [pair for pair in stacks.TABLES if pair[0] not in MORE])
    engine = sa.create_engine(url)
    quote = '`' if engine.name == 'mysql' else '"'
    with engine.begin() as connection:
        # A chunk was made at once, and would have no order.
        for table, order in (('stack', 'raw_template_id'), ('event', 'id')):
            connection.exec_driver_sql('UPDATE %s SET created_at = %s' % (
                table, LATER[engine.name] % order))
        for table, (columns, values) in MORE.items():
            connection.exec_driver_sql(
                'INSERT INTO %s (%s) SELECT %s' % (
                    table, columns.format(quote), values))
    # Servers gather statistics sooner or later by themselves; SQLite does not.
    with engine.connect().execution_options(
            isolation_level='AUTOCOMMIT') as connection:
        if engine.name == 'postgresql':
            connection.exec_driver_sql('VACUUM ANALYZE')
        if engine.name == 'mysql':
            for table in sa.inspect(engine).get_table_names():
                connection.exec_driver_sql('ANALYZE TABLE ' + table)
    engine.dispose()


def lists(number):
    """Return calls of what is there: {text: (function, context, values)}."""
    admin = context.RequestContext(is_admin=True)
    tenant = context.RequestContext(tenant_id='tenant-07')
    top, nested = (stacks.row_id(number // 20 * 10 + place)
                   for place in (0, 1))
    owner, one, page = {'owner_id': top}, {'stack_id': top}, {'limit': 20}
    return {
        'stack_get_all, page of all': (api.stack_get_all, admin, page),
        'stack_get_all, page in the middle': (
            api.stack_get_all, admin, {**page, 'marker': nested}),
        'stack_get_all, page of a tenant': (api.stack_get_all, tenant, page),
        'stack_count_all, of all': (api.stack_count_all, admin, {}),
        'stack_count_all, of a tenant': (api.stack_count_all, tenant, {}),
        'stack_get_all_by_owner_id, 9': (
            api.stack_get_all_by_owner_id, admin, owner),
        'stack_get_all_by_root_owner_id, 9': (
            api.stack_get_all_by_root_owner_id, admin, owner),
        'stack_get_root_id, nested': (
            api.stack_get_root_id, admin, {'stack_id': nested}),
        'stack_count_total_resources, 10': (
            api.stack_count_total_resources, admin, one),
        'resource_get_all_by_root_stack, 10': (
            api.resource_get_all_by_root_stack, admin, one),
        'resource_get_all_by_physical_resource_id, 1': (
            api.resource_get_all_by_physical_resource_id, admin,
            {'physical_resource_id': top}),
        'event_get_all_by_stack, 3': (
            api.event_get_all_by_stack, admin, {**one, **page}),
        'event_get_all_by_tenant, page': (
            api.event_get_all_by_tenant, tenant, page),
        'software_config_get_all, page': (
            api.software_config_get_all, tenant, page),
        'software_config_count_all, of a tenant': (
            api.software_config_count_all, tenant, {}),
        'software_deployment_get_all, 1': (
            api.software_deployment_get_all, admin, {'server_id': top}),
        'service_get_all_by_args, 1': (
            api.service_get_all_by_args, admin, {
                'host': top, 'hostname': top, 'binary': 'heat-engine'})}


def measure(opened, number, names):
    """Return a record for each call, or for those of these names."""
    url, = opened.urls
    start = time.monotonic()
    fill(url, number)
    command.say('%s: filled with %d stacks in %d s' % (
        opened.engine, number, time.monotonic() - start))
    with at.At(url):
        return [{'engine': opened.engine, 'rows': number, 'call': name,
                 **_figures(opened.engine, prepare)}
                for name, prepare in _works(number)
                if not names or name in names]


def _works(number):
    """Yield (name, what makes a world and returns what calls there)."""
    def make(place):
        maker.prepare(*place)
        return maker.make

    maker = calls_engine.Maker()
    for name, place in maker.functions().items():
        if name not in OF_ALL:
            yield name, functools.partial(make, place)
    for name, (function, request, values) in lists(number).items():
        work = functools.partial(function, request, **values)
        yield name, lambda work=work: work


def _figures(engine, prepare):
    times = []
    # The first one compiles what it sends.
    for _ in range(CALLS + 1):
        make = prepare()
        start = time.perf_counter()
        make()
        times.append((time.perf_counter() - start) * 1000)
    return {'median_ms': statistics.median(times[1:]),
            'read': cost(engine, prepare())}


def grown(records):
    """Return by which power of the rows what is read grows; 1 is linear."""
    if len(records) == 1:
        return 0
    # Of a small table, servers rightly read all.
    first, last = records[-2:]
    return math.log(max(last['read'], 1) / max(first['read'], 1)) / math.log(
        last['rows'] / first['rows'])


def rows(results, least=0.1):
    """Return a table: milliseconds and what is read, by the rows.

    :param least: the power, on any engine, of the calls in it
    """
    sizes = sorted({one['rows'] for one in results['growth']})
    table = [['call', 'engine', *('%s: %d' % (name, size) for name in (
        'ms', 'read') for size in sizes), 'power']]
    found = {}
    for one in results['growth']:
        found.setdefault((one['call'], one['engine']), []).append(one)
    grows = {call for (call, engine), records in found.items()
             if grown(records) >= least}
    for (call, engine), records in sorted(found.items()):
        if call not in grows:
            continue
        by_size = {one['rows']: one for one in records}
        table.append([call, engine, *(
            text % by_size[size][name] if size in by_size else '-'
            for name, text in (('median_ms', '%.2f'), ('read', '%d'))
            for size in sizes), '%.2f' % grown(records)])
    return table


def text(results):
    return command.aligned(rows(results, -math.inf))


def arguments(argv=None):
    parser = command.parser('growth', __doc__)
    command.add_engines(parser, target.SINGLE)
    parser.add_argument('--rows', nargs='+', type=command.number(int, 20),
                        default=SIZES, metavar='N', help='stacks; by default '
                        + ' '.join(map(str, SIZES)))
    parser.add_argument('--call', nargs='+', metavar='NAME',
                        help='as the table has them; by default all')
    command.add_results(parser, has_rows=True, has_picture=True)
    return parser.parse_args(argv)


def collect(args):
    """Do all that args say, and return the results."""
    results = {'machine': machine.description(), 'servers': {}, 'growth': []}
    for engine in args.engine:
        for number in sorted(args.rows):
            with (tempfile.TemporaryDirectory() as directory, target.scratch(
                    engine, args.connection, directory) as opened):
                results['servers'][engine] = opened.description()
                results['growth'] += measure(opened, number, args.call)
    return results


if __name__ == '__main__':
    sys.exit(command.run(command.report(
        collect, text, rows, picture='growth_plot'), arguments()))
