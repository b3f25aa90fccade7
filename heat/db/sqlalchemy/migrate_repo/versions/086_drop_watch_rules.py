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

"""Drop the alarms that Heat does not have any more, with their data."""

from sqlalchemy import Column
from sqlalchemy import func
from sqlalchemy import Integer
from sqlalchemy import MetaData
from sqlalchemy import Table
from sqlalchemy import text

from heat.common.i18n import _
from heat.db.sqlalchemy import ddl

NEEDS_STOPPED_SERVICES = _('it drops the tables watch_rule and watch_data')

# Of SQLite: the environment is a string, and what it holds is an object.
_IS_ENCODED_TWICE = (
    "CASE WHEN json_valid(environment) AND json_type(environment) = 'text' "
    "AND json_valid(json_extract(environment, '$')) THEN "
    "json_type(json_extract(environment, '$')) = 'object' END")


def upgrade(migrate_engine):
    if migrate_engine.name == 'sqlite':
        _decode_environments(migrate_engine)
    ddl.drop_table(migrate_engine, 'watch_data')
    ddl.drop_table(migrate_engine, 'watch_rule', child='watch_data')


def _decode_environments(migrate_engine):
    """Mend what Heat's own 056 has encoded as JSON twice."""
    raw_template = Table(
        'raw_template', MetaData(),
        Column('id', Integer, primary_key=True),
        Column('environment', ddl.LongText))
    ddl.tell_count(
        migrate_engine, 'raw_template', column='environment',
        query='SELECT COUNT(*) FROM raw_template WHERE ' + _IS_ENCODED_TWICE,
        text=_('environments that are encoded as JSON twice: %d; they are '
               'decoded once'))
    ddl.change_rows(
        migrate_engine, raw_template.c.id,
        lambda batch: [raw_template.update().where(
            batch, text(_IS_ENCODED_TWICE)).values(
            environment=func.json_extract(
                raw_template.c.environment, '$'))])
