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

"""What of others depends on what is changed, and is in the way of that.

A server says so only when it is asked for the change, in the midst of a
version. So db_sync lets a Recorder ask before it changes anything.
"""

import sqlalchemy as sa

from heat.common.i18n import _
from heat.db.sqlalchemy.ddl import change
from heat.db.sqlalchemy.ddl.recorder import Recorder
from heat.db.sqlalchemy.ddl.refusal import refuse
from heat.db.sqlalchemy.ddl import sqlite_trial

_REMEDY = _('drop what is in the way, run db_sync again, and make it anew as '
            'far as it still fits')

# What is changed: each finds other things in the way of it. A column that is
# REPLACED is there again afterwards, with its name.
DROPPED, REPLACED, WIDENED = 'dropped', 'replaced', 'widened'
KEY, TABLE = 'key', 'table'

# PostgreSQL: what others depend on, as pg_depend has it.
_COLUMN = '''
    SELECT 'pg_class'::regclass AS class, attrelid AS id, attnum AS part
    FROM pg_attribute
    WHERE attrelid = to_regclass(:table) AND attname = :column'''
_WHAT = {
    DROPPED: _COLUMN,
    REPLACED: _COLUMN,
    WIDENED: _COLUMN,
    # Those who group by it depend on it, and foreign keys on its index.
    KEY: '''
        SELECT 'pg_constraint'::regclass AS class, oid AS id, 0 AS part
        FROM pg_constraint
        WHERE conrelid = to_regclass(:table) AND contype = 'p'
        UNION ALL SELECT 'pg_class'::regclass, conindid, 0 FROM pg_constraint
        WHERE conrelid = to_regclass(:table) AND contype = 'p' ''',
    TABLE: '''
        SELECT 'pg_class'::regclass AS class, attrelid AS id,
               GREATEST(attnum, 0) AS part
        FROM pg_attribute WHERE attrelid = to_regclass(:table)''',
}
# Indexes, statistics and constraints of a column follow it. A default, which a
# generated column has as well, depends on its own column. What belongs to a
# table goes with it.
_POSTGRESQL = '''
    SELECT DISTINCT CASE
        WHEN rewrite.rulename = '_RETURN'
        THEN pg_describe_object('pg_class'::regclass, rewrite.ev_class, 0)
        WHEN attrdef.oid IS NOT NULL
        THEN pg_describe_object('pg_class'::regclass, adrelid, adnum)
        ELSE pg_describe_object(d.classid, d.objid, 0) END AS words
    FROM (%s) AS what
    JOIN pg_depend d ON (d.refclassid, d.refobjid, d.refobjsubid) =
        (what.class, what.id, what.part)
    LEFT JOIN pg_rewrite rewrite
        ON d.classid = 'pg_rewrite'::regclass AND rewrite.oid = d.objid
    LEFT JOIN pg_attrdef attrdef
        ON d.classid = 'pg_attrdef'::regclass AND attrdef.oid = d.objid
    LEFT JOIN pg_constraint con
        ON d.classid = 'pg_constraint'::regclass AND con.oid = d.objid
    WHERE %s %s ORDER BY words'''
_OF_COLUMN = '''
    d.classid IN ('pg_rewrite'::regclass, 'pg_trigger'::regclass,
                  'pg_policy'::regclass, 'pg_proc'::regclass,
                  'pg_publication_rel'::regclass, 'pg_attrdef'::regclass)
    AND adnum IS DISTINCT FROM what.part'''
_OF_TABLE = '''
    d.deptype = 'n' AND d.classid IN (
        'pg_rewrite'::regclass, 'pg_proc'::regclass,
        'pg_constraint'::regclass)
    AND COALESCE(ev_class, conrelid, 0) NOT IN (
        COALESCE(to_regclass(:table), 0), COALESCE(to_regclass(:child), 0))'''
# A server drops what a trigger of the table reads, and after that refuses what
# makes it run.
_POSTGRESQL_TRIGGERS = r'''
    UNION SELECT pg_describe_object('pg_trigger'::regclass, t.oid, 0)
    FROM pg_trigger t JOIN pg_proc ON pg_proc.oid = tgfoid
    WHERE tgrelid = to_regclass(:table) AND NOT tgisinternal
    AND prosrc ~* ('\m(new|old) *[.] *"?' || :column || '\M')'''
