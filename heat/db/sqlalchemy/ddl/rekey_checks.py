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

"""What is in the way of giving a table another key."""

import sqlalchemy as sa

from heat.common.i18n import _
from heat.db.sqlalchemy.ddl.change import look
from heat.db.sqlalchemy.ddl import dependents
from heat.db.sqlalchemy.ddl.refusal import refuse
from heat.db.sqlalchemy.ddl.swap_keys import has_old_key

# What the old reference is called meanwhile.
OLD_REFERENCE = 'tmp_res_uuid'


def old_reference(schema, r):
    """Return the column of the child with old keys; None if there is none."""
    if schema.has_column(r.child.name, OLD_REFERENCE):
        return OLD_REFERENCE
    return None if schema.has_integer(r.child.name, r.column) else r.column


def refuse_what_is_in_the_way(engine, r):
    """Stop a script that has changed nothing, if others are in the way.

    :param r: a Rekeying
    :raises heat.db.exception.MigrationError: others need a key or the old
        reference, or have made a column of the name of the old key
    """
    _refuse_column_of_others(engine, r)
    _refuse_dependents(engine, r)


def _refuse_column_of_others(engine, r):
    """Keep what is called like the old key, and is no copy of it."""
    old_type = r.table.c[r.old_key].type
    other = sa.select(sa.literal_column('1')).select_from(
        sa.table(r.table.name)).where(
        sa.cast(sa.column(r.old_key), old_type) != sa.column('id', old_type)
    ).limit(1)
    if look(engine, lambda schema: has_old_key(schema, r) and
            schema.has_column(r.table.name, r.old_key) and
            schema.finds(other)):
        refuse(engine, _('column %(column)s of table %(table)s is there '
                         'already, with values of its own') % {
            'column': r.old_key, 'table': r.table.name},
            _('move it, drop it, and run db_sync again'))


def _refuse_dependents(engine, r):
    dependents.refuse_dependents(
        engine, dependents.KEY, r.table.name, child=r.child.name,
        only_if=lambda schema: has_old_key(schema, r))
    reference = look(engine, lambda schema: old_reference(schema, r))
    if reference and engine.name != 'sqlite':
        dependents.refuse_dependents(engine, dependents.REPLACED,
                                     r.child.name, reference)
