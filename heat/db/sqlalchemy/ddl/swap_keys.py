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

"""Putting the integer key of a table in the place of a text."""

from heat.db.sqlalchemy.ddl.change import apply

# What the new key is called meanwhile.
NEW_KEY = 'tmp_id'


def swap_keys(engine, r):
    """Let the new key be the primary one, in one statement or transaction.

    :param r: a Rekeying
    """
    clauses = {'mysql': _mysql_swap, 'postgresql': _postgresql_swap}
    drop = 'DROP TABLE %s_number' % r.table.name

    def missing(schema):
        yield from clauses[engine.name](schema, r)

    def unneeded(schema):
        if schema.has_table(r.table.name + '_number'):
            yield drop

    apply(engine, missing, lambda schema: schema.create_table(r.table))
    apply(engine, unneeded, lambda schema: schema.drop_table(
        r.table.name + '_number'))


def _unique(r):
    """Return the clause that makes the old key unique."""
    return 'ADD CONSTRAINT %s_%s_key UNIQUE (%s)' % (
        r.table.name, r.old_key, r.old_key)


def _mysql_swap(schema, r):
    """Do all in one statement, as far as it is not done yet."""
    old_type = r.table.c[r.old_key].type.compile(dialect=schema.dialect)
    new_key = 'id INTEGER NOT NULL AUTO_INCREMENT'
    clauses = []
    if has_old_key(schema, r):
        clauses += ['DROP PRIMARY KEY', 'CHANGE id %s %s NULL' % (
            r.old_key, old_type)]
    if schema.has_column(r.table.name, NEW_KEY):
        clauses.append('CHANGE %s %s' % (NEW_KEY, new_key))
    elif not schema.column(r.table.name, 'id').has_default:
        clauses.append('MODIFY ' + new_key)
    if clauses and (has_old_key(schema, r) or
                    schema.primary_key(r.table.name) != ['id']):
        clauses.append('ADD PRIMARY KEY (id)')
    if not _is_unique(schema, r):
        clauses.append(_unique(r))
    if clauses:
        yield alter(r.table, ', '.join(clauses))


def _postgresql_swap(schema, r):
    """Do all in one transaction, as far as it is not done yet."""
    is_text = has_old_key(schema, r)
    key = NEW_KEY if schema.has_column(r.table.name, NEW_KEY) else 'id'
    has_primary_key = not is_text and (
        schema.primary_key(r.table.name) == ['id'])
    if has_primary_key and schema.column(r.table.name, 'id').has_default:
        return
    # What is numbered already goes on to be.
    yield 'CREATE SEQUENCE IF NOT EXISTS ' + r.sequence
    yield ("SELECT setval('%s', COALESCE(MAX(%s), 0) + 1, false) FROM %s" %
           (r.sequence, key, r.table.name))
    yield 'ALTER SEQUENCE IF EXISTS %s_id_seq OWNED BY NONE' % r.table.name
    if is_text:
        name = schema.primary_key_name(r.table.name)
        if name:
            yield alter(r.table, 'DROP CONSTRAINT ' + schema.quoted(name))
        yield alter(r.table, 'RENAME id TO ' + r.old_key)
        yield alter(r.table, 'ALTER COLUMN %s DROP NOT NULL' % r.old_key)
    if key == NEW_KEY:
        yield alter(r.table, 'RENAME %s TO id' % NEW_KEY)
    yield alter(r.table, "ALTER COLUMN id SET DEFAULT nextval('%s'), "
                'ALTER COLUMN id SET NOT NULL' % r.sequence)
    if not has_primary_key:
        yield alter(r.table, 'ADD CONSTRAINT %s_pkey PRIMARY KEY (id)' %
                    r.table.name)
    if not _is_unique(schema, r):
        yield alter(r.table, _unique(r))


def _is_unique(schema, r):
    return [r.old_key] in schema.indexes(r.table.name).values()


def has_old_key(schema, r):
    """Tell whether the primary key is still the text."""
    return (schema.has_column(r.table.name, 'id') and
            not schema.has_integer(r.table.name, 'id'))


def alter(table, clause):
    """Return an ALTER TABLE."""
    return 'ALTER TABLE %s %s' % (table.name, clause)
