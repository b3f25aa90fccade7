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

"""Keep the environment of a stack with its template.

It was stored as the parameters of the stack. Heat's own script dies when two
live stacks share a template. Here the one that was created last gets its own
copy of the template, if its parameters are different.
"""

from sqlalchemy import and_
from sqlalchemy import Boolean
from sqlalchemy import cast
from sqlalchemy import Column
from sqlalchemy import DateTime
from sqlalchemy import ForeignKey
from sqlalchemy import func
from sqlalchemy import Integer
from sqlalchemy import LargeBinary
from sqlalchemy import MetaData
from sqlalchemy import select
from sqlalchemy import String
from sqlalchemy import Table
from sqlalchemy import text
from sqlalchemy import true

from heat.common.i18n import _
from heat.db.sqlalchemy import ddl

NEEDS_STOPPED_SERVICES = _('it drops the column stack.parameters')

# What PostgreSQL takes the numbers of templates from.
_SEQUENCE = "SELECT pg_get_serial_sequence('raw_template', 'id')"

# Templates that are copied. NULL differs from any parameters, and A from a.
_SHARED = (
    'SELECT COUNT(*) FROM (SELECT raw_template_id FROM stack '
    'WHERE deleted_at IS NULL AND raw_template_id IN '
    '(SELECT id FROM raw_template) GROUP BY raw_template_id '
    'HAVING COUNT(DISTINCT %s) > 1) AS shared')
_EXACT = {'mysql': "CAST(COALESCE(parameters, '-') AS BINARY)"}
_DELETED = ('SELECT COUNT(*) FROM stack '
            'WHERE deleted_at IS NOT NULL AND parameters IS NOT NULL')
_WITHOUT_TEMPLATE = (
    'SELECT COUNT(*) FROM stack '
    'WHERE deleted_at IS NULL AND parameters IS NOT NULL AND NOT EXISTS '
    '(SELECT 1 FROM raw_template WHERE raw_template.id = raw_template_id)')


def upgrade(migrate_engine):
    # Heat's own 056 copied two tables on SQLite, and may have died at that:
    # raw_template was the first to be filled, and the last to get its name.
    ddl.recover_copied_table(migrate_engine, 'stack', 'name', 'tenant',
                             copy='new_stack')
    ddl.recover_copied_table(
        migrate_engine, 'raw_template', copy='new_raw_template',
        is_complete=lambda schema: not schema.has_column(
            'stack', 'parameters'))
    _fill_nested_depths(migrate_engine)
    ddl.add_columns(
        migrate_engine, 'raw_template',
        Column('environment', ddl.LongText),
        Column('predecessor', Integer,
               ForeignKey('raw_template.id', name='predecessor_fkey_ref')))
    ddl.tell_count(
        migrate_engine, 'stack', column='parameters',
        query=_SHARED % _EXACT.get(migrate_engine.name,
                                   "COALESCE(parameters, '-')"),
        text=_('templates that live stacks with other parameters share: %d; '
               'each of those stacks gets its own copy'))
    _move_parameters(migrate_engine)
    ddl.tell_count(
        migrate_engine, 'stack', _DELETED, column='parameters',
        text=_('deleted stacks that lose their parameters: %d'))
    ddl.tell_count(
        migrate_engine, 'stack', _WITHOUT_TEMPLATE, column='parameters',
        text=_('stacks without a template that lose their parameters: %d'))
    ddl.drop_column(migrate_engine, 'stack', 'parameters')


def _fill_nested_depths(migrate_engine):
    """Fill what engines from before 047 have left out; none is left now."""
    stack = Table(
        'stack', MetaData(),
        Column('id', String(36), primary_key=True),
        Column('owner_id', String(36)),
        Column('backup', Boolean),
        Column('nested_depth', Integer))

    def fill(batch):
        is_empty = and_(batch, stack.c.nested_depth.is_(None))
        yield ddl.set_nested_depths(stack, is_empty)
        yield stack.update().where(is_empty).values(nested_depth=0)

    ddl.change_rows(
        migrate_engine, stack.c.id, fill,
        only_if=lambda schema: schema.has_empty('stack', 'nested_depth'))


