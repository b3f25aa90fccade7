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

"""The differences that Alembic finds, in words."""

from heat.common.i18n import _


def _missing_table(dialect, table):
    return _('table %s is missing') % table.name


def _missing_column(dialect, schema, table_name, column):
    return _('%(table)s: column %(column)s is missing') % {
        'table': table_name, 'column': column.name}


def _unknown_column(dialect, schema, table_name, column):
    return _('%(table)s: there is a column %(column)s that Heat does not '
             'know') % {'table': table_name, 'column': column.name}


def _other_type(dialect, schema, table_name, column_name, existing, found,
                expected):
    return _('%(table)s.%(column)s is %(found)s, not %(expected)s') % {
        'table': table_name, 'column': column_name,
        'found': found.compile(dialect=dialect),
        'expected': expected.compile(dialect=dialect)}


def _other_nullable(dialect, schema, table_name, column_name, existing, found,
                    expected):
    text = (_('%(table)s.%(column)s allows NULL') if found else
            _('%(table)s.%(column)s does not allow NULL'))
    return text % {'table': table_name, 'column': column_name}


def _other_default(dialect, schema, table_name, column_name, existing, found,
                   expected):
    return _('%(table)s.%(column)s has the default %(found)s, not '
             '%(expected)s') % {
        'table': table_name, 'column': column_name,
        'found': found.arg if found is not None else 'NULL',
        'expected': expected.arg if expected is not None else 'NULL'}


def _missing_foreign_key(dialect, constraint):
    return _('%(table)s: foreign key of %(key)s is missing') % {
        'table': constraint.table.name, 'key': _foreign_key(constraint)}


def _unknown_foreign_key(dialect, constraint):
    return _('%(table)s: there is a foreign key of %(key)s that Heat does '
             'not know') % {
        'table': constraint.table.name, 'key': _foreign_key(constraint)}


def _foreign_key(constraint):
    text = _('%(columns)s to %(targets)s') % {
        'columns': ', '.join(constraint.column_keys),
        'targets': ', '.join(
            key.target_fullname for key in constraint.elements)}
    for event in 'delete', 'update':
        action = getattr(constraint, 'on' + event)
        if action:
            text += ' ON %s %s' % (event.upper(), action)
    return text


# By what Alembic calls them; each is called with a dialect and what Alembic
# tells. It compares indexes by name, and comments do not matter.
WORDS = {
    'add_table': _missing_table,
    'add_column': _missing_column,
    'remove_column': _unknown_column,
    'modify_type': _other_type,
    'modify_nullable': _other_nullable,
    'modify_default': _other_default,
    'add_fk': _missing_foreign_key,
    'remove_fk': _unknown_foreign_key,
}
