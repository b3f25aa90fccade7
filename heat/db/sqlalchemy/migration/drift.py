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

"""Find what in a database is not as the models say."""

import warnings

import sqlalchemy as sa
from sqlalchemy import exc

from heat.common.i18n import _
from heat.db.sqlalchemy.engine import session
from heat.db.sqlalchemy.migration import alembic_version
from heat.db.sqlalchemy.migration import differences
from heat.db.sqlalchemy.migration import indexes
from heat.db.sqlalchemy.migration import search_path
from heat.db.sqlalchemy import models

_metadata = models.Base.metadata

# sqlalchemy-migrate and Alembic keep the version there.
_NOT_IN_MODELS = {'migrate_version', alembic_version.TABLE}

# By size. CONVERT TO CHARACTER SET makes a TEXT of MySQL the next larger one.
_TEXTS = ('TINYTEXT', 'TEXT', 'MEDIUMTEXT', 'LONGTEXT')

# What PostgreSQL keeps of an interrupted CREATE INDEX CONCURRENTLY, and a
# foreign key that does not hold for the rows that were there before it.
_INVALID_INDEXES = '''
    SELECT t.relname, i.relname FROM pg_index x
    JOIN pg_class t ON t.oid = x.indrelid
    JOIN pg_class i ON i.oid = x.indexrelid
    WHERE NOT x.indisvalid AND pg_table_is_visible(t.oid)'''
_UNCHECKED_KEYS = '''
    SELECT t.relname, k.conname FROM pg_constraint k
    JOIN pg_class t ON t.oid = k.conrelid
    WHERE NOT k.convalidated AND k.contype = 'f'
    AND pg_table_is_visible(t.oid)'''


def db_drift(engine):
    """Return what differs between a database and the models, in words.

    The models are the newest version: an older database differs. What is not
    compared: charset and collation, CHECKs, comments, the order of columns,
    and the names of keys and indexes.

    Changes nothing. Sends at most 25 statements for each table of Heat, and
    none for other tables.

    :param engine: a sqlalchemy Engine
    :returns: a sorted list of sentences, such as "stack: index ix_stack_name
        is missing"; empty if nothing differs
    :raises heat.db.exception.MigrationError: engine is none; or the tables are
        not in the first schema of PostgreSQL's search_path
    :raises oslo_db.exception.DBError: as the database says
    """
    session.require_engine(engine)
    with (session.connection(engine) as conn, conn.begin(),
          warnings.catch_warnings()):
        search_path.require_first(conn)
        # SQLAlchemy warns of types and indexes that it does not know.
        warnings.simplefilter('ignore', exc.SAWarning)
        inspector = sa.inspect(conn)
        present = set(inspector.get_table_names())
        drift = [_('there is a table %s that Heat does not know') % name
                 for name in present - set(_metadata.tables) - _NOT_IN_MODELS]
        drift += _all_table_drift(conn, present)
        found = {name: _found_indexes(inspector, name)
                 for name in present & set(_metadata.tables)}
        for name in found:
            drift += _column_drift(inspector, _metadata.tables[name])
            drift += _index_drift(inspector, _metadata.tables[name],
                                  found[name])
        drift += _missing_indexes(conn, found)
        if conn.dialect.name == 'postgresql':
            drift += _unfinished(conn)
    return sorted(drift)


def _all_table_drift(conn, present):
    try:
        return list(_table_drift(conn))
    except exc.NoSuchTableError:
        # SQLAlchemy reads no table whose foreign key refers to nothing.
        return [differences.WORDS['add_table'](conn.dialect, table)
                for name, table in _metadata.tables.items()
                if name not in present]


def _table_drift(conn):
    """Compare tables, columns and foreign keys."""
    # It is slow to import.
    from alembic import autogenerate
    from alembic import migration
    context = migration.MigrationContext.configure(conn, opts={
        'include_name': _is_known,
        'compare_type': _is_other_type,
        'compare_server_default': True})
    for difference in autogenerate.compare_metadata(context, _metadata):
        # What has to be modified in a column comes as a list.
        changes = difference if isinstance(difference, list) else [difference]
        for kind, *details in changes:
            if kind in differences.WORDS and not _is_numbered(kind, details):
                yield differences.WORDS[kind](conn.dialect, *details)


def _is_numbered(kind, details):
    """Tell of PostgreSQL's IDENTITY, which serves as a sequence does."""
    return kind == 'modify_default' and isinstance(details[-2], sa.Identity)


def _is_known(name, type_, parent_names):
    return type_ != 'table' or name in _metadata.tables


