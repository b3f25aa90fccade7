#!/usr/bin/env bash
#
# Run every test on SQLite, MariaDB, PostgreSQL and a Galera cluster, check the
# style and build the documentation. Sets up what is missing, the servers
# included. With arguments, run just the tests, by "stestr run" with these
# arguments.
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

tools/test-setup.sh

# The database of a real Heat must not be what a test finds.
unset OS_DATABASE__CONNECTION
# A skip on one of these is a failure.
export HEAT_TEST_ENGINES=sqlite,mysql,postgresql,galera

environments=pep8,docs,py3
whole=--whole
if [ $# -gt 0 ]; then
    environments=py3
    whole=
fi

pip_install tox
runs=$(cat .stestr/next-stream 2>/dev/null || echo 0)
status=0
$VENV/bin/tox -e "$environments" -- "$@" </dev/null || status=$?

# Last, because the totals are to be the last line.
say "Tests for each engine"
.tox/py3/bin/python tools/test-summary.py --after "$runs" $whole || status=$?
exit "$status"