_MYSQL_TRIGGERS = '''
    UNION SELECT CONCAT('trigger ', trigger_name)
    FROM information_schema.triggers
    WHERE event_object_schema = DATABASE() AND event_object_table = :table
    AND action_statement REGEXP CONCAT(
        '(^|[^a-z0-9_$])(new|old)[`"]? *[.] *[`"]?', :column,
        '([^a-z0-9_$]|$)')'''

_MYSQL_KEYS = '''
    SELECT CONCAT('foreign key ', constraint_name, ' of ',
                  table_schema, '.', table_name) AS words
    FROM information_schema.key_column_usage
    WHERE referenced_table_schema = DATABASE()
    AND referenced_table_name = :table AND NOT (
        table_schema = DATABASE() AND table_name IN (:table, :child))
    ORDER BY words'''
_MYSQL_COLUMN = '''
    SELECT CONCAT('column ', column_name) AS words
    FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name = :table
    AND generation_expression LIKE CONCAT('%`', :column, '`%')
    UNION SELECT CONCAT('constraint ', c.constraint_name)
    FROM information_schema.check_constraints c
    JOIN information_schema.table_constraints t
        ON t.constraint_schema = c.constraint_schema
        AND t.constraint_name = c.constraint_name
    WHERE c.constraint_schema = DATABASE() AND t.table_name = :table
    AND c.check_clause LIKE CONCAT('%`', :column, '`%')'''
_QUERIES = {
    ('mysql', DROPPED): _MYSQL_COLUMN + _MYSQL_TRIGGERS + ' ORDER BY words',
    ('mysql', REPLACED): _MYSQL_COLUMN + ' ORDER BY words',
    # MariaDB shortens an index on it alone.
    ('mysql', WIDENED): '''
        SELECT CONCAT('index ', index_name) AS words
        FROM information_schema.statistics
        WHERE table_schema = DATABASE() AND table_name = :table
        AND index_type <> 'FULLTEXT'
        GROUP BY index_name
        HAVING SUM(column_name = :column AND sub_part IS NULL) AND (
            COUNT(*) > 1 OR MIN(non_unique) = 0 OR
            VERSION() NOT LIKE '%MariaDB%')
        ORDER BY words''',
    # A table has but one column that the server numbers.
    ('mysql', KEY): '''
        SELECT CONCAT('column ', column_name) AS words
        FROM information_schema.columns
        WHERE table_schema = DATABASE() AND table_name = :table
        AND extra LIKE '%auto_increment%'
        UNION ''' + _MYSQL_KEYS,
    ('mysql', TABLE): _MYSQL_KEYS,
    **{('postgresql', kind): _POSTGRESQL % (_WHAT[kind], (
        _OF_COLUMN if kind in (DROPPED, REPLACED, WIDENED) else _OF_TABLE),
        _POSTGRESQL_TRIGGERS if kind == DROPPED else '')
       for kind in _WHAT},
}


def refuse_dependents(engine, kind, table, column=None, child=None,
                      only_if=lambda schema: True):
    """Stop a script that has changed nothing, if others are in the way.

    A Recorder that is to look for what is refused notes what it finds.

    :param kind: DROPPED, REPLACED or WIDENED, of a column; KEY, the primary
        one of a table, is dropped; or the TABLE is
    :param table: its name
    :param column: its name
    :param child: the name of a table that may refer to this one
    :param only_if: called with a Schema; whether there is something to do
    :raises heat.db.exception.MigrationError: there is some; the text names it
    """
    if isinstance(engine, Recorder) and not engine.orphans:
        return

    def ask(schema):
        return only_if(schema) and _names(
            schema, kind, table, column, child)

    names = change.look(engine, ask)
    if names:
        refuse(engine, _('%(thing)s can not be changed because of '
                         '%(names)s') % {
            'thing': table + '.' + column if column else 'table ' + table,
            'names': ', '.join(names)}, _REMEDY)


def _names(schema, kind, table, column, child):
    rows = getattr(schema, 'rows', schema)
    if rows is None:
        return []
    if schema.dialect.name == 'sqlite' and kind == DROPPED:
        return sqlite_trial.in_the_way(rows.conn, table, column)
    query = _QUERIES.get((schema.dialect.name, kind))
    return query and rows.conn.execute(sa.text(query), {
        'table': table, 'column': column, 'child': child}).scalars().all()