def _is_other_type(context, found_column, column, found, expected):
    """Let a text be larger; None leaves the question to Alembic."""
    found, expected = (
        type_.compile(dialect=context.dialect).split()[0]
        for type_ in (found, expected))
    if found in _TEXTS and expected in _TEXTS:
        return _TEXTS.index(found) < _TEXTS.index(expected)


def _column_drift(inspector, table):
    """Compare the primary key, and what Alembic does not see of columns."""
    found = inspector.get_pk_constraint(table.name)['constrained_columns']
    expected = table.primary_key.columns.keys()
    if found != expected:
        yield _('%(table)s: the primary key is %(found)s, not '
                '%(expected)s') % {
            'table': table.name, 'found': ', '.join(found) or _('none'),
            'expected': ', '.join(expected)}
    numbered = [column.name for column in table.primary_key
                if isinstance(column.type, sa.Integer)]
    for column in inspector.get_columns(table.name):
        words = {'table': table.name, 'column': column['name']}
        if column['name'] in numbered and not column.get('autoincrement'):
            yield _('%(table)s.%(column)s is not numbered by the '
                    'database') % words
        if isinstance(column['type'], sa.types.NullType):
            yield _('%(table)s.%(column)s has a type that Heat does not '
                    'know') % words


def _index_drift(inspector, table, indexes_found):
    """Compare indexes by what they do: a name is no difference.

    An index also does what one on its first columns would do.

    :param indexes_found: as _found_indexes returns them
    """
    expected = _expected_indexes(table)
    known = expected.keys() | {(index.columns, False) for index in
                               indexes.INDEXES if index.table == table.name}
    found = {(tuple(index['column_names']), bool(index['unique'])):
             index['name'] for index in indexes_found}
    for (columns, unique), name in expected.items():
        words = {'table': table.name, 'columns': ', '.join(columns),
                 'index': name}
        if unique and (columns, unique) not in found:
            yield _('%(table)s: %(columns)s is not unique') % words
        elif not any(index[:len(columns)] == columns for index, _u in found):
            yield _('%(table)s: index %(index)s is missing') % words
    needless = found.keys() - known - _made_by_innodb(inspector, table.name)
    for columns, unique in needless:
        text = (_('%(table)s: there is a unique index %(index)s on '
                  '%(columns)s that Heat does not know') if unique else
                _('%(table)s: there is an index %(index)s on %(columns)s '
                  'that Heat does not know'))
        yield text % {'table': table.name, 'index': found[columns, unique],
                      'columns': ', '.join(map(str, columns))}


def _expected_indexes(table):
    """Return {(columns, unique): name} of the model of a table."""
    return {(tuple(item.columns.keys()), not isinstance(item, sa.Index)
             or bool(item.unique)): item.name
            for item in table.indexes | table.constraints
            if isinstance(item, (sa.Index, sa.UniqueConstraint))}


def _found_indexes(inspector, table_name):
    """Read the indexes of a table, with those of unique constraints.

    :returns: a list of dicts, as SQLAlchemy describes indexes
    """
    found = inspector.get_indexes(table_name, include_auto_indexes=True)
    if inspector.dialect.name != 'sqlite':
        return found
    # SQLite has one for a primary key that is no integer.
    key = inspector.get_pk_constraint(table_name)['constrained_columns']
    return [index for index in found
            if index['column_names'] != key
            or not index['name'].startswith('sqlite_autoindex')]


def _missing_indexes(conn, found):
    """Name the indexes that no version makes, and that are not there.

    :param found: {name of a table: what _found_indexes returns}
    """
    invalid = ({name for _table, name in conn.exec_driver_sql(
        _INVALID_INDEXES)} if conn.dialect.name == 'postgresql' else ())
    present = {table: [index['column_names'] for index in found[table]
                       if index['name'] not in invalid] for table in found}
    for index in indexes.lacking(conn.engine, present):
        yield _('missing index %(name)s of %(table)s: db_sync creates it') % {
            'name': indexes.name(index), 'table': index.table}


def _made_by_innodb(inspector, table_name):
    """Return the indexes that MySQL makes by itself, for foreign keys."""
    if inspector.dialect.name != 'mysql':
        return set()
    return {(tuple(key['constrained_columns']), False)
            for key in inspector.get_foreign_keys(table_name)}


def _unfinished(conn):
    """Find what PostgreSQL has, but does not use or keep to."""
    for query, text in (
            (_INVALID_INDEXES, _('%(table)s: index %(name)s is invalid: '
                                 'PostgreSQL does not read it')),
            (_UNCHECKED_KEYS, _('%(table)s: foreign key %(name)s is not '
                                'validated'))):
        for table, name in conn.exec_driver_sql(query):
            if table in _metadata.tables:
                yield text % {'table': table, 'name': name}
