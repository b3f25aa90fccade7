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

"""Writing down what version scripts would send."""

import sqlalchemy as sa


class Recorder:
    """Takes the place of a version script's engine; sends nothing.

    :ivar statements: what would be sent, as the client of the database takes
        it
    :ivar told: texts, see tell.py
    :ivar refused: [(what is wrong, what to do), ...], see refusal.py
    :param schema: a SimulatedSchema, which operations change
    :param tells: whether to count what is thrown away; that reads tables
    :param orphans: what will be done with orphans; None is not to look for
        them, which reads tables, nor for what else is to be refused
    """

    def __init__(self, schema, tells=False, orphans=None):
        self.dialect = schema.dialect
        self.name = schema.dialect.name
        self.schema = schema
        self.statements = []
        self.tells = tells
        self.orphans = orphans
        self.told = []
        self.refused = []

    def record(self, *statements):
        self.statements.extend(map(self._text, statements))

    def _text(self, statement):
        if isinstance(statement, str):
            return statement
        options = {}
        if not isinstance(statement, sa.schema.DDLElement):
            options = {'compile_kwargs': {'literal_binds': True}}
        return str(statement.compile(dialect=self.dialect, **options)).strip()