def _tables():
    metadata = MetaData()
    stack = Table(
        'stack', metadata,
        Column('id', String(36), primary_key=True),
        Column('created_at', DateTime),
        Column('deleted_at', DateTime),
        Column('raw_template_id', Integer),
        Column('parameters', ddl.LongText))
    template = Table(
        'raw_template', metadata,
        Column('id', Integer, primary_key=True),
        Column('created_at', DateTime),
        Column('updated_at', DateTime),
        Column('template', ddl.LongText),
        Column('files', ddl.LongText),
        Column('environment', ddl.LongText),
        Column('predecessor', Integer))
    return stack, template


def _move_parameters(migrate_engine):
    stack, template = _tables()
    # What the next copy is certain not to have a lower id than, so that others
    # need not be read to find the copies.
    newest = None

    def look(conn, batch):
        nonlocal newest
        newest = _newest(conn)

    def exact(column):
        """Tell A from a, and NULL from what is damaged, such as ''."""
        content = func.coalesce(column, '-')
        is_mysql = migrate_engine.name == 'mysql'
        return cast(content, LargeBinary) if is_mysql else content

    def is_new(template):
        return true() if newest is None else template.c.id >= newest

    def move(batch):
        is_user = and_(stack.c.deleted_at.is_(None),
                       stack.c.raw_template_id.in_(
                           select(template.c.id).where(batch)))
        yield _set_environments(stack, template, is_user, batch)
        yield _copy_templates(stack, template, is_user, exact)
        copied = template.alias('copied')
        yield ddl.UpdateFrom(
            stack, copied,
            and_(copied.c.predecessor == stack.c.raw_template_id,
                 exact(copied.c.environment) == exact(stack.c.parameters),
                 is_user, is_new(copied)),
            {'raw_template_id': copied.c.id})
        yield template.update().where(
            template.c.predecessor.is_not(None), is_new(template)
        ).values(predecessor=None)

    ddl.change_rows(
        migrate_engine, template.c.id, move, look,
        only_if=lambda schema: schema.has_column('stack', 'parameters'))


def _newest(conn):
    """Return what no new template has a lower id than; None if unknown."""
    if conn.dialect.name != 'postgresql':
        return conn.execute(text('SELECT MAX(id) FROM raw_template')).scalar()
    # The last number that was given out, or the first one to give.
    sequence = conn.execute(text(_SEQUENCE)).scalar()
    return sequence and conn.exec_driver_sql(
        'SELECT last_value FROM ' + sequence.replace('%', '%%')).scalar()


def _set_environments(stack, template, is_user, batch):
    """Take the parameters of the stack that was created first."""
    number = func.row_number().over(
        partition_by=stack.c.raw_template_id,
        order_by=(stack.c.created_at, stack.c.id))
    users = select(stack.c.raw_template_id, stack.c.parameters,
                   number.label('number')).where(is_user).subquery('users')
    return ddl.UpdateFrom(
        template, users,
        and_(users.c.raw_template_id == template.c.id, users.c.number == 1,
             batch),
        {'environment': users.c.parameters})


def _copy_templates(stack, template, is_user, exact):
    """Insert a copy for each other set of parameters.

    Its predecessor says what it is a copy of, for a moment. They get their ids
    in the same order each time.
    """
    different = select(func.min(stack.c.id).label('id')).select_from(
        stack.join(template, template.c.id == stack.c.raw_template_id)
    ).where(is_user, exact(stack.c.parameters) != exact(
        template.c.environment)).group_by(
        stack.c.raw_template_id, exact(stack.c.parameters)
    ).subquery('different')
    same = ('created_at', 'updated_at', 'template', 'files')
    return template.insert().from_select(
        [*same, 'environment', 'predecessor'],
        select(*(template.c[name] for name in same), stack.c.parameters,
               template.c.id).select_from(
            different.join(stack, stack.c.id == different.c.id).join(
                template, template.c.id == stack.c.raw_template_id)
        ).order_by(different.c.id))
