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

"""The rooms of Heat's database layer.

=============  ==============================================================
api            what engines do with rows, one noun a file
migration      what operators do with the schema: db_sync and its like
maintenance    what operators do with the rows, at the newest version
models         the tables at the newest version
types          how values are stored
comparison     comparisons that mean the same on every engine
migrate_repo   the versions of the schema, one script each
ddl            the operations that version scripts are made of
engine         connections, transactions, retries; knows no table
=============  ==============================================================

Who may import whom::

    api           engine, models, comparison, types
    migration     engine, models, comparison, types, ddl
    maintenance   api, engine, models, comparison, types
    migrate_repo  ddl
    ddl           engine
    models        types
    comparison    types
    engine        none of them
    types         none of them

api and migration never import each other, engine imports no model, and
version scripts and ddl import none either. heat.db.api is what others
import; it loads migration and maintenance when it is asked for something of
them.
heat/tests/test_rooms.py has the rules, and
doc/source/contributor/architecture.rst the reasons.
"""
