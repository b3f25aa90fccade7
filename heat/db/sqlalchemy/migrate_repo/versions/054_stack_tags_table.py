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

"""Move the tags of stacks from a JSON column to a table of their own.

No release of Heat has used the column, so that services need not be stopped
for its loss.
"""

import json
import re

from sqlalchemy import and_
from sqlalchemy import cast
from sqlalchemy import Column
from sqlalchemy import DateTime
from sqlalchemy import ForeignKey
from sqlalchemy import Integer
from sqlalchemy import LargeBinary
from sqlalchemy import literal_column
from sqlalchemy import MetaData
from sqlalchemy import select
from sqlalchemy import String
from sqlalchemy import Table
from sqlalchemy import text

from heat.common.i18n import _
from heat.db import exception
from heat.db.sqlalchemy import ddl

# The servers drop the column without writing rows.
NEEDS_STOPPED_SERVICES = {'sqlite': _(
    'it drops the column stack.tags from all rows, and nothing can be written '
    'to the database meanwhile')}

MAX_LENGTH = 80

# JSON of no tags.
NO_TAGS = ('null', '[]')

# The tags of the stacks, one a row, and the time.
_ITEMS = {
    'sqlite': ('json_each(stack.tags) AS item', 'item.value',
               "datetime('now')"),
    'postgresql': ('json_array_elements_text(stack.tags::json) '
                   'AS item (tag)', 'item.tag',
                   "date_trunc('second', now() AT TIME ZONE 'utc')"),
    # Longer than the column, so that it refuses what is too long for it.
    'mysql': ("JSON_TABLE(stack.tags, '$[*]' COLUMNS (tag VARCHAR(200) "
              "PATH '$' ERROR ON ERROR)) AS item", 'item.tag',
              'UTC_TIMESTAMP()'),
}


def upgrade(migrate_engine):
    # Heat's own 054 copied the table on SQLite, and may have died at that.
    ddl.recover_copied_table(migrate_engine, 'stack', 'name', 'tenant')
    metadata = MetaData()
    stack = Table('stack', metadata,
                  Column('id', String(36), primary_key=True),
                  Column('tags', ddl.LongText))
    stack_tag = Table(
        'stack_tag', metadata,
        Column('id', Integer, primary_key=True),
        Column('created_at', DateTime),
        Column('updated_at', DateTime),
        Column('tag', String(MAX_LENGTH)),
        Column('stack_id', String(36), ForeignKey('stack.id'),
               nullable=False),
        mysql_engine='InnoDB', mysql_charset='utf8mb3')
    ddl.create_table(migrate_engine, stack_tag)
    _move_tags(migrate_engine, stack, stack_tag)
    ddl.drop_column(migrate_engine, 'stack', 'tags')


def _move_tags(migrate_engine, stack, stack_tag):
    items, tag, now = _ITEMS[migrate_engine.name]
    has_tags = and_(stack.c.tags.is_not(None),
                    stack.c.tags.not_in(NO_TAGS))

    def move(batch):
        # What a run that died has moved already is moved again.
        yield stack_tag.delete().where(stack_tag.c.stack_id.in_(
            select(stack.c.id).where(batch, has_tags)))
        yield stack_tag.insert().from_select(
            ['created_at', 'tag', 'stack_id'],
            select(literal_column(now), literal_column(tag), stack.c.id)
            .select_from(stack, text(items)).where(batch, has_tags))

    is_mysql = migrate_engine.name == 'mysql'
    # The connection may be one of utf8mb3, which reads a longer character as a
    # question mark.
    tags = cast(stack.c.tags, LargeBinary) if is_mysql else stack.c.tags

    def check(conn, batch):
        for row in conn.execute(select(stack.c.id, tags.label('tags')).where(
                batch, has_tags)):
            _require_tags(row, migrate_engine.name)

    ddl.change_rows(
        migrate_engine, stack.c.id, move, check,
        only_if=lambda schema: schema.has_values('stack', 'tags'))


def _require_tags(row, backend):
    try:
        tags = json.loads(
            row.tags.decode() if backend == 'mysql' else row.tags)
    except (ValueError, RecursionError):
        tags = ''
    # MySQL's utf8 ends at U+FFFF.
    refused = '[\0\ud800-\udfff%s]' % (
        '\U00010000-\U0010ffff' if backend == 'mysql' else '')
    if not isinstance(tags, list) or not all(
            isinstance(tag, str) and len(tag) <= MAX_LENGTH and
            not re.search(refused, tag) for tag in tags):
        raise exception.MigrationError(
            _('the tags of stack %(id)s are not a list of texts of at most '
              '%(max)d characters that the database can hold; correct '
              'stack.tags, or set it to NULL, and run db_sync again') %
            {'id': row.id, 'max': MAX_LENGTH})
