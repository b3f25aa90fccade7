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

"""Move the tags of stacks from a JSON column to a table of their own."""

import json
import re

from oslo_utils import timeutils
from sqlalchemy import Column
from sqlalchemy import DateTime
from sqlalchemy import ForeignKey
from sqlalchemy import inspect
from sqlalchemy import Integer
from sqlalchemy import MetaData
from sqlalchemy import select
from sqlalchemy import String
from sqlalchemy import Table

from heat.common.i18n import _
from heat.db import exception
from heat.db.sqlalchemy import ddl

MAX_LENGTH = 80

# The same in one statement, for those who apply it by hand. What
# is not a list of such texts is not told from one.
_AT_ONCE = {
    'sqlite': """\
INSERT INTO stack_tag (created_at, tag, stack_id)
SELECT datetime('now'), item.value, stack.id
FROM stack, json_each(stack.tags) AS item
WHERE stack.tags <> 'null'""",
    'postgresql': """\
INSERT INTO stack_tag (created_at, tag, stack_id)
SELECT date_trunc('second', now() AT TIME ZONE 'utc'), item.tag, stack.id
FROM stack, json_array_elements_text(
    NULLIF(stack.tags, 'null')::json) AS item (tag)""",
    'mysql': """\
INSERT INTO stack_tag (created_at, tag, stack_id)
SELECT UTC_TIMESTAMP(), item.tag, stack.id
FROM stack, JSON_TABLE(stack.tags, '$[*]' COLUMNS (
    tag VARCHAR(200) PATH '$' ERROR ON ERROR)) AS item
WHERE stack.tags <> 'null'""",
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
    if isinstance(migrate_engine, ddl.Recorder):
        if migrate_engine.schema.has_column('stack', 'tags'):
            migrate_engine.record(_AT_ONCE[migrate_engine.name])
    elif 'tags' in [column['name'] for column in
                    inspect(migrate_engine).get_columns('stack')]:
        _move_tags(migrate_engine, stack, stack_tag)
    ddl.drop_column(migrate_engine, 'stack', 'tags')


def _move_tags(migrate_engine, stack, stack_tag):
    def move(conn, batch):
        rows = conn.execute(select(stack).where(
            batch, stack.c.tags.is_not(None))).all()
        tags = [{'stack_id': row.id, 'tag': tag,
                 'created_at': timeutils.utcnow().replace(microsecond=0)}
                for row in rows
                for tag in _read_tags(row, migrate_engine.name)]
        if tags:
            # What a run that died has moved already is moved again.
            conn.execute(stack_tag.delete().where(
                stack_tag.c.stack_id.in_({tag['stack_id']
                                          for tag in tags})))
            conn.execute(stack_tag.insert(), tags)

    ddl.in_batches(migrate_engine, stack.c.id, move)


def _read_tags(row, backend):
    try:
        tags = json.loads(row.tags)
    except (ValueError, RecursionError):
        tags = ''
    if tags is None:
        return []
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
    return tags
