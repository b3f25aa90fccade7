#!/usr/bin/env bash
#
# Compare stack_update with the bare driver and with other ways to write to a
# stack, on SQLite, MariaDB and PostgreSQL. Sets up what is missing, the
# servers included. "tools/benchmark.sh --help" lists the options; the results
# are in benchmark-results.
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

# Only the results belong on the standard output.
{
    case " $* " in
        *" --help "* | *" -h "* | *" --connection"*) make_venv ;;
        *) tools/test-setup.sh ;;
    esac
    say "Installing what the benchmark needs into $VENV"
    pip_install -r requirements.txt -r test-requirements.txt \
        -r benchmarks/requirements.txt
} >&2
exec $VENV/bin/python -m benchmarks.run "$@"
