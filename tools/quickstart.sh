#!/usr/bin/env bash
#
# Install heat into .venv and bring an SQLite database, heat.sqlite, to the
# newest version. Everything stays inside the checkout. Running it again
# upgrades both.
#
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

set -euo pipefail
cd "$(dirname "$0")/.."
. tools/lib.sh

make_venv
say "Installing heat into $VENV"
# Left-overs of an earlier build would be installed along.
rm -rf build
pip_install .

# This is what heat-manage uses when nothing is configured. It is named here
# so that the /etc/heat/heat.conf of a real installation is left alone.
export OS_DATABASE__CONNECTION=sqlite:///heat.sqlite

say "heat-manage db_sync"
$VENV/bin/heat-manage db_sync

say "heat-manage db_version"
$VENV/bin/heat-manage db_version

say "The columns for convergence in the table stack of heat.sqlite"
$VENV/bin/python - <<'EOF'
import sqlite3
import sys

wanted = ['prev_raw_template_id', 'current_traversal', 'current_deps']
columns = {row[1]: row[2] for row in
           sqlite3.connect('heat.sqlite').execute('PRAGMA table_info(stack)')}
for name in wanted:
    print('%-21s %s' % (name, columns.get(name, 'MISSING')))
sys.exit(0 if all(name in columns for name in wanted) else 1)
EOF
