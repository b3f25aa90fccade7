#!/usr/bin/env bash
#
# Run tests of a real Heat with this database layer in place of its own. Sets
# up what is missing.
#
#   tools/heat-on-this.sh [OPTION...] WHAT...
#   tools/heat-on-this.sh [OPTION...] live [OPTION OF live...]
#
#   --own             run Heat's own database layer, to compare
#   --heat VERSION    of Heat, 23.0.0 or later; 25.0.2 if nothing is said
#   --connection URL  of a database, which is emptied; if nothing is said,
#                     SQLite in memory
#
# WHAT is database (Heat's tests of its database API), convergence (its
# scenarios of convergence), engine (its unit tests of stacks, resources and
# the engine, which use the database most), unit (all its unit tests, some
# 7,000), or names of modules and packages of its tests.
# tools/heat-differences.txt lists the tests that fail, with reasons.
#
# live lets two processes of heat-engine work with a RabbitMQ, on MariaDB if
# nothing else is said; live --help has its options. It needs Heat 25 or later.
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

own=
version=$HEAT_VERSION
connection=()
tests=()
live=
while [ $# -gt 0 ]; do
    case $1 in
        --own) own=yes ;;
        --heat) version=$2; shift ;;
        --heat=*) version=${1#*=} ;;
        --connection) connection=(--connection "$2"); shift ;;
        --connection=*) connection=("$1") ;;
        database) tests+=(heat.tests.db.test_sqlalchemy_api) ;;
        convergence) tests+=(heat.tests.convergence.test_converge) ;;
        live) live=yes; shift; break ;;
        engine) tests+=(heat.tests.engine heat.tests.test_{event,signal}
            heat.tests.test_resource{,_properties_data}
            heat.tests.test_stack{,_collect_attributes,_delete,_lock,_resource}
            heat.tests.test_stack_{update,user}) ;;
        unit) tests+=(heat.tests) ;;
        -*) sed -n '3,/^# Licensed/{/^# Licensed/!s/^# \{0,1\}//p}' "$0"; exit 2 ;;
        *) tests+=("$1") ;;
    esac
    shift
done
[ -n "$live" ] || [ ${#tests[@]} -gt 0 ] ||
    die "say what to run: database, convergence, engine, unit or live"
heat=$(heat_venv "$version")
[ -z "$live" ] || [ "${version%%.*}" -ge 25 ] ||
    die "live needs Heat 25 or later: engines of Heat $version use eventlet"

[ -z "$live" ] || tools/test-setup.sh --broker >&2
tools/heat-venv.sh "$version" >&2
source=$PWD/$heat/source
if [ -z "$own" ]; then
    source=$(mktemp -d)
    trap 'rm -rf "$source"' EXIT
    cp -r "$heat/source/." "$source"
    # Heat's own models and filters stay beside: its tests look at them.
    cp -r heat/db/. "$source/heat/db/"
    cat >> "$source/heat/db/__init__.py" <<'END'
from heat.db import compat
compat.install()
END
fi
if [ -n "$live" ]; then
    PYTHONPATH=. "$heat/bin/python" tools/heat-live.py --source "$source" \
        ${connection[@]+"${connection[@]}"} "$@"
    exit
fi
expected=()
[ -n "$own" ] || expected=(--expected "$PWD/tools/heat-differences.txt")
python=$PWD/$heat/bin/python runner=$PWD/tools/heat-tests.py
cd "$source"
PYTHONPATH=. "$python" "$runner" ${connection[@]+"${connection[@]}"} \
    ${expected[@]+"${expected[@]}"} "${tests[@]}"
